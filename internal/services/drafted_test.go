package services_test

import (
	"testing"

	"dobosh/internal/cases"
	"dobosh/internal/testkit"
)

// due does what officers decided and no longer can take back.
func (r *rig) due() {
	r.t.Helper()
	_, err := r.runner.RunDue(r.t.Context(), "cases.drafts")
	must(r.t, err)
}

// What an officer finds out becomes an offer when it can no longer be taken back.
func TestWhatAnOfficerFoundCanBeTakenBack(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, f := r.orderUnknown()
		supplied := map[string]string{"child.order": "2"}
		number, err := r.DraftResolve(t.Context(), officer(), f.ID, f.Version, supplied, "извод 1/2026")
		must(t, err)
		_, err = r.DraftResolve(t.Context(), colleague(), f.ID, f.Version, supplied, "извод 1/2026")
		wantCode(t, err, "case-changed")
		must(t, r.cases.Undo(t.Context(), officer(), number))
		r.clock.Advance(cases.UndoFor)
		r.due()
		want(t, "offers of what was taken back", len(r.offersOf(mother)), 0)
		want(t, "open after it was taken back", len(r.referrals()), 1)

		_, err = r.DraftResolve(t.Context(), officer(), f.ID, f.Version, supplied, "извод 1/2026")
		must(t, err)
		r.due()
		want(t, "offers before it holds", len(r.offersOf(mother)), 0)
		r.clock.Advance(cases.UndoFor)
		r.due()
		want(t, "offers when it holds", len(r.offersOf(mother)), 1)
		v, err := r.cases.Case(t.Context(), officer(), number)
		must(t, err)
		want(t, "status of the case", v.Case.Status, "offered")
		want(t, "who decided, and what became of it", v.Drafts[1].Account+" "+string(v.Drafts[1].State), officer().Account+" held")
	})
}

func TestARefusalCanBeTakenBack(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		_, f := r.orderUnknown()
		_, err := r.DraftDismiss(t.Context(), officer(), f.ID, f.Version, " ")
		wantCode(t, err, "reason-missing")
		number, err := r.DraftDismiss(t.Context(), officer(), f.ID, f.Version, "Није држављанин.")
		must(t, err)
		want(t, "open before it holds", len(r.referrals()), 1)
		must(t, r.cases.SendNow(t.Context(), officer(), number))
		v, err := r.cases.Case(t.Context(), officer(), number)
		must(t, err)
		want(t, "status of the case", v.Case.Status, "refused")
		want(t, "open when it holds", len(r.referrals()), 0)
		list, err := r.AllDecisions(t.Context(), officer(), "")
		must(t, err)
		want(t, "decisions", len(list.Items), 1)
	})
}

// What somebody else decides meanwhile is not undone by what comes later, and the officer reads why nothing came of it.
func TestWhatCannotBeDoneAnyMoreGoesBackToTheOfficer(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, f := r.orderUnknown()
		number, err := r.DraftResolve(t.Context(), officer(), f.ID, f.Version, map[string]string{"child.order": "2"}, "извод 1/2026")
		must(t, err)
		must(t, r.Dismiss(t.Context(), colleague(), f.ID, f.Version, "Није држављанин."))
		r.clock.Advance(cases.UndoFor)
		r.due()
		want(t, "offers", len(r.offersOf(mother)), 1) // the one that was refused
		v, err := r.cases.Case(t.Context(), officer(), number)
		must(t, err)
		want(t, "status of the case", v.Case.Status, "refused")
		want(t, "what became of the draft", v.Drafts[0].State, cases.DraftNothing)
	})
}
