package rules_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/money"
	"dobosh/internal/rules"
	"dobosh/internal/testkit/laws"

	"pgregory.net/rapid"
)

func TestAmountsOnBothSidesOfEachAmendment(t *testing.T) {
	p := laws.Serbia(t)
	for _, tt := range []struct {
		day   civil.Day
		total [4]string // of the first to the fourth child
	}{
		{civil.Date(2018, 7, 1), [4]string{"100000.00", "240000.00", "1440000.00", "2160000.00"}},
		{civil.Date(2021, 6, 30), [4]string{"100000.00", "240000.00", "1440000.00", "2160000.00"}},
		{civil.Date(2021, 7, 1), [4]string{"106412.94", "255391.04", "1532346.25", "2298519.38"}},
		{civil.Date(2021, 12, 31), [4]string{"106412.94", "255391.04", "1532346.25", "2298519.38"}},
		{civil.Date(2022, 1, 1), [4]string{"300000.00", "366117.46", "1696704.79", "2395057.19"}},
		{civil.Date(2022, 7, 1), [4]string{"321900.00", "392844.00", "1820564.00", "2569896.00"}},
		{civil.Date(2023, 1, 1), [4]string{"345398.70", "421521.65", "1953465.43", "2757498.79"}},
		{civil.Date(2023, 7, 1), [4]string{"366122.62", "446812.95", "2070673.35", "2922948.72"}},
		{civil.Date(2023, 12, 31), [4]string{"366122.62", "446812.95", "2070673.35", "2922948.72"}},
		{civil.Date(2024, 1, 1), [4]string{"500000.00", "735000.00", "2415000.00", "3180000.00"}},
		{today(), [4]string{"500000.00", "735000.00", "2415000.00", "3180000.00"}},
	} {
		rule := allowance(t, p, tt.day)
		for i, want := range tt.total {
			out := rule.Decide(family(tt.day, i+1))
			if out.Result != rules.Yes || out.Plan.Total.Decimal() != want {
				t.Errorf("born %s, child %d: %s %s, want %s", tt.day, i+1, out.Result, out.Plan.Total.Decimal(), want)
			}
		}
	}
}

func TestBeforeTheLawThereIsNoRule(t *testing.T) {
	_, err := rules.Compile(laws.Serbia(t), "parental-allowance", civil.Date(2018, 6, 30))
	if err == nil || !strings.Contains(err.Error(), "rule-not-in-force") {
		t.Errorf("got %v", err)
	}
}

func TestTruthTable(t *testing.T) {
	rule := allowance(t, laws.Serbia(t), today())
	absent := struct{}{}
	for _, tt := range []struct {
		name    string
		change  map[string]any
		want    rules.Result
		missing []string
	}{
		{"all known", nil, rules.Yes, nil},
		{"a name is only for sentences", map[string]any{"child.given_name": absent}, rules.Yes, nil},
		{"one fact missing", map[string]any{"mother.citizen": absent}, rules.Unknown, []string{"mother.citizen"}},
		{"two facts missing", map[string]any{"grants.paid": absent, "child.live": absent}, rules.Unknown, []string{"child.live", "grants.paid"}},
		{"a no outweighs what is missing", map[string]any{"mother.citizen": absent, "mother.resident": false}, rules.No, nil},
		{"fifth child", map[string]any{"child.order": 5}, rules.No, nil},
		{"the day of birth is needed though no condition reads it", map[string]any{"child.born": absent}, rules.Unknown, []string{"child.born"}},
		{"null", map[string]any{"mother.resident": nil}, rules.Unknown, []string{"mother.resident"}},
		{"a text where a truth value belongs", map[string]any{"mother.resident": "true"}, rules.Unknown, []string{"mother.resident"}},
		{"the child before the first", map[string]any{"child.order": 0}, rules.Unknown, []string{"child.order"}},
		{"more children than anybody has", map[string]any{"child.order": 31}, rules.Unknown, []string{"child.order"}},
		{"half a child", map[string]any{"child.order": 1.5}, rules.Unknown, []string{"child.order"}},
		{"a number from JSON", map[string]any{"child.order": float64(4)}, rules.Yes, nil},
		{"a number kept as text", map[string]any{"child.order": json.Number("4")}, rules.Yes, nil},
		{"a day that is not on the calendar", map[string]any{"child.born": "2026-02-30"}, rules.Unknown, []string{"child.born"}},
		{"a day as text", map[string]any{"child.born": "2026-11-23"}, rules.Yes, nil},
		{"an empty pseudonym", map[string]any{"mother.person": ""}, rules.Unknown, []string{"mother.person"}},
		{"a fact the rule does not know", map[string]any{"mother.rich": true}, rules.Yes, nil},
		{"nothing known", map[string]any{"child.live": absent, "child.born": absent, "child.order": absent, "mother.person": absent, "mother.citizen": absent, "mother.resident": absent, "grants.paid": absent},
			rules.Unknown, []string{"child.live", "child.born", "child.order", "mother.person", "mother.citizen", "mother.resident", "grants.paid"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			known := family(today(), 1)
			for name, value := range tt.change {
				known[name] = value
				if value == absent {
					delete(known, name)
				}
			}
			out := rule.Decide(known)
			if out.Result != tt.want || !slices.Equal(out.Missing, tt.missing) {
				t.Errorf("%s, missing %q", out.Result, out.Missing)
			}
			if out.Result != rules.Yes && (out.Plan.Total != 0 || out.Plan.Payments != nil) {
				t.Errorf("a plan without a yes: %+v", out.Plan)
			}
		})
	}
}

func TestSentences(t *testing.T) {
	rule := allowance(t, laws.Serbia(t), today())
	out := rule.Decide(family(today(), 3))
	for _, step := range out.Steps {
		if strings.Contains(step.Says["sr"]+step.Says["en"], "{") {
			t.Errorf("an empty place: %v", step.Says)
		}
	}
	order := out.Steps[1]
	if order.Says["sr"] != "Ово је ваше треће дете. Право имају мајке за прво, друго, треће и четврто дете." || order.Says["en"] != "This is your third child. The allowance is for the first four." {
		t.Errorf("%v", order.Says)
	}
	if order.Cite["sr"] != "чл. 22. ст. 1. Закона о финансијској подршци породици са децом" || !slices.Equal(order.Facts, []string{"child.order"}) {
		t.Errorf("%+v", order)
	}
	want := "2.280.000 динара у 120 месечних рата по 19.000 динара. И једнократна помоћ од 135.000 динара, уз прву рату."
	if out.Plan.Says["sr"] != want {
		t.Errorf("%q", out.Plan.Says["sr"])
	}
	known := family(today(), 3)
	delete(known, "mother.resident")
	delete(known, "child.given_name")
	out = rule.Decide(known)
	if got := out.Steps[3].Says["sr"]; got != "Још чекамо податак: да ли мајка има пребивалиште у Србији. Тражимо га од регистра уместо вас." {
		t.Errorf("%q", got)
	}
	if got := out.Steps[0].Says["en"]; got != "Your child is in the register of births." {
		t.Errorf("%q", got)
	}
}

func TestPlacesAreSaidByName(t *testing.T) {
	rule, err := rules.Compile(laws.Serbia(t), "newborn-grant", today())
	if err != nil {
		t.Fatal(err)
	}
	known := family(today(), 1)
	known["mother.municipality"], known["mother.settlement"] = "80152", "zr-07"
	out := rule.Decide(known)
	if out.Plan.Total != money.Dinars(60_000) || out.Steps[1].Says["sr"] != "Имате пребивалиште на територији града Зрењанина (Ечка)." {
		t.Errorf("%+v", out)
	}
}

func TestNeedsInTheOrderOfAsking(t *testing.T) {
	rule := allowance(t, laws.Serbia(t), today())
	var asked []string
	for _, need := range rule.Needs() {
		asked = append(asked, need.Fact)
		if need.Text != (need.Fact == "child.given_name") || need.Service == "" || need.Pointer == "" || need.Label["sr"] == "" {
			t.Errorf("%+v", need)
		}
	}
	if want := []string{"child.live", "child.born", "child.order", "child.given_name", "mother.person", "mother.citizen", "mother.resident", "grants.paid"}; !slices.Equal(asked, want) {
		t.Errorf("%q", asked)
	}
	if later := rule.AtAcceptance(); len(later) != 1 || later[0].Fact != "account" {
		t.Errorf("%+v", later)
	}
}

// A yes has every fact it needs and an amount; instalments add up; the same
// facts give the same outcome.
func TestOutcomesAreSound(t *testing.T) {
	p := laws.Serbia(t)
	first := civil.Date(2018, 7, 1)
	rapid.Check(t, func(t *rapid.T) {
		day := first.AddDays(rapid.IntRange(0, 3500).Draw(t, "day"))
		rule, err := rules.Compile(p, "parental-allowance", day)
		if err != nil {
			t.Fatal(err)
		}
		known := map[string]any{}
		for _, need := range rule.Needs() {
			if value, given := drawFact(t, need); given {
				known[need.Fact] = value
			}
		}
		out := rule.Decide(known)
		if fmt.Sprint(out) != fmt.Sprint(rule.Decide(known)) {
			t.Fatal("two outcomes of the same facts")
		}
		switch out.Result {
		case rules.Yes:
			for _, need := range rule.Needs() {
				if _, have := known[need.Fact]; !have && !need.Text {
					t.Fatalf("yes without %s", need.Fact)
				}
			}
			checkPlan(t, out.Plan)
		case rules.Unknown:
			if len(out.Missing) == 0 {
				t.Fatalf("unknown without a missing fact: %+v", out)
			}
		case rules.No:
			if len(out.Missing) > 0 {
				t.Fatalf("no with a missing fact: %+v", out)
			}
		}
	})
}

func drawFact(t *rapid.T, need rules.Need) (any, bool) {
	if rapid.IntRange(0, 9).Draw(t, need.Fact+" missing") == 0 {
		return nil, false
	}
	switch need.Type {
	case "bool":
		wanted := need.Fact != "grants.paid"
		return wanted != (rapid.IntRange(0, 9).Draw(t, need.Fact) == 0), true
	case "int":
		return rapid.IntRange(1, 6).Draw(t, need.Fact), true
	case "date":
		return "2026-11-23", true
	}
	return rapid.StringMatching(`[a-z]{1,26}`).Draw(t, need.Fact), true
}

func checkPlan(t *rapid.T, plan rules.Plan) {
	sum := plan.Once
	if plan.Months > 0 {
		sum += plan.Monthly*money.Para(plan.Months-1) + plan.Last
	}
	parts := money.Para(0)
	for _, part := range plan.Payments {
		parts += part.Amount
	}
	if plan.Total <= 0 || sum != plan.Total || parts != plan.Total {
		t.Fatalf("the plan does not add up: %+v", plan)
	}
}
