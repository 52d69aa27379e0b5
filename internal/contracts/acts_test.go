package contracts

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit/acts"
)

// asksBirths asks for one field of the register of births, as a program would.
func asksBirths() map[string]any {
	return map[string]any{
		"service": "RS-TEST/GOV/STATE/civil/births", "consumer": "RS-TEST/GOV/CITY/family", "purpose": "family-support",
		"methods": []string{"GET"}, "paths": []string{"/v1/births/{birth}"}, "fields": []string{"/born"}, "subjects": []string{"path:birth"}, "sector": "family", "retention": 30,
	}
}

// Every act is held to the bad inputs that its own definition knows, and reads
// nothing of who may not do it.
func TestActsRefuseWhatTheirFieldsDoNotTake(t *testing.T) {
	all, err := newWorld(t, storage.SQLite).desks[city].Acts()
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]map[string]any{
		"contract.ask": asksBirths(), "contract.propose": {}, "contract.approve": {"version": 1}, "contract.amend": {"version": 1}, "contract.withdraw": {"version": 1},
		"contract.refuse": {"version": 1, "reason": "Тражите превише."}, "contract.end-proposed": {"reason": "Не треба."},
		"contract.end": {"reason": "Не треба."}, "contract.end-named": {"contract": "C-2026-AAAA-BBBB-C", "reason": "Не треба."},
	}
	seen := 0
	for _, a := range all {
		if body, changes := good[a.Name]; changes {
			seen++
			acts.Refuses(t, a, officer, map[string]string{"proposal": "p", "contract": "c"}, body)
		}
	}
	if seen != len(good) {
		t.Errorf("%d of %d acts were held to it", seen, len(good))
	}
}

// do does an act of the desk of the city with values as a query has them.
func do(t *testing.T, w *world, name string, values url.Values) (any, error) {
	t.Helper()
	all, err := w.desks[city].Acts()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(a act.Act) bool { return a.Name == name })
	return all[i].Do(t.Context(), officer, act.FromValues(values))
}

// Whoever has to choose can ask for the list, page after page.
func TestWhatAContractCanSayIsListed(t *testing.T) {
	w := newWorld(t, storage.SQLite)
	w.desks[city].Descriptions = described{}
	listed := map[string]int{}
	for _, name := range []string{"contract.purposes", "contract.provisions", "contract.askers"} {
		seen := map[string]bool{}
		for after := ""; ; {
			done, err := do(t, w, name, url.Values{"after": {after}})
			if err != nil {
				t.Fatal(err)
			}
			list := done.(api.List[offer])
			for _, o := range list.Items {
				if seen[o.ID] || o.ID == "" {
					t.Errorf("%s: %q twice", name, o.ID)
				}
				seen[o.ID] = true
			}
			if after = string(list.Next); after == "" {
				break
			}
		}
		listed[name] = len(seen)
	}
	today := civil.Of(morning)
	want := map[string]int{"contract.purposes": len(PurposesOn(w.pack, today)), "contract.provisions": len(ProvisionsOn(w.pack, today)), "contract.askers": 2}
	if !maps.Equal(listed, want) || want["contract.purposes"] == 0 || want["contract.provisions"] == 0 {
		t.Errorf("listed %v, want %v", listed, want)
	}
	many, pages := make([]offer, 2*page.Size+1), 0
	for i := range many {
		many[i].ID = strconv.Itoa(i)
	}
	for next := page.Key(""); pages == 0 || next != ""; pages++ {
		cut := following(many, next)
		if cut.Items[0].ID != strconv.Itoa(pages*page.Size) {
			t.Errorf("page %d begins with %s", pages, cut.Items[0].ID)
		}
		next = cut.Next
	}
	if pages != 3 {
		t.Errorf("%d pages", pages)
	}
	done, err := do(t, w, "contract.services", url.Values{"words": {"BIRTHS state"}})
	if err != nil || len(done.(api.List[Choice]).Items) != 1 {
		t.Errorf("services by words: %v, %v", done, err)
	}
	done, err = do(t, w, "contract.operations", url.Values{"service": {"RS-TEST/GOV/STATE/civil/births"}})
	if err != nil || done.(api.List[Operation]).Items[0].Name() != "GET /v1/births/{reference}" {
		t.Errorf("operations: %v, %v", done, err)
	}
	if _, err = do(t, w, "contract.operations", url.Values{"service": {"RS-TEST/GOV/STATE/civil/none"}}); !problem.HasCode(err, "provider-unknown") {
		t.Errorf("operations of nothing: %v", err)
	}
}

// A ULID in capitals, as others write it, is the same one.
func TestAnIDInCapitalsIsTheSame(t *testing.T) {
	w := newWorld(t, storage.SQLite)
	token := id.New()
	text, err := json.Marshal(map[string]any{"id": strings.ToUpper(token), "contract": births()})
	if err != nil {
		t.Fatal(err)
	}
	all, err := w.desks[city].Acts()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		sent := act.FromJSON(func() ([]byte, error) { return text, nil })
		switch a.Name {
		case "contract.propose":
		case "contract.proposal":
			sent = act.FromValues(nil).With(map[string]string{"proposal": strings.ToUpper(token)})
		default:
			continue
		}
		if done, err := a.Do(t.Context(), officer, sent); err != nil || done.(Proposal).ID != token {
			t.Errorf("%s: %v, %v", a.Name, done, err)
		}
	}
}

// ask does the act of asking for a contract with what is good, changed.
func ask(t *testing.T, w *world, changed map[string]any) (Proposal, error) {
	t.Helper()
	all, err := w.desks[city].Acts()
	if err != nil {
		t.Fatal(err)
	}
	body := asksBirths()
	for name, value := range changed {
		if body[name] = value; value == nil {
			delete(body, name)
		}
	}
	i := slices.IndexFunc(all, func(a act.Act) bool { return a.Name == "contract.ask" })
	done, err := all[i].Do(context.Background(), officer, act.FromJSON(func() ([]byte, error) { return json.Marshal(body) }))
	p, _ := done.(Proposal)
	return p, err
}

// What a program asks for is held to the same fields as what an officer answers on
// the pages, and what follows from something else need not be said.
func TestAProgramAsksForAContract(t *testing.T) {
	w := newWorld(t, storage.SQLite)
	w.desks[city].Descriptions = described{}
	p, err := ask(t, w, nil)
	want := births()
	want.ID, want.Quota, want.Subjects = p.Contract.ID, 0, []string{"path:birth"}
	if err != nil || p.Contract.Digest() != want.Digest() {
		t.Fatalf("%v, %+v", err, p.Contract)
	}
	p, err = ask(t, w, map[string]any{"operations": []string{"GET /v1/births/{reference}"}, "methods": nil, "paths": nil, "subjects": []string{"/mother"}})
	if err != nil || !slices.Equal(p.Contract.Paths, []string{"/v1/births/{reference}"}) || !slices.Equal(p.Contract.Methods, []string{"GET"}) {
		t.Errorf("by operation: %v, %+v", err, p.Contract)
	}
	if !slices.Equal(p.Contract.Parameters, []string{"language"}) || !slices.Equal(p.Contract.Passes, []string{"X-Reason"}) {
		t.Errorf("what the description lets a question carry: %v %v", p.Contract.Parameters, p.Contract.Passes)
	}
	if p, err = ask(t, w, map[string]any{"parameters": []string{"page"}, "passes": []string{"X-Unit"}}); err != nil || !slices.Equal(p.Contract.Parameters, []string{"page"}) || !slices.Equal(p.Contract.Passes, []string{"X-Unit"}) {
		t.Errorf("what a program lets a question carry: %v, %+v", err, p.Contract)
	}
	p, err = ask(t, w, map[string]any{"service": "RS-TEST/GOV/STATE/residence/residents", "paths": nil, "bare": true, "nobody": true, "subjects": nil, "sector": nil})
	if err != nil || !slices.Equal(p.Contract.Paths, []string{""}) {
		t.Errorf("the address itself: %v, %+v", err, p.Contract.Paths)
	}
	for name, c := range map[string]struct {
		changed     map[string]any
		field, code string
	}{
		"a service that is not there":    {map[string]any{"service": "RS-TEST/GOV/STATE/civil/deaths"}, "service", "provider-unknown"},
		"somebody else's system":         {map[string]any{"consumer": "RS-TEST/GOV/THIRD/portal"}, "consumer", "asker-unknown"},
		"a purpose that is not there":    {map[string]any{"purpose": "curiosity"}, "purpose", "purpose-unknown"},
		"a provision that is not there":  {map[string]any{"provision": "none/1"}, "provision", "provision-unknown"},
		"no question":                    {map[string]any{"paths": nil}, "paths", "words-missing"},
		"a path that is none":            {map[string]any{"paths": []string{"v1"}}, "paths", "path-malformed"},
		"an operation that is not there": {map[string]any{"operations": []string{"GET /v1/deaths"}}, "operations", "path-not-offered"},
		"a field that is not there":      {map[string]any{"operations": []string{"GET /v1/births/{reference}"}, "fields": []string{"/weight"}}, "fields", "field-not-offered"},
		"a field that is none":           {map[string]any{"fields": []string{"born"}}, "fields", "pointer-malformed"},
		"a person that is not named":     {map[string]any{"subjects": []string{"path:other"}}, "subjects", "subject-malformed"},
		"nobody is said to be concerned": {map[string]any{"subjects": nil}, "subjects", "subjects-missing"},
		"an end before the beginning":    {map[string]any{"until": "2026-01-01"}, "until", "period-backwards"},
		"a delay by no provision":        {map[string]any{"delay": 30}, "delay_provision", "choice-missing"},
		"a header that is none":          {map[string]any{"headers": []string{"a b"}}, "headers", "header-malformed"},
		"a delegate that is not there":   {map[string]any{"delegates": []string{"RS-TEST/GOV/THIRD/none"}}, "delegates", "client-unknown"},
	} {
		_, err := ask(t, w, c.changed)
		if p := problem.Of(err); p.Kind != problem.Invalid || !slices.ContainsFunc(p.Fields, func(f problem.Field) bool { return f.Name == c.field && f.Code == c.code }) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The size that is taken where nothing is said is the one that the hint names.
func TestTheHintOfTheSizeIsTrue(t *testing.T) {
	if n := registry.DefaultLimit / Megabyte; n != 10 {
		t.Errorf("contract.size-limit-hint says 10, and it is %d", n)
	}
}
