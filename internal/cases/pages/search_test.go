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
	for _, number := range numbers {
		pages.Says(t, h, pages.Request{Who: "officer", Path: personPage, Form: pages.Form("number", whose[:7]+" "+whose[7:])}, 200, number)
	}
}
