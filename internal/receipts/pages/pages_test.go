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
		{Who: "mother", Path: "/looks", Status: 200}, {Who: "mother", Path: "/looks/l1/ask", Status: 200}, {Who: "mother", Path: "/messages", Status: 200}, {Who: "officer", Path: "/desk/messages", Status: 200}, {Who: "officer", Path: "/desk/messages/q1/answer", Status: 200},
		{Who: "auditor", Path: "/desk/unusual", Status: 200}, {Who: "officer", Path: "/desk/unusual", Status: 200}, {Who: "officer", Path: "/desk/unusual/01hxlook/explain", Status: 200},
		{Who: "mother", Path: "/desk/unusual", Status: 403}, {Path: "/desk/unusual", Status: 401},
		{Who: "mother", Path: "/looks/l9/ask", Status: 404}, {Who: "officer", Path: "/looks/l1/ask", Status: 404}, {Path: "/looks/l1/ask", Status: 401},
		{Path: "/looks", Status: 401}, {Path: "/messages", Status: 401}, {Path: "/desk/messages", Status: 401}, {Who: "mother", Path: "/desk/messages", Status: 403},
	}
	h := open(t, &gathered{})
	pages.Walk(t, h, full)
	pages.Small(t, h, full)
	pages.Walk(t, open(t, &gathered{empty: true}), []pages.Expected{{Who: "mother", Path: "/looks", Status: 200}, {Who: "mother", Path: "/messages", Status: 200}, {Who: "officer", Path: "/desk/messages", Status: 200}, {Who: "auditor", Path: "/desk/unusual", Status: 200}})
}

func TestOnlyOfficersAnswer(t *testing.T) {
	p := open(t, &gathered{})
	pages.Refuses(t, p, "", 401)
	for _, who := range []string{"mother", "registrar", "contracts", "auditor", "operator", "nobody"} {
		pages.Says(t, p, pages.Request{Who: who, Path: "/desk/messages"}, 403)
		pages.Says(t, p, pages.Request{Who: who, Path: "/desk/messages/q1/answer", Form: pages.Form("answer", "Ево зашто.")}, 403)
	}
}

func TestEveryActionIsAFormThatLeadsOn(t *testing.T) {
	g := &gathered{}
	h := open(t, g)
	pages.Sends(t, h, "mother", "/looks/l1/ask", "/messages", "question", " Зашто? ")
	pages.Sends(t, h, "officer", "/desk/messages/q1/answer", "/desk/messages", "answer", "Ево зашто.")
	pages.Sends(t, h, "officer", "/desk/unusual/01hxlook/explain", "/desk/unusual", "reason", "Странка је звала.")
	if want := []string{"ask l1 Зашто?", "answer q1 Ево зашто.", "explain 01hxlook Странка је звала."}; !slices.Equal(g.calls, want) {
		t.Errorf("the room heard\n%q, want\n%q", g.calls, want)
	}
}

func TestWhatIsMissingStandsBesideItsField(t *testing.T) {
	g := &gathered{}
	h := open(t, g)
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/looks/l1/ask", Form: pages.Form("question", "  ")}, 422, `aria-invalid="true"`, `href="#question"`, "Грешка:")
	pages.Says(t, h, pages.Request{Who: "mother", Path: "/looks/l1/ask", Form: pages.Form("question", strings.Repeat("ж", questionMax+1))}, 422, "Највише 1000 знакова")
	pages.Says(t, h, pages.Request{Who: "officer", Path: "/desk/messages/q1/answer", Form: pages.Form()}, 422, `href="#answer"`)
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
