package rules_test

import (
	"testing"

	"dobosh/internal/rules"
	"dobosh/internal/testkit/laws"
)

func TestRulesOfSerbiaAreSound(t *testing.T) {
	for _, f := range rules.Check(laws.Serbia(t)) {
		t.Error(f)
	}
}

func TestExamplesOfSerbia(t *testing.T) {
	report := rules.Test(laws.Serbia(t))
	if report.Ran < 30 || len(report.Failed) > 0 {
		t.Errorf("%v", report)
	}
}
