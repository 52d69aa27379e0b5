package budget_test

import (
	"errors"
	"io/fs"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act/budget"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// Two nodes on one database have one budget: whoever is refused by one is refused by the
// other, hears how long to wait, and is let again after that; others are not touched.
func TestOneBudgetForAllNodes(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		now := clock.NewManual(time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC))
		db := open(budget.Migrations())
		one := &budget.Budget{Name: "asks", Burst: 3, Each: time.Minute, DB: db, Now: now.Now}
		other := &budget.Budget{Name: "asks", Burst: 3, Each: time.Minute, DB: db, Now: now.Now}
		for i, b := range []*budget.Budget{one, other, one} {
			if err := b.Spend(t.Context(), "mila"); err != nil {
				t.Fatalf("%d: %v", i+1, err)
			}
		}
		for _, b := range []*budget.Budget{one, other} {
			err := b.Spend(t.Context(), "mila")
			if p := problem.Of(err); p.Code != "too-often" || p.Kind != problem.TooMany || p.Wait() != "60" {
				t.Errorf("a fourth: %v, wait %s", err, p.Wait())
			}
		}
		if err := one.Spend(t.Context(), "jovan"); err != nil {
			t.Errorf("somebody else: %v", err)
		}
		if err := (&budget.Budget{Name: "looks", Burst: 1, Each: time.Hour, DB: db, Now: now.Now}).Spend(t.Context(), "mila"); err != nil {
			t.Errorf("something else: %v", err)
		}
		now.Advance(time.Minute)
		if err := other.Spend(t.Context(), "mila"); err != nil {
			t.Errorf("a minute later: %v", err)
		}
		if err := one.Spend(t.Context(), "mila"); err == nil {
			t.Error("a minute gives back more than one")
		}

		now.Advance(400 * 24 * time.Hour)
		ahead := one.Spend(t.Context(), "vesna")
		now.Advance(-400 * 24 * time.Hour) // the clock was ahead, and is put right
		if err := errors.Join(ahead, one.Spend(t.Context(), "vesna")); err != nil {
			t.Errorf("who came while the clock was ahead: %v", err)
		}

		now.Advance(time.Hour)
		if err := budget.Forget(db, now.Now)(t.Context()); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := db.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from act_budgets`).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d rows are kept of those who have all of it again: %v", left, err)
		}
	})
}

func TestManyAtOnceSpendNoMore(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		now := clock.NewManual(time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC))
		b := &budget.Budget{Name: "asks", Burst: 4, Each: time.Minute, DB: open(budget.Migrations()), Now: now.Now}
		var all sync.WaitGroup
		spent := make(chan bool, 16)
		for range 16 {
			all.Go(func() { spent <- b.Spend(t.Context(), "mila") == nil })
		}
		all.Wait()
		close(spent)
		n := 0
		for ok := range spent {
			if ok {
				n++
			}
		}
		if n != 4 {
			t.Errorf("%d of 16 at once, want 4", n)
		}
	})
}
