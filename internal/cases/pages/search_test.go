package pages

import (
	"net/url"
	"strings"
	"testing"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/testkit/pages"
)

// everybody is the mother.
type everybody struct{}

func (everybody) Pseudonym(string, jmbg.Number) (string, error) { return "p", nil }

// An officer finds a case by words in any script, and those of a person by their number, which is sent with a form.
func TestTheDeskFindsCases(t *testing.T) {
	h, numbers := open(t, "with-officer", "refused")
	whose := jmbg.Make(civil.Date(1996, 3, 7), 85, 512).String()
	for _, asked := range []string{"novorodjeno", "НОВОРОЂЕНО", strings.ReplaceAll(strings.ToLower(numbers["refused"]), "-", ""), "zrenjanina odbijeno"} {
		pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases?q=" + url.QueryEscape(asked)}, 200, numbers["refused"])
	}
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/cases?q=sutra"}, 200, "Ниједан предмет не одговара")
	pages.Walk(t, h, []pages.Expected{{Who: "officer", Path: "/desk/cases?q=novorodjeno", Status: 200}, {Who: "officer", Path: personPage, Status: 200}, {Who: "mother", Path: personPage, Status: 403}, {Path: personPage, Status: 401}})
	pages.Says(t, h, pages.Request{Who: "officer", Path: personPage, Form: pages.Form("number", "1234567890123")}, 422, "1234567890123")
	pages.Says(t, h, pages.Request{Who: "mother", Path: personPage, Form: pages.Form("number", whose)}, 403)
	pages.Says(t, h, pages.Request{Who: "officer", Path: personPage, Form: pages.Form("name", "Милица")}, 422, "и име и презиме")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/cases/" + numbers["refused"]}, 200)
	pages.Says(t, h, pages.Request{Who: "officer", Path: personPage, Form: pages.Form("name", "primer milica")}, 200, numbers["refused"])
	for _, number := range numbers {
		pages.Says(t, h, pages.Request{Who: "officer", Path: personPage, Form: pages.Form("number", whose[:7]+" "+whose[7:])}, 200, number)
	}
}

// Who the party is and how to reach them stands on a page of its own, for the officer who has taken the case.
func TestWhoThePartyIs(t *testing.T) {
	h, numbers := open(t, "with-officer")
	at := "/desk/cases/" + numbers["with-officer"]
	if html := pages.Says(t, h, pages.Request{Who: "officer", Path: at}, 200); strings.Contains(html, at+"/who") {
		t.Error("a way leads where only the one who has taken the case may go")
	}
	pages.Says(t, h, pages.Request{Who: "officer", Path: at + "/who"}, 403, "Прво преузмите предмет")
	pages.Sends(t, h, "officer", at+"/claim", at)
	pages.Says(t, h, pages.Request{Who: "officer", Path: at}, 200, at+"/who")
	pages.Says(t, h, pages.Request{Who: "officer", Path: at + "/who"}, 200, "нико се није пријавио")
	pages.Says(t, h, pages.Request{Who: "mother", Path: strings.TrimPrefix(at, "/desk")}, 200)
	pages.Says(t, h, pages.Request{Who: "officer", Path: at + "/who"}, 200, "Милица Пример", "није дала ни адресу", "На кога се односи")
	pages.Walk(t, h, []pages.Expected{{Who: "officer", Path: at + "/who", Status: 200}, {Who: "mother", Path: at + "/who", Status: 403}, {Path: at + "/who", Status: 401}})
}
