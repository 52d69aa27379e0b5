package cases_test

import (
	"strings"
	"testing"
	"time"

	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/testkit"
)

// later lets the two minutes go by in which a decision can be taken back.
func (r *rig) later() {
	r.t.Helper()
	r.clock.Advance(cases.UndoFor + time.Second)
	r.due()
}

// What could not hold is refused before the journal has it.
func TestWhatCannotHoldIsNotJournaled(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		task := func(c cases.Case) error {
			return r.AddTask(t.Context(), officer(), cases.TaskEntry{Number: c.Number, What: "Питати пошту", Due: civil.Date(2026, 11, 30)})
		}
		c := r.appeal("decision-1")
		must(t, task(c))
		wantCode(t, r.Decide(t.Context(), officer(), c.Number, r.version(c), "late", "Касно."), "case-tasks")

		other := r.appeal("decision-2")
		must(t, r.Decide(t.Context(), officer(), other.Number, other.Version, "late", "Касно."))
		wantCode(t, task(other), "case-changed")
		wantCode(t, r.Decide(t.Context(), officer(), r.appeal("decision-3").Number, 1, "late", "Касно\u202e."), "reason-missing")
		want(t, "in the journal", len(r.entries), 0)
		r.later()
		want(t, "in the journal of what could hold", len(r.entries), 1)
	})
}

// What a party says or hands in while a decision can still be taken back is read before somebody decides.
func TestNobodyDecidesOverWhatAPartyJustSaid(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for about, brings := range map[string]func(c cases.Case) error{
			"words": func(c cases.Case) error { return r.Answer(t.Context(), mother(), c.Number, "Још нешто.") },
			"a file": func(c cases.Case) error {
				return r.HandIn(t.Context(), mother(), c.Number, cases.WithParty, "potvrda.txt", strings.NewReader("Потврда."))
			},
		} {
			c := r.appeal(about)
			must(t, r.Decide(t.Context(), officer(), c.Number, c.Version, "late", "Касно."))
			must(t, brings(c))
			r.later()
			v, err := r.Case(t.Context(), officer(), c.Number)
			must(t, err)
			want(t, "status after "+about, v.Case.Status, "received")
			want(t, "to be read after "+about, v.UnreadAt.IsZero(), false)
			want(t, "in the journal after "+about, len(r.entries), 0)
		}
	})
}

// A further question in a case that waits already is told as the first was.
func TestAFurtherQuestionIsTold(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		r.notices()
		must(t, r.Ask(t.Context(), officer(), c.Number, r.version(c), "Где живите?"))
		must(t, r.SendNow(t.Context(), officer(), c.Number))
		stale := r.version(c) - 1
		wantCode(t, r.Ask(t.Context(), officer(), c.Number, stale, "А раније?"), "case-changed")
		must(t, r.Ask(t.Context(), officer(), c.Number, r.version(c), "А раније?"))
		must(t, r.SendNow(t.Context(), officer(), c.Number))
		told := r.notices()
		if len(told) != 2 || told[0].ID == told[1].ID {
			t.Errorf("told %+v, want each question", told)
		}
	})
}
