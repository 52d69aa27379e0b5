package pages

import (
	"slices"
	"strings"
	"testing"

	"dobosh/internal/kit/id"
	"dobosh/internal/receipts"
	"dobosh/internal/testkit/pages"
)

func TestEveryPageInEveryLanguage(t *testing.T) {
	full := []pages.Expected{
		{Who: "mother", Path: "/looks", Status: 200}, {Who: "mother", Path: "/looks/l1/ask", Status: 200}, {Who: "mother", Path: "/messages", Status: 200}, {Who: "mother", Path: "/messages/r3/say", Status: 200},
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
		"decision " + an: {an, ""}, "decision twelve": {"", ""}, an: {"", an}, "birth registration": {"", ""}, "": {"", ""},
	} {
		l := accessView{Access: receipts.Access{Matter: matter}}
		if got := [2]string{l.Decision(), l.Reference()}; got != want {
			t.Errorf("%q: decision and reference are %q, want %q", matter, got, want)
		}
	}
}
