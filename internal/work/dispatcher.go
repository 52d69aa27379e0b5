package work

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"dobosh/internal/storage"
)

// dispatcher hands the due jobs of one queue to its workers.
type dispatcher struct {
	*Runner
	queue    string
	lanes    int
	workers  int
	limit    int                                             // of a claim
	batch    int                                             // jobs that one call of do gets
	together bool                                            // the queue may rest after a batch
	do       func(ctx context.Context, jobs []*job) error    // an error is one of the queue
	begin    func(ctx context.Context, tx *storage.Tx) error // before the first claim; nil for nothing
}

// run claims and does jobs until ctx ends.
func (d *dispatcher) run(ctx context.Context) {
	wake, stop := d.db.Listen(signal(d.queue))
	defer stop()
	var (
		busy  sync.WaitGroup
		free  = make(chan struct{}, d.workers)
		pause = make(chan time.Duration, d.workers) // what an error of the queue asks for
	)
	defer busy.Wait()
	for ctx.Err() == nil {
		jobs, wait, err := d.claim(ctx)
		if err != nil && ctx.Err() == nil {
			d.log.ErrorContext(ctx, "jobs not claimed", slog.String("queue", d.queue), slog.Any("error", err))
		}
		for some := range slices.Chunk(jobs, d.batch) {
			select {
			case free <- struct{}{}:
			case <-ctx.Done():
				return
			}
			busy.Go(func() {
				defer func() { <-free }()
				if err := d.perform(ctx, some); err != nil && ctx.Err() == nil {
					d.log.WarnContext(ctx, "a queue waits", slog.String("queue", d.queue), slog.Any("error", err))
					pause <- RestOf(err, d.look)
				}
			})
		}
		listen := wake
		if d.together { // what it learns from one batch decides about the next
			busy.Wait()
		}
		select {
		case wait = <-pause:
			listen = nil // new jobs do not end the pause any sooner
		default:
			if len(jobs) == d.limit {
				continue
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-listen:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// claim takes due jobs, in the order in which they are to begin, and says how
// long to wait where there are none. A look without a job costs the writer
// nothing.
func (d *dispatcher) claim(ctx context.Context) (jobs []*job, wait time.Duration, err error) {
	now := d.now()
	next, err := d.next(ctx)
	if err != nil {
		return nil, d.look, fmt.Errorf("find due jobs: %w", err)
	}
	if next.IsZero() {
		return nil, d.look, nil
	}
	if rest := next.Sub(now); rest > 0 {
		return nil, min(max(rest, time.Millisecond), d.look), nil
	}
	jobs, err = d.claimed(func() (jobs []*job, err error) {
		err = d.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
			jobs, err = take(ctx, tx, d.queue, *d.owner.Load(), now, d.limit)
			return err
		})
		return jobs, err
	})
	slices.SortFunc(jobs, func(a, b *job) int {
		return cmp.Or(cmp.Compare(a.lane, b.lane), a.due.Compare(b.due), cmp.Compare(a.place, b.place))
	})
	return jobs, d.look, err
}

// next is when the first job that is free is due; zero for none.
func (d *dispatcher) next(ctx context.Context) (first time.Time, err error) {
	for lane := range d.lanes {
		var due int64
		err := d.db.Read(ctx).QueryRowContext(ctx, `select coalesce(min(due), 0) from work_jobs where queue = $1 and lane = $2 and owner = '' and dead = 0`, d.queue, lane).Scan(&due)
		if err != nil {
			return first, err
		}
		if at := instant(due); due != 0 && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first, nil
}
