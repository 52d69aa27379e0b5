package cases_test

import (
	"fmt"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/testkit"
)

// While both an officer and who sees to their cases are away, others see to them.
func TestADeputyWhoIsAwaySeesToNothing(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		first, deputy, other := atDesk("first", act.Scope{}), atDesk("deputy", act.Scope{}), atDesk("other", act.Scope{})
		r.officers = []act.Actor{first, deputy, other}
		c, monday := r.appeal("decision-1"), civil.Date(2026, 11, 23)
		must(t, r.Claim(t.Context(), first, c.Number))
		must(t, r.Leave(t.Context(), first, cases.Absence{From: monday, To: monday.AddDays(11), Deputy: "deputy"}))
		must(t, r.Leave(t.Context(), deputy, cases.Absence{From: monday.AddDays(1), To: monday.AddDays(4), Deputy: "other"}))
		must(t, r.FreeOrphans(t.Context()))
		wantCode(t, r.Claim(t.Context(), other, c.Number), "case-taken")
		r.clock.Advance(24 * time.Hour)
		must(t, r.FreeOrphans(t.Context()))
		must(t, r.Claim(t.Context(), other, c.Number))
	})
}

// Whoever is away more than once on a day is stood in for by any deputy who is here.
func TestOneDeputyWhoIsHereIsEnough(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		first, gone, here := atDesk("first", act.Scope{}), atDesk("gone", act.Scope{}), atDesk("here", act.Scope{})
		r.officers = []act.Actor{first, gone, here}
		c, monday := r.appeal("decision-1"), civil.Date(2026, 11, 23)
		must(t, r.Claim(t.Context(), first, c.Number))
		for _, deputy := range []string{"gone", "here"} {
			must(t, r.Leave(t.Context(), first, cases.Absence{From: monday, To: monday.AddDays(4), Deputy: deputy}))
		}
		r.officers = []act.Actor{first, here}
		must(t, r.FreeOrphans(t.Context()))
		n, err := r.Count(t.Context(), here, cases.Wanted{Free: true}, 10)
		must(t, err)
		want(t, "cases that nobody has", n, 0)
	})
}

func TestAbsencesOfAnOfficerAreBounded(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		first := atDesk("first", act.Scope{})
		r.officers = []act.Actor{first, atDesk("deputy", act.Scope{})}
		monday := civil.Date(2026, 11, 23)
		leave := func(n int) error {
			return r.Leave(t.Context(), first, cases.Absence{From: monday.AddDays(n), To: monday.AddDays(n), Deputy: "deputy"})
		}
		for n := range 50 {
			must(t, leave(n))
		}
		wantCode(t, leave(50), "absences-many")
		all, err := r.Away(t.Context(), first)
		must(t, err)
		want(t, "absences that are shown", len(all), 50)
		must(t, r.Back(t.Context(), first, all[0].ID))
		if err := leave(50); err != nil {
			t.Error(fmt.Errorf("after one was taken back: %w", err))
		}
	})
}
