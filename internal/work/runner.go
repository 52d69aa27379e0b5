package work

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"embed"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the queue.
func Migrations() fs.FS { return migrations }

const (
	// claimLimit bounds the jobs of a queue that a process takes in one write.
	claimLimit = 64
	// lookEvery is how often a queue looks for what came due, or came from another
	// process.
	lookEvery = time.Second
	// beatEvery is how often a process shows that it lives, and deadAfter how long
	// its beat stands until others believe that it does not.
	beatEvery = 2 * time.Second
	deadAfter = 8 * time.Second
	// mendEvery is how often jobs are looked for that a wrong clock put off, and
	// clockSkew by how much the clocks of processes may differ without that.
	mendEvery = time.Minute
	clockSkew = 30 * time.Second
)

// Work is what a runner does: a [Queue] or a [Schedule].
type Work interface {
	dispatch(*Runner) *dispatcher
}

// Runner does the work of one process on one database. It is safe for concurrent
// use.
type Runner struct {
	db   *storage.DB
	now  clock.Now
	log  *slog.Logger
	node string

	look, beat, lapse time.Duration // lookEvery and so on; tests are faster

	mu     sync.Mutex
	queues []*dispatcher // grows under mu until the work has begun, then stands still
	begun  bool          // guarded by mu
	owner  atomic.Pointer[string]
	hand   hand
}

// New makes a runner for a process of a node. No two processes that live have the
// same node.
func New(db *storage.DB, now clock.Now, log *slog.Logger, node string) *Runner {
	r := &Runner{db: db, now: now, log: log, node: node, look: lookEvery, beat: beatEvery, lapse: deadAfter}
	r.owner.Store(new(string))
	return r
}

// Register adds work before it begins. Like http.Handle it panics where the
// program itself is wrong: a name that is none, or that is taken.
func (r *Runner) Register(work ...Work) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range work {
		d := w.dispatch(r)
		if r.begun || slices.ContainsFunc(r.queues, func(other *dispatcher) bool { return other.queue == d.queue }) {
			panic(fmt.Sprintf("work: queue %s is registered twice, or too late", d.queue))
		}
		r.queues = append(r.queues, d)
	}
}

// Run does the work until ctx ends, and gives back what it held.
func (r *Runner) Run(ctx context.Context) {
	for {
		err := r.Begin(ctx)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return
		}
		r.log.ErrorContext(ctx, "work does not begin", slog.Any("error", err))
		if clock.Pause(ctx, r.look) != nil {
			return
		}
	}
	var group sync.WaitGroup
	for _, d := range r.queues {
		if d.do != nil {
			group.Go(func() { d.run(ctx) })
		}
	}
	group.Go(func() { r.live(ctx) })
	group.Wait()
	r.end(context.WithoutCancel(ctx))
}

// Begin takes over what earlier processes of the node held. Run does so first.
func (r *Runner) Begin(ctx context.Context) error {
	r.mu.Lock()
	r.begun = true
	r.mu.Unlock()
	if err := r.TakeOver(ctx, r.node); err != nil {
		return err
	}
	if err := r.enter(ctx); err != nil {
		return err
	}
	for _, d := range r.queues {
		if d.begin == nil {
			continue
		}
		if err := r.db.Write(ctx, d.begin); err != nil {
			return fmt.Errorf("queue %s: %w", d.queue, err)
		}
	}
	return r.mend(ctx)
}

// RunDue does what is due now in some queues, in all when none is named, one job
// after the other, and says how many those were: what tests and tools do instead
// of Run. It needs Begin.
func (r *Runner) RunDue(ctx context.Context, queues ...string) (done int, err error) {
	for {
		claimed, err := r.Claim(ctx, queues...)
		if err != nil || claimed.Len() == 0 {
			return done, err
		}
		done += claimed.Len()
		if err := claimed.Do(ctx); err != nil {
			return done, err
		}
	}
}

// Claimed are jobs that a process has taken and not done.
type Claimed struct{ batches []batch }

type batch struct {
	*dispatcher
	jobs []*job
}

// Len is the number of jobs.
func (c Claimed) Len() (n int) {
	for _, b := range c.batches {
		n += len(b.jobs)
	}
	return n
}

// Do does them, one after the other.
func (c Claimed) Do(ctx context.Context) error {
	for _, b := range c.batches {
		if err := b.perform(ctx, b.jobs); err != nil {
			return err
		}
	}
	return nil
}

// Claim takes what is due now, like a process that then dies or is slow.
func (r *Runner) Claim(ctx context.Context, queues ...string) (Claimed, error) {
	var all Claimed
	if err := r.mend(ctx); err != nil {
		return all, err
	}
	for _, d := range r.queues {
		if d.do == nil || len(queues) > 0 && !slices.Contains(queues, d.queue) {
			continue
		}
		jobs, _, err := d.claim(ctx)
		if err != nil {
			return all, err
		}
		for some := range slices.Chunk(jobs, d.batch) {
			all.batches = append(all.batches, batch{d, some})
		}
	}
	return all, nil
}

// signal wakes those who do the jobs of a queue.
func signal(queue string) string { return "work." + queue }
