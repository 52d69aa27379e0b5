package rules

import (
	"fmt"
	"slices"
	"strings"

	"dobosh/internal/kit/money"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
)

// Report says how the tests written beside the rules went.
type Report struct {
	Ran    int
	Failed law.Findings
}

// OK reports whether every test passed.
func (r Report) OK() bool { return len(r.Failed) == 0 }

// String gives one line for each failed test and one for the sum.
func (r Report) String() string {
	var b strings.Builder
	for _, f := range r.Failed {
		fmt.Fprintln(&b, f)
	}
	fmt.Fprintf(&b, "%d tests, %d failed\n", r.Ran, len(r.Failed))
	return b.String()
}

// Test runs the tests written beside the rules and the terms of a pack, each on its
// own day.
func Test(p *law.Pack) Report {
	var report Report
	report.Ran, report.Failed = p.TestTerms()
	for _, version := range p.Rules() {
		for _, test := range version.Tests {
			report.Ran++
			if wrong := run(p, version, test); len(wrong) > 0 {
				says := fmt.Sprintf("test %q of rule %q: %s", test.Name, version.ID, strings.Join(wrong, "; "))
				report.Failed = append(report.Failed, law.Finding{At: test.At, Says: says})
			}
		}
	}
	return report
}

func run(p *law.Pack, version law.Rule, test law.RuleTest) []string {
	rule, err := Compile(p, version.ID, test.Day)
	if err != nil {
		return []string{explain(err)}
	}
	return wrong(test, rule.Decide(version.Known(test, test.Day)))
}

// wrong lists in words what is not as the test expects.
func wrong(test law.RuleTest, out Outcome) []string {
	var says []string
	expect := func(what string, want, got any) {
		if fmt.Sprint(want) != fmt.Sprint(got) {
			says = append(says, fmt.Sprintf("%s is %v, not %v", what, got, want))
		}
	}
	expect("the result", test.Result, out.Result)
	expect("what is missing", test.Missing, out.Missing)
	expect("what failed", test.Failed, failed(out))
	if out.Result == Yes {
		expect("the total", test.Total.Decimal(), out.Plan.Total.Decimal())
		amounts := []money.Para{test.Once, test.Monthly, money.Para(test.Months)}
		if slices.ContainsFunc(amounts, func(p money.Para) bool { return p > 0 }) {
			expect("what is paid at once", test.Once.Decimal(), out.Plan.Once.Decimal())
			expect("the instalment", test.Monthly.Decimal(), out.Plan.Monthly.Decimal())
			expect("the number of months", test.Months, out.Plan.Months)
		}
	}
	return says
}

func failed(out Outcome) []string {
	var ids []string
	for _, step := range out.Steps {
		if step.Result == No {
			ids = append(ids, step.Condition)
		}
	}
	return ids
}

// explain says why a rule cannot be compiled, for the authors of a pack.
func explain(err error) string {
	p := problem.Of(err)
	switch p.Code {
	case "provision-not-in-force":
		return fmt.Sprintf("%s (%s) is not in force on %s", p.Args["provision"], p.Args["cite_en"], p.Args["day"])
	case "rule-not-in-force":
		return fmt.Sprintf("rule %s is not in force on %s", p.Args["rule"], p.Args["day"])
	case "parameter-not-in-force":
		return fmt.Sprintf("parameter %s has no value on %s", p.Args["parameter"], p.Args["day"])
	}
	return err.Error()
}
