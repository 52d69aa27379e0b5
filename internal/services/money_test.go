package services_test

import (
	"encoding/json"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/services"
	"dobosh/internal/testkit"
)

// deeds are the acts with money in the journal, with whoever did them.
func (r *rig) deeds(matter string) (deeds []string) {
	r.t.Helper()
	for _, e := range r.entries("act") {
		var meta struct{ Act, Matter, Officer string }
		must(r.t, json.Unmarshal(e.Meta, &meta))
		if meta.Matter == matter {
			deeds = append(deeds, meta.Act+" "+meta.Officer)
		}
	}
	return deeds
}

// One officer prepares, another releases, and the journal names both and whoever
// fetched the file, each time.
func TestMoneyNeedsTwoHands(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.accepted(grant, 1)
		f, err := r.PreparePayments(t.Context(), officer())
		must(t, err)
		want(t, "prepared by", f.PreparedBy, "jovana")
		wantCode(t, r.ReleasePayments(t.Context(), officer(), f.ID), "four-eyes")

		away := colleague()
		away.Age = 16 * time.Minute
		wantCode(t, r.ReleasePayments(t.Context(), away, f.ID), "sign-in-again")
		wantCode(t, second(r.PaymentXML(t.Context(), colleague(), f.ID)), "file-not-released")
		want(t, "released so far", len(r.paymentsIn(services.PaymentReleased)), 0)

		must(t, r.ReleasePayments(t.Context(), colleague(), f.ID))
		must(t, r.ReleasePayments(t.Context(), colleague(), f.ID)) // a doubled tap is no second act
		for range 2 {
			must(t, second(r.PaymentXML(t.Context(), officer(), f.ID)))
		}
		got := r.deeds(f.ID)
		for i, want := range []string{"payments-prepare jovana", "payments-release vera", "payments-download jovana", "payments-download jovana"} {
			if i >= len(got) || got[i] != want {
				t.Fatalf("the journal says %q, want %q at %d", got, want, i)
			}
		}
		want(t, "acts", len(got), 4)
	})
}

// Without the journal no money is laid out, released or fetched.
func TestMoneyWaitsForTheJournal(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.accepted(grant, 1)
		f, err := r.PreparePayments(t.Context(), officer())
		must(t, err)
		r.accepted(grant, 1)
		r.restart(func(cfg *services.Config) { cfg.Journal = dying{r.log, false} })
		wantCode(t, second(r.PreparePayments(t.Context(), officer())), "journal-away")
		wantCode(t, r.ReleasePayments(t.Context(), colleague(), f.ID), "journal-away")
		want(t, "released", len(r.paymentsIn(services.PaymentReleased)), 0)
		want(t, "due", len(r.paymentsIn(services.PaymentDue)), 1)
	})
}

// also is an officer who is somebody's mother too.
func also(officer, mother act.Actor) act.Actor {
	officer.Persons = mother.Persons
	return officer
}

// Nobody acts in their own matter: not with money that comes to them, not at the
// counter, and not where it is known only after the facts were supplied or asked for.
func TestNobodyActsInTheirOwnMatter(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, _ := r.accepted(grant, 1)
		wantCode(t, second(r.PreparePayments(t.Context(), also(officer(), mother))), "nothing-due")
		f, err := r.PreparePayments(t.Context(), officer())
		must(t, err)
		wantCode(t, r.ReleasePayments(t.Context(), also(colleague(), mother), f.ID), "own-matter")

		mother, o := r.offered()
		_, _, err = r.AcceptFor(t.Context(), also(officer(), mother), mother, o.ID, o.Version)
		wantCode(t, err, "own-matter")

		// The register does not say who the mother is; the officer supplies themselves.
		mother = r.mother()
		event := r.birth(mother, born(), 1)
		r.registers.mu.Lock()
		delete(r.registers.births[event.Subject], "mother")
		r.registers.mu.Unlock()
		r.hear(event)
		for _, f := range r.referrals() {
			err := r.Resolve(t.Context(), also(officer(), mother), f.ID, f.Version, map[string]string{"mother.person": mother.Is("family")}, "по личној карти")
			wantCode(t, err, "own-matter")
		}
		if len(r.referrals()) == 0 {
			t.Fatal("nothing was referred")
		}
		// What the register tells meanwhile counts as well.
		r.registers.mu.Lock()
		r.registers.births[event.Subject]["mother"] = mother.Is("family")
		r.registers.mu.Unlock()
		for _, f := range r.referrals() {
			err := r.Resolve(t.Context(), also(officer(), mother), f.ID, f.Version, map[string]string{}, "")
			wantCode(t, err, "own-matter")
		}
	})
}
