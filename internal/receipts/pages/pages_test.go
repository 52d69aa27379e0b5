package pages

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/receipts"
	"dobosh/internal/testkit/pages"
)

func TestEveryPageInEveryLanguage(t *testing.T) {
	full := []pages.Expected{
		{Who: "mother", Path: "/looks", Status: 200}, {Who: "mother", Path: "/looks/l1/ask", Status: 200}, {Who: "mother", Path: "/messages", Status: 200}, {Who: "mother", Path: "/messages/r3/say", Status: 200}, {Who: "mother", Path: "/looks/request", Status: 403}, {Path: "/looks/request", Status: 401}, {Who: "mother", Path: "/requests/ZR-1/copy", Status: 403}, {Path: "/requests/ZR-1/copy", Status: 401},
		{Who: "auditor", Path: "/desk/unusual", Status: 200}, {Who: "officer", Path: "/desk/unusual", Status: 200}, {Who: "officer", Path: "/desk/unusual/01hxlook/explain", Status: 200},
		{Who: "mother", Path: "/desk/unusual", Status: 403}, {Path: "/desk/unusual", Status: 401},
		{Who: "mother", Path: "/looks/l9/ask", Status: 404}, {Who: "officer", Path: "/looks/l1/ask", Status: 404}, {Path: "/looks/l1/ask", Status: 401},
		{Path: "/looks", Status: 401}, {Path: "/messages", Status: 401}, {Path: "/messages/r3/say", Status: 401},
	}
	h := open(t, &gathered{})
	pages.Walk(t, h, full)
	pages.Small(t, h, full)
	pages.Walk(t, open(t, &gathered{empty: true}), []pages.Expected{{Who: "mother", Path: "/looks", Status: 200}, {Who: "mother", Path: "/messages", Status: 200}, {Who: "auditor", Path: "/desk/unusual", Status: 200}})
}

func TestEveryActionIsAFormThatLeadsOn(t *testing.T) {
	g := &gathered{}
	h := open(t, g)
	pages.Sends(t, h, "mother", "/looks/l1/ask", "/messages", "question", " Зашто? ")
	pages.Sends(t, h, "mother", "/messages/r3/say", "/messages", "text", "Хвала.")
	pages.Sends(t, h, "officer", "/desk/unusual/01hxlook/explain", "/desk/unusual", "reason", "Странка је звала.")
	if want := []string{"ask l1 Зашто?", "say r3 Хвала.", "explain 01hxlook Странка је звала."}; !slices.Equal(g.calls, want) {
		t.Errorf("the room heard\n%q, want\n%q", g.calls, want)
	}
}

func TestWhatIsMissingStandsBesideItsField(t *testing.T) {
	g := &gathered{}
	h := open(t, g)
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/looks/l1/ask", Form: pages.Form("question", "  ")}, 422, `aria-invalid="true"`, `href="#question"`, "Грешка:")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/looks/l1/ask", Form: pages.Form("question", strings.Repeat("ж", questionMax+1))}, 422, "Највише 1000 знакова")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/messages/r3/say", Form: pages.Form()}, 422, `href="#text"`)
	if len(g.calls) > 0 {
		t.Errorf("the room heard %q", g.calls)
	}
}

func TestTheMatterOfALook(t *testing.T) {
	an := id.New()
	for matter, want := range map[string][2]string{
		"decision " + an: {an, ""}, "decision twelve": {"", ""}, an: {"", ""}, "birth registration": {"", ""}, "": {"", ""},
		"case ZR-2026-4H45-H6KB-E": {"", "ZR-2026-4H45-H6KB-E"}, "case ZR-2026-4H45-H6KB-X": {"", ""},
	} {
		l := accessView{Access: receipts.Access{Matter: matter}}
		if got := [2]string{l.decision(), l.caseNumber()}; got != want {
			t.Errorf("%q: decision and case are %q, want %q", matter, got, want)
		}
	}
}

// What one body did for one purpose on one day is one thing to a person, however often it asked.
func TestOneBirthIsAFewLines(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC) }
	city, births, residence := pages.Both("Град", "City"), pages.Both("Матична служба", "Civil register"), pages.Both("Пребивалиште", "Residence")
	look := func(hour int, purpose string, holder lang.Text, field string) receipts.Access {
		return receipts.Access{Number: field, At: at(hour), Body: city, Role: "rule", Holder: holder, Purpose: pages.Both(purpose, purpose), Fields: []lang.Text{pages.Both(field, field)}}
	}
	days := byDay([]receipts.Access{
		look(14, "allowance", births, "order"), look(14, "grant", births, "order"), look(13, "allowance", residence, "place"), look(13, "allowance", births, "order"), look(12, "allowance", city, "place"),
		{At: at(11), Own: true}, look(-10, "allowance", births, "order"),
	}, strings.Clone)
	if len(days) != 2 || len(days[0].Matters) != 2 || len(days[0].Own) != 1 || len(days[1].Matters) != 1 {
		t.Fatalf("%+v, want two matters and the day before", days)
	}
	allowance := days[0].Matters[0]
	if len(allowance.Holders) != 2 || !allowance.Inside || len(allowance.Looks) != 3 || allowance.Looks[0].Times != 2 || len(allowance.Looks[0].Same) != 1 {
		t.Errorf("%+v: want two holders, the body itself, and what was seen twice once", allowance)
	}
	if seen := allowance.Seen(); len(seen) != 2 || seen[0]["en"] != "order" || seen[1]["en"] != "place" || allowance.More() != 0 {
		t.Errorf("the heading names %v and %d more, want the order and the place", seen, allowance.More())
	}
}
