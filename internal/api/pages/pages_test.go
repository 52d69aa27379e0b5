package pages_test

import (
	"context"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/api/pages"
	"dobosh/internal/contracts"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
	kit "dobosh/internal/testkit/pages"
)

// everything is what an act of every kind asks for.
type everything struct {
	Text   string
	Number int
	Yes    bool
	List   []string
}

func open(t *testing.T) *portal.Portal {
	t.Helper()
	words, err := lang.Load(portal.Words(), act.Words(), api.Words(), identity.Words(), contracts.Words())
	if err != nil {
		t.Fatal(err)
	}
	signed, err := new(contracts.Room).Acts()
	if err != nil {
		t.Fatal(err)
	}
	text := func(in *everything) *string { return &in.Text }
	one, err := act.Def[everything, string]{
		Name: "contract.purpose", Route: "PUT /v1/things/{code}", Right: act.SignedIn(),
		Fields: []act.Field[everything]{
			act.OfCode("code", text, act.InPath()), act.OfLine("line", text, act.Most(1)), act.OfText("text", text, act.Optional()), act.OfName("name", text),
			act.OfCount("count", func(in *everything) *int { return &in.Number }, act.Most(3600)), act.OfVersion("version", func(in *everything) *int { return &in.Number }),
			act.OfSeveral("several", func(in *everything) *[]string { return &in.List }, act.Most(21)), act.OfPlace("place", text), act.OfPerson("person", text),
			act.OfYesNo("yes", func(in *everything) *bool { return &in.Yes }), act.OfConsent("consent", func(in *everything) *bool { return &in.Yes }),
			act.OfMonth("month", text), act.OfAccount("account", text), act.OfNational("national", text),
			act.OfChoice("choice", text, act.Of("", "a", "b"), act.When(func(act.Values) bool { return true })),
		},
		Do: func(context.Context, act.Actor, everything) (string, error) { return "", nil },
	}.Act()
	if err != nil {
		t.Fatal(err)
	}
	return kit.Open(t, kit.Config(words), pages.New(
		api.Surface{Name: "contracts", At: "/contracts", Acts: append(signed, one), Bodies: []api.Body{{
			Name: "contract.refuse", Route: "POST /", Right: act.Anyone(), Takes: []string{"application/cloudevents+json"}, Most: 1 << 20,
		}}},
	))
}

func TestTheInterfacesAreReadInEveryLanguage(t *testing.T) {
	p := open(t)
	for _, who := range []string{"", "mother", "operator"} {
		kit.Walk(t, p, []kit.Expected{{Who: who, Path: "/interfaces", Status: 200}, {Who: who, Path: "/interfaces/contracts", Status: 200}, {Who: who, Path: "/interfaces/none", Status: 404}})
	}
	kit.Small(t, p, []kit.Expected{{Path: "/interfaces/contracts"}})
}

// What is said comes from the acts: the route with its address, who may, and each
// field with its kind and its bounds.
func TestAnOperationIsSaidWhole(t *testing.T) {
	p := open(t)
	kit.Says(t, p, kit.Request{Path: "/interfaces/contracts", Tag: lang.En}, 200,
		"POST /contracts/v1/proposals/{proposal}/refuse", "PUT /contracts/v1/things/{code}", "POST /contracts<", "application/cloudevents",
		"at most 1 character<", "from 0 to 3,600", "at most 21 values", "depends on other fields", "personal number (JMBG)", "/contracts/openapi.json",
		"every information system that has a token here",
	)
	kit.Says(t, p, kit.Request{Path: "/interfaces/contracts"}, 200, "највише 1 знак<", "највише 21 вредност<", "у путањи", "ревизор")
	kit.Says(t, p, kit.Request{Who: "operator", Path: "/problems", Tag: lang.En}, 200, `href="/interfaces"`)
}
