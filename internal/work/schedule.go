package work

import (
	"context"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/storage"
)

// Schedule is a round that comes again and again: its row in the table is the
// round that comes next, so that one process of several does it.
type Schedule struct {
	queue Queue[None]
	first bool // is due at once
	next  func(now time.Time) time.Time
}

// Every makes a round that begins once the process has begun, and again that long
// after each end.
func Every(name string, d time.Duration, do func(ctx context.Context) error) *Schedule {
	return schedule(name, true, d, do, func(now time.Time) time.Time { return now.Add(d) })
}

// Daily makes a round that begins every day, so long after the start of the day
// at home.
func Daily(name string, after time.Duration, do func(ctx context.Context) error) *Schedule {
	return schedule(name, false, time.Hour, do, func(now time.Time) time.Time {
		day := civil.Of(now)
		if at := day.Start().Add(after); at.After(now) {
			return at
		}
		return day.AddDays(1).Start().Add(after)
	})
}

// theRound is the one ref in the queue of a schedule.
const theRound = "round"

// schedule makes one whose failed rounds are tried again after ten seconds, and
// ever more rarely.
func schedule(name string, first bool, longest time.Duration, do func(context.Context) error, next func(time.Time) time.Time) *Schedule {
	s := &Schedule{first: first, next: next}
	s.queue = Queue[None]{
		Name: name, Retry: Doubling(min(10*time.Second, longest), longest), Timeout: 30 * time.Minute,
		Do: func(ctx context.Context, t *Try[None]) error {
			if err := do(ctx); err != nil {
				return err
			}
			return s.queue.runner.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
				now := s.queue.runner.now()
				return t.settle(tx, true, func() (bool, error) { return round(ctx, tx, name, t.row, now, s.next(now)) })
			})
		},
	}
	return s
}

// dispatch implements [Work].
func (s *Schedule) dispatch(r *Runner) *dispatcher {
	d := s.queue.dispatch(r)
	d.begin = func(ctx context.Context, tx *storage.Tx) error {
		var wait time.Duration
		if now := r.now(); !s.first {
			wait = s.next(now).Sub(now)
		}
		return s.queue.Add(ctx, tx, theRound, None{}, In(wait))
	}
	return d
}
