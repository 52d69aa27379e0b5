package services_test

import (
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/testkit"
)

// A refusal is appealed against, and somebody else than whoever refused decides on it.
func TestARefusalIsAppealedAgainst(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, f := r.orderUnknown()
		must(t, r.Dismiss(t.Context(), officer(), f.ID, f.Version, "није доказано"))
		all, err := r.Decisions(t.Context(), mother, "")
		must(t, err)
		decision := all.Items[0].ID

		_, err = r.Appeal(t.Context(), r.mother(), decision, "туђе")
		wantCode(t, err, "decision-unknown")
		last, late, unchecked, err := r.AppealUntil(t.Context(), mother, decision)
		must(t, err)
		want(t, "days for an appeal", today().DaysUntil(last), 15)
		want(t, "late", late, false)
		want(t, "not compared with the text of the law", unchecked, true)
		number, err := r.Appeal(t.Context(), mother, decision, "Извод стиже.")
		must(t, err)
		again, err := r.Appeal(t.Context(), mother, decision, "И још нешто.") // a doubled tap, or a second thought
		must(t, err)
		want(t, "the case of a second appeal", again, number)
		v, err := r.cases.Case(t.Context(), mother, number)
		must(t, err)
		if len(v.Messages) != 2 || len(v.Links) == 0 || v.Last().IsZero() {
			t.Errorf("messages %v, cases linked %d, last day %v", v.Messages, len(v.Links), v.Last())
		}

		second := act.Actor{Account: "second", Grants: []act.Grant{{Role: identity.Officer, Scope: act.Scope{Unit: "second-instance"}}}}
		_, err = r.cases.Case(t.Context(), second, number)
		wantCode(t, err, "case-unknown") // it is not with them yet
		must(t, r.cases.Decide(t.Context(), officer(), number, v.Version, "with-second", "нема нових доказа"))
		must(t, r.cases.SendNow(t.Context(), officer(), number))
		v, err = r.cases.Case(t.Context(), second, number)
		must(t, err)
		want(t, "who answers for it", v.Unit, "second-instance")
		want(t, "bodies that did", len(v.Custody), 2)
		wantCode(t, r.cases.Decide(t.Context(), officer(), number, v.Version, "rejected", "остаје"), "case-decided-before")
		before := len(r.notices.sent)
		must(t, r.cases.Decide(t.Context(), second, number, v.Version, "upheld", "Извод доказује редослед."))
		must(t, r.cases.SendNow(t.Context(), second, number))
		want(t, "notices of the outcome", len(r.notices.sent)-before, 1)
		v, err = r.cases.Case(t.Context(), mother, number)
		must(t, err)
		want(t, "status", v.Status.ID, "upheld")
		want(t, "reasons that she reads", v.Steps[len(v.Steps)-1].Why, "Извод доказује редослед.")
		want(t, "outcomes in the journal", len(r.entries("case")), 1)

		r.clock.Advance(40 * 24 * time.Hour)
		_, late, _, err = r.AppealUntil(t.Context(), mother, decision)
		must(t, err)
		want(t, "late", late, true)
	})
}
