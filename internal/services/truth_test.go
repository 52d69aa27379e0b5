package services_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/cases"
	"dobosh/internal/journal"
	"dobosh/internal/services"
	"dobosh/internal/storage"
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
			cfg.DB = testkit.Database(t, engine)(bus.Migrations(), work.Migrations(), journal.Migrations(), cases.Migrations(), services.Migrations())
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
		due := services.PaymentDue
		if engine != storage.SQLite { // another node may have released it
			due = services.PaymentUncertain
		}
		matters := r.casesOf(mother.Is("family"))
		for service, c := range matters {
			want(t, "case of "+service, c.Status, "granted")
		}
		want(t, "cases", len(matters), len(before))
		want(t, "payments", len(r.paymentsIn(due)), len(before))
		want(t, "entries", len(r.entries("decision")), len(before))
	})
}

// A payment that left before the database was lost is not paid a second time: the journal
// says what each release was about. Of a release that does not say so nobody knows, and it
// waits for somebody who has asked the bank.
func TestNothingIsPaidTwiceAfterTheDatabaseIsLost(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		lose := func() {
			engine := r.cfg.DB.Engine()
			r.restart(func(cfg *services.Config) {
				cfg.DB = testkit.Database(t, engine)(bus.Migrations(), work.Migrations(), journal.Migrations(), cases.Migrations(), services.Migrations())
			})
			together := journal.Comparison{Log: r.log, DB: r.cfg.DB, Restored: true}
			must(t, together.Before(t.Context()))
			must(t, second(together.After(t.Context(), r.Keeps(), slog.New(slog.DiscardHandler))))
			r.work()
		}
		r.accepted(grant, 2)
		f, err := r.PreparePayments(t.Context(), officer())
		must(t, err)
		must(t, r.ReleasePayments(t.Context(), colleague(), f.ID))
		lose()
		back := r.paymentsIn(services.PaymentReleased)
		want(t, "released before", len(back), f.Count)
		again, err := r.PaymentFile(t.Context(), officer(), f.ID)
		must(t, err)
		if again.Count != f.Count || again.Sum != f.Sum || again.PreparedBy != f.PreparedBy || again.ReleasedBy != "vera" || again.ReleasedAt.IsZero() {
			t.Errorf("the file came back as %+v, was %+v", again, f)
		}
		wantCode(t, second(r.PreparePayments(t.Context(), officer())), "nothing-due")

		// A release of before, which does not say what left.
		must(t, second(r.log.Append(t.Context(), journal.Entry{Kind: "act", ID: "release", At: r.cfg.Now(), Meta: []byte(`{"act":"payments-release","officer":"vera"}`)})))
		r.accepted(grant, 1)
		must(t, second(r.log.Append(t.Context(), journal.Entry{Kind: "act", ID: "release", At: r.cfg.Now(), Meta: []byte(`{"act":"payments-release","officer":"vera"}`)})))
		lose()
		held := r.paymentsIn(services.PaymentUncertain)
		want(t, "uncertain", len(held), 1)
		want(t, "released before", len(r.paymentsIn(services.PaymentReleased)), f.Count)
		wantCode(t, second(r.PreparePayments(t.Context(), officer())), "nothing-due")
		wantCode(t, r.Unpaid(t.Context(), officer(), back[0].ID), "payment-unknown")
		must(t, r.Unpaid(t.Context(), officer(), held[0].ID))
		wantCode(t, r.Unpaid(t.Context(), officer(), held[0].ID), "payment-unknown")
		last, err := r.PreparePayments(t.Context(), officer())
		must(t, err)
		want(t, "paid after somebody asked", last.Count, 1)
		want(t, "the journal", r.deeds(held[0].ID)[0], "payment-unpaid jovana")
	})
}

// The database is put back as it was after the decision and before the money, but for one
// file, which came back with another decision: what files
// that were taken since paid, of the first month and of later ones, is paid no second time.
func TestWhatWasPaidSinceTheCopyIsNotPaidAgain(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		engine := r.cfg.DB.Engine()
		r.restart(func(cfg *services.Config) {
			cfg.DB = testkit.Database(t, engine)(bus.Migrations(), work.Migrations(), journal.Migrations(), cases.Migrations(), services.Migrations())
		})
		r.accepted(allowance, 2)
		lost := `update services_payments set state = '` + string(services.PaymentDue) + `', file = '' where number = 1; delete from services_payments where number > 1; delete from services_payment_files where made_at > (select min(made_at) from services_payment_files)`
		var files []services.PaymentFile
		for month := range 3 {
			r.clock.Set(today().AddMonths(month).AddDays(6).Start().Add(12 * time.Hour))
			f, err := r.PreparePayments(t.Context(), officer())
			must(t, err)
			must(t, r.ReleasePayments(t.Context(), colleague(), f.ID))
			must(t, second(r.PaymentXML(t.Context(), colleague(), f.ID)))
			files = append(files, f)
		}
		must(t, r.cfg.DB.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			for statement := range strings.SplitSeq(lost, ";") {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			return nil
		}))

		together := journal.Comparison{Log: r.log, DB: r.cfg.DB, Restored: true}
		must(t, together.Before(t.Context()))
		adopted, err := together.After(t.Context(), r.Keeps(), slog.New(slog.DiscardHandler))
		must(t, err)
		want(t, "adopted", adopted, len(files))
		want(t, "released", len(r.paymentsIn(services.PaymentReleased)), len(files))
		wantCode(t, second(r.PreparePayments(t.Context(), officer())), "nothing-due")
		for _, f := range files {
			again, err := r.PaymentFile(t.Context(), officer(), f.ID)
			must(t, err)
			if again.Count != f.Count || again.Sum != f.Sum || again.ReleasedAt.IsZero() || again.PreparedBy == again.ReleasedBy {
				t.Errorf("the file came back as %+v, was %+v", again, f)
			}
			must(t, second(r.PaymentXML(t.Context(), colleague(), f.ID)))
		}
		r.clock.Set(today().AddMonths(3).AddDays(6).Start().Add(12 * time.Hour))
		f, err := r.PreparePayments(t.Context(), officer())
		must(t, err)
		want(t, "payments of the next month", f.Count, 1)
	})
}
