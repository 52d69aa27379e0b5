package services_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"
	"dobosh/internal/testkit"
)

// dying is a journal of a process that dies while it seals: before the entry
// is written, or after.
type dying struct {
	services.Journal
	after bool
}

var errDied = errors.New("the process died here")

func (d dying) Append(ctx context.Context, e journal.Entry) (journal.Stamp, error) {
	if d.after {
		if _, err := d.Journal.Append(ctx, e); err != nil {
			return journal.Stamp{}, err
		}
	}
	return journal.Stamp{}, errDied
}

// A process dies after the decision has committed, and before or after its
// journal entry was written. The next one seals it; whatever entries there
// are hold the same decision.
func TestDeathBeforeTheSealIsSaved(t *testing.T) {
	for name, c := range map[string]struct {
		after   bool
		entries int
	}{"before the entry": {false, 1}, "after the entry": {true, 2}} {
		t.Run(name, func(t *testing.T) {
			testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
				mother, o := r.offered()
				r.restart(func(cfg *services.Config) { cfg.Journal = dying{r.log, c.after} })
				unsealed, err := r.Accept(t.Context(), mother, o.ID, o.Version)
				must(t, err)
				want(t, "sealed", unsealed.Sealed, false)
				wantCode(t, second(r.DecisionFile(t.Context(), mother, unsealed.ID)), "not-sealed-yet")
				r.restart(func(cfg *services.Config) { cfg.Journal = r.log })
				r.clock.Advance(5 * time.Second)
				r.work()
				d, err := r.Accept(t.Context(), mother, o.ID, o.Version) // she taps again
				must(t, err)
				if !d.Sealed || d.ID != unsealed.ID || d.Code != unsealed.Code || !d.MadeAt.Equal(unsealed.MadeAt) || d.Plan.Total != unsealed.Plan.Total {
					t.Errorf("after the seal %+v, before %+v", d, unsealed)
				}
				entries := r.entries("decision")
				want(t, "entries", len(entries), c.entries)
				for _, e := range entries {
					if e.ID != d.ID || !bytes.Equal(e.Body, entries[0].Body) || !bytes.Equal(e.Meta, entries[0].Meta) || len(e.Subjects) != 1 || e.Subjects[0] != mother.Is("receipts") {
						t.Errorf("entry %+v is not of this decision", e)
					}
				}
				file, err := r.DecisionFile(t.Context(), mother, d.ID)
				must(t, err)
				for _, check := range proof.Verify(file, r.cfg.Trust()).Checks {
					if !check.OK && check.Detail != "witness.absent" {
						t.Errorf("check %+v", check)
					}
				}
				r.clock.Advance(24 * time.Hour)
				r.work()
				want(t, "entries a day later", len(r.entries("decision")), c.entries)
			})
		})
	}
}

func (d dying) AppendAll(ctx context.Context, entries ...journal.Entry) ([]journal.Stamp, error) {
	if d.after {
		if _, err := d.Journal.AppendAll(ctx, entries...); err != nil {
			return nil, err
		}
	}
	return nil, errDied
}

func TestSealsAtOnceAreOne(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		r.restart(func(cfg *services.Config) { cfg.Journal = dying{r.log, false} })
		d, err := r.Accept(t.Context(), mother, o.ID, o.Version)
		must(t, err)
		r.restart(func(cfg *services.Config) { cfg.Journal = r.log })
		errs := make(chan error)
		for range 8 {
			go func() { errs <- r.Seal(t.Context(), d.ID) }()
		}
		for range 8 {
			must(t, <-errs)
		}
		want(t, "entries", len(r.entries("decision")), 1)
	})
}

func TestNoReceiptNoLook(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		d, err := r.Accept(t.Context(), mother, o.ID, o.Version)
		must(t, err)
		r.hear(r.birth(mother, born(), 5))
		f := r.referrals()[0]
		looks := map[string]func() error{
			"offer":    func() error { return second(r.Offer(t.Context(), officer(), o.ID)) },
			"decision": func() error { return second(r.Decision(t.Context(), officer(), d.ID)) },
			"file":     func() error { return second(r.DecisionFile(t.Context(), officer(), d.ID)) },
			"paper":    func() error { return second(r.DecisionPDF(t.Context(), officer(), d.ID, "en")) },
			"referral": func() error { return second(r.Referral(t.Context(), officer(), f.ID)) },
		}
		for name, look := range looks {
			before := r.entries("act")
			if err := look(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			acts := r.entries("act")
			if len(acts) != len(before)+1 || len(acts[len(before)].Subjects) != 1 || acts[len(before)].Subjects[0] != mother.Is("receipts") {
				t.Errorf("%s leaves the receipts %+v, want one more, for the mother", name, acts[len(before):])
			}
		}
		r.restart(func(cfg *services.Config) { cfg.Journal = dying{r.log, false} })
		for name, look := range looks {
			if err := look(); err == nil {
				t.Errorf("%s is shown without a receipt", name)
			}
		}
	})
}

// nameless knows nobody.
type nameless struct{}

func (nameless) Translate(string, string, string) (string, error) { return "", errDied }

func TestAReceiptNamesThePerson(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		_, o := r.offered()
		r.restart(func(c *services.Config) { c.Sectors = nameless{} })
		if _, err := r.Offer(t.Context(), officer(), o.ID); !errors.Is(err, errDied) {
			t.Errorf("error %v, want that the person cannot be named", err)
		}
		want(t, "receipts", len(r.entries("act")), 0)
	})
}
