package services_test

import (
	"context"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/bus"
	"dobosh/internal/journal"
	"dobosh/internal/services"
	"dobosh/internal/testkit"
)

// feedOf plays the stream of a node, in which these offers were made.
type feedOf []string

func (f feedOf) Fetch(_ context.Context, _ []string, after uint64, limit int, _ time.Duration) (events []bus.Sequenced, err error) {
	if after > uint64(len(f)) {
		return nil, bus.ErrAhead
	}
	for i, offer := range f[after:] {
		if i < limit {
			events = append(events, bus.Sequenced{Sequence: after + uint64(i) + 1, Event: bus.Event{Type: services.OfferMade, Subject: offer}})
		}
	}
	return events, nil
}

func TestCounterSeesOffersWithoutPersons(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		feed := feedOf{o.ID}
		_, _, err := r.OffersSince(t.Context(), mother, feed, 0, 0)
		wantCode(t, err, "not-allowed")
		for _, after := range []uint64{0, 99} { // 99: the stream is a new one
			briefs, next, err := r.OffersSince(t.Context(), officer(), feed, after, 0)
			must(t, err)
			if len(briefs) != 1 || next != 1 || briefs[0].ID != o.ID || briefs[0].Service != grant || briefs[0].State != services.OfferOpen {
				t.Errorf("after %d: %+v, next %d", after, briefs, next)
			}
		}
		briefs, next, err := r.OffersSince(t.Context(), officer(), feed, 1, 0)
		if err != nil || len(briefs) != 0 || next != 1 {
			t.Errorf("at the end: %v, next %d, %v", briefs, next, err)
		}
		want(t, "receipts for a list without persons", len(r.entries("act")), 0)
	})
}

func TestCounterAcceptsForWhoStandsThere(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		stranger := r.mother()
		refused := []struct {
			by, person act.Actor
			version    int
			code       string
		}{
			{mother, mother, o.Version, "not-allowed"}, // herself is no counter
			{act.Actor{}, mother, o.Version, "sign-in-needed"},
			{officerOf(allowance), mother, o.Version, "not-allowed"},
			{officer(), stranger, o.Version, "offer-unknown"},
			{officer(), officer(), o.Version, "offer-unknown"},
		}
		for _, tc := range refused {
			_, _, err := r.AcceptFor(t.Context(), tc.by, tc.person, o.ID, tc.version)
			wantCode(t, err, tc.code)
		}
		want(t, "receipts of what was refused", len(r.entries("act")), 0)
		_, _, err := r.AcceptFor(t.Context(), officer(), mother, o.ID, o.Version+1)
		wantCode(t, err, "offer-changed")

		decision, code, err := r.AcceptFor(t.Context(), officer(), mother, o.ID, o.Version)
		must(t, err)
		again, _, err := r.AcceptFor(t.Context(), officer(), mother, o.ID, o.Version)
		must(t, err)
		want(t, "the decision of a second tap", again, decision)
		d, err := r.Decision(t.Context(), mother, decision)
		must(t, err)
		want(t, "code", code, d.Code)
		want(t, "who decided", d.By, "rule")
		if len(r.entries("act")) == 0 {
			t.Error("the person cannot see who pressed the button")
		}
	})
}

// full is a journal that takes receipts and no decision.
type full struct{ services.Journal }

func (full) AppendAll(context.Context, ...journal.Entry) ([]journal.Stamp, error) {
	return nil, errDied
}

// What a counter is told stands in the journal: while that takes nothing, the counter is asked to
// come again, and then hears of the one decision.
func TestWhatACounterIsToldIsInTheJournal(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		r.restart(func(cfg *services.Config) { cfg.Journal = full{r.log} })
		for range 2 {
			decision, code, err := r.AcceptFor(t.Context(), officer(), mother, o.ID, o.Version)
			wantCode(t, err, "not-sealed-yet")
			want(t, "told", decision+code, "")
		}
		r.restart(func(cfg *services.Config) { cfg.Journal = r.log })
		decision, _, err := r.AcceptFor(t.Context(), officer(), mother, o.ID, o.Version)
		must(t, err)
		want(t, "decisions in the journal", len(r.entries("decision")), 1)
		want(t, "which", r.entries("decision")[0].ID, decision)
	})
}
