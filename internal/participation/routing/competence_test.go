package routing

import (
	"strings"
	"testing"

	"dobosh/internal/kit/civil"
)

func day(t testing.TB, s string) civil.Day {
	t.Helper()
	d, err := civil.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWhoIsCompetent(t *testing.T) {
	within := map[string]string{"quarter": "city", "city": "country"}
	rules := []Rule{
		{Category: "lighting", Provision: "utilities 3", Body: "ministry"},
		{Category: "lighting", Place: "city", To: day(t, "2026-03-31"), Provision: "decision 1", Body: "old utility"},
		{Category: "lighting", Place: "city", From: day(t, "2026-04-01"), Provision: "decision 2", Body: "new utility"},
		{Category: "lighting", Place: "quarter", From: day(t, "2026-04-01"), Provision: "trial", Body: "contractor"},
	}
	c, err := NewCompetence(rules, within)
	if err != nil {
		t.Fatal(err)
	}
	trialOver := func(provision string, _ civil.Day) bool { return provision != "trial" }
	for _, try := range []struct {
		category, place, on string
		inForce             func(string, civil.Day) bool
		body                string
		stopped             int
	}{
		{"lighting", "city", "2026-03-31", nil, "old utility", 0},
		{"lighting", "city", "2026-04-01", nil, "new utility", 0},
		{"lighting", "quarter", "2026-03-31", nil, "old utility", 0},
		{"lighting", "quarter", "2026-04-01", nil, "contractor", 0},
		{"lighting", "quarter", "2026-04-01", trialOver, "new utility", 1},
		{"lighting", "elsewhere", "2026-04-01", nil, "ministry", 0},
		{"lighting", "", "2026-04-01", nil, "ministry", 0},
		{"noise", "city", "2026-04-01", nil, "", 0},
	} {
		found := c.Body(try.category, try.place, day(t, try.on), try.inForce)
		if found.Body != try.body || len(found.Stopped) != try.stopped {
			t.Errorf("%s in %q on %s: %+v", try.category, try.place, try.on, found)
		}
	}
}

func TestATableThatContradictsItselfIsRefused(t *testing.T) {
	a := Rule{Category: "noise", Place: "city", To: day(t, "2026-05-01"), Provision: "p", Body: "inspection"}
	for name, try := range map[string]struct {
		rules  []Rule
		within map[string]string
		fault  string
	}{
		"two bodies on one day": {[]Rule{a, {Category: "noise", Place: "city", From: day(t, "2026-05-01"), Provision: "q", Body: "police"}}, nil, "both"},
		"no provision":          {[]Rule{{Category: "noise", Body: "police"}}, nil, "lacks"},
		"ends before":           {[]Rule{{Category: "noise", Body: "police", Provision: "p", From: day(t, "2026-05-02"), To: day(t, "2026-05-01")}}, nil, "ends before"},
		"place within itself":   {nil, map[string]string{"a": "b", "b": "a"}, "within itself"},
	} {
		if _, err := NewCompetence(try.rules, try.within); err == nil || !strings.Contains(err.Error(), try.fault) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewCompetence([]Rule{a, {Category: "noise", Place: "city", From: day(t, "2026-05-02"), Provision: "q", Body: "police"}}, nil); err != nil {
		t.Error(err)
	}
}
