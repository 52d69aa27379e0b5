package services_test

import (
	"errors"
	"log/slog"
	"testing"

	"dobosh/internal/bus"
	"dobosh/internal/journal"
	"dobosh/internal/services"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// The database is lost after decisions were made. It does not fit the journal; a new
// one that was put there on purpose gets the decisions from it, and the events of
// before, when they come again, lead to no second offer and no second payment.
func TestDecisionsComeBackFromTheJournal(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother := r.mother()
		event := r.birth(mother, born(), 1)
		r.hear(event)
		before := map[string]services.Decision{}
		for _, o := range r.offersOf(mother) {
			d, err := r.Accept(t.Context(), mother, o.ID, o.Version)
			must(t, err)
			before[d.ID] = d
		}
		if len(before) == 0 {
			t.Fatal("nothing was offered")
		}

		engine := r.cfg.DB.Engine()
		r.restart(func(cfg *services.Config) {
			cfg.DB = testkit.Database(t, engine)(bus.Migrations(), work.Migrations(), journal.Migrations(), services.Migrations())
		})
		together := journal.Comparison{Log: r.log, DB: r.cfg.DB}
		if lost, ok := errors.AsType[*journal.Lost](together.Before(t.Context())); !ok || lost.Code != journal.DatabaseLost {
			t.Errorf("an empty database beside a journal: %v, want %s", together.Before(t.Context()), journal.DatabaseLost)
		}
		_, err := together.After(t.Context(), r.Keeps(), slog.New(slog.DiscardHandler))
		if lost, ok := errors.AsType[*journal.Lost](err); !ok || lost.Missing == "" {
			t.Errorf("decisions without rows: %v, want that one is named", err)
		}

		together.Restored = true
		must(t, together.Before(t.Context()))
		adopted, err := together.After(t.Context(), r.Keeps(), slog.New(slog.DiscardHandler))
		must(t, err)
		want(t, "adopted", adopted, len(before))
		r.hear(event)
		for id, was := range before {
			d, err := r.Decision(t.Context(), mother, id)
			must(t, err)
			if !d.Sealed || d.Code != was.Code || d.Offer != was.Offer || !d.MadeAt.Equal(was.MadeAt) || d.Plan.Total != was.Plan.Total || len(d.Payments) != len(was.Payments) {
				t.Errorf("adopted %+v, made %+v", d, was)
			}
			again, err := r.Accept(t.Context(), mother, was.Offer, 1) // she taps again
			must(t, err)
			want(t, "decision", again.ID, id)
			want(t, "offers told to those who follow", r.published(services.OfferMade, was.Offer), 1)
		}
		for _, o := range r.offersOf(mother) {
			if o.State == services.OfferOpen {
				t.Errorf("%s is offered again", o.Service)
			}
		}
		want(t, "payments", len(r.paymentsIn(services.PaymentDue)), len(before))
		want(t, "entries", len(r.entries("decision")), len(before))
	})
}
