package rules_test

import (
	"testing"

	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/packs"
)

func serbia(t testing.TB) *law.Pack {
	t.Helper()
	p, err := law.Load(packs.Serbia())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRulesOfSerbiaAreSound(t *testing.T) {
	for _, f := range rules.Check(serbia(t)) {
		t.Error(f)
	}
}

func TestExamplesOfSerbia(t *testing.T) {
	report := rules.Test(serbia(t))
	if report.Ran < 30 || len(report.Failed) > 0 {
		t.Errorf("%v", report)
	}
}
