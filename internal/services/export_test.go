package services

import (
	"context"

	"dobosh/internal/bus"
)

// Hear takes an event in, as the bus would.
func (r *Room) Hear(ctx context.Context, e bus.Event) error {
	commit, err := r.hear(ctx, e)
	if err != nil {
		return err
	}
	return r.DB.Write(ctx, commit)
}

// Work does what is due now, one job after the other, and says how many jobs
// that were.
func (r *Room) Work(ctx context.Context) (done int, err error) {
	for {
		jobs, err := r.claim(ctx)
		if err != nil || len(jobs) == 0 {
			return done, err
		}
		for _, j := range jobs {
			r.do(ctx, j)
			done++
		}
	}
}

// Claim takes what is due and does nothing with it, like a process that dies.
func (r *Room) Claim(ctx context.Context) (claimed int, err error) {
	jobs, err := r.claim(ctx)
	return len(jobs), err
}

// Slow claims the jobs that are due and returns how to do them later, like a
// process that was taken for dead.
func (r *Room) Slow(ctx context.Context) (do func(), err error) {
	jobs, err := r.claim(ctx)
	return func() {
		for _, j := range jobs {
			r.do(ctx, j)
		}
	}, err
}

// TakeOver is what Run does first.
func (r *Room) TakeOver(ctx context.Context) error { return r.takeOver(ctx) }

// Seal does what the job of a decision does.
func (r *Room) Seal(ctx context.Context, decision string) error { return r.seal(ctx, decision) }

// The schedule of payments and the patience of jobs.
var (
	Schedule = schedule
	Patience = patience
)
