package rules_test

import (
	"fmt"

	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/packs"
)

// A rule is compiled for the day of the event and decides on what the registers answered. While a fact is missing that could
// still change it, the outcome is unknown and names the fact; with all of them each condition leaves its reason.
func Example() {
	pack, err := law.Load(packs.Serbia())
	if err != nil {
		panic(err)
	}
	born := civil.Date(2026, 11, 23)
	rule, err := rules.Compile(pack, "parental-allowance", born)
	if err != nil {
		panic(err)
	}

	known := map[string]any{
		"child.live": true, "child.born": born, "child.order": 3, "child.given_name": "Milica",
		"mother.person": "aaaaaaaaaaaaaaaaaaaaaaaaaa", "mother.resident": true, "grants.paid": false,
	}
	outcome := rule.Decide(known)
	fmt.Println(outcome.Result, "without", outcome.Missing)

	known["mother.citizen"] = true
	outcome = rule.Decide(known)
	fmt.Println(outcome.Result)
	for _, step := range outcome.Steps {
		fmt.Printf("%s (%s): %s\n", step.Condition, step.Provision, step.Says["en"])
	}
	fmt.Println(outcome.Plan.Says["en"])
	// Output:
	// unknown without [mother.citizen]
	// yes
	// live-birth (zfpp/22): Milica is in the register of births.
	// order (zfpp/22/1): This is your third child. The allowance is for the first four.
	// citizen (zfpp/22/1): You are a citizen of the Republic of Serbia.
	// resident (zfpp/22/1): Your residence is in Serbia.
	// not-paid (zfpp/22): This has not been paid for this child yet.
	// 2,280,000 dinars in 120 monthly instalments of 19,000 dinars. And one-off assistance of 135,000 dinars, with the first instalment.
}

// A no does not wait for what is missing: nothing could change it any more.
func ExampleRule_Decide_no() {
	pack, err := law.Load(packs.Serbia())
	if err != nil {
		panic(err)
	}
	rule, err := rules.Compile(pack, "parental-allowance", civil.Date(2026, 11, 23))
	if err != nil {
		panic(err)
	}
	outcome := rule.Decide(map[string]any{"mother.resident": false})
	fmt.Println(outcome.Result, outcome.Missing)
	// Output: no []
}
