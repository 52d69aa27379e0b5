package work

import (
	"context"
	"log/slog"
	"sync"

	"dobosh/internal/storage"
)

// hand is what a process works on at the moment. The database may say more: that of
// a claim whose answer got lost with the connection, or of a job whose end could not
// be written.
type hand struct {
	claiming sync.RWMutex // held for reading while a claim is under way

	mu    sync.Mutex
	jobs  map[string]bool // guarded by mu, by queue and ref
	doubt bool            // guarded by mu: the database may say more than jobs
}

func handKey(queue, ref string) string { return queue + "\x00" + ref }

func (h *hand) take(queue string, jobs []*job) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.jobs == nil {
		h.jobs = map[string]bool{}
	}
	for _, j := range jobs {
		h.jobs[handKey(queue, j.ref)] = true
	}
}

func (h *hand) drop(queue string, jobs []*job) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, j := range jobs {
		delete(h.jobs, handKey(queue, j.ref))
	}
}

func (h *hand) setDoubt(doubt bool) (was bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	was, h.doubt = h.doubt, doubt
	return was
}

func (h *hand) has(queue, ref string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.jobs[handKey(queue, ref)]
}

// claimed runs a claim, so that what it takes is in the hand once it is in the
// database.
func (d *dispatcher) claimed(claim func() ([]*job, error)) ([]*job, error) {
	d.hand.claiming.RLock()
	defer d.hand.claiming.RUnlock()
	jobs, err := claim()
	if err != nil {
		d.hand.setDoubt(true)
		return nil, err
	}
	d.hand.take(d.queue, jobs)
	return jobs, nil
}

// perform does jobs that were claimed.
func (d *dispatcher) perform(ctx context.Context, jobs []*job) error {
	defer d.hand.drop(d.queue, jobs)
	err := d.do(ctx, jobs)
	if err != nil {
		d.hand.setDoubt(true) // what became of them may not be written
	}
	return err
}

// loosen gives back what this process holds by the database and does not work on,
// if there may be something.
func (r *Runner) loosen(ctx context.Context) error {
	if !r.hand.setDoubt(false) {
		return nil
	}
	r.hand.claiming.Lock()
	defer r.hand.claiming.Unlock()
	err := r.giveBackLoose(ctx)
	if err != nil {
		r.hand.setDoubt(true)
	}
	return err
}

func (r *Runner) giveBackLoose(ctx context.Context) error {
	type held struct {
		queue string
		job   job
	}
	rows, err := r.db.Read(ctx).QueryContext(ctx, `select queue, ref, owner, tries from work_jobs where owner = $1`, *r.owner.Load())
	all, err := storage.All(rows, err, func(scan storage.Scan) (h held, err error) {
		return h, scan(&h.queue, &h.job.ref, &h.job.owner, &h.job.tries)
	})
	if err != nil {
		return err
	}
	var loose []held
	for _, h := range all {
		if !r.hand.has(h.queue, h.job.ref) && !r.byHand(h.queue) {
			loose = append(loose, h)
		}
	}
	if len(loose) == 0 {
		return nil
	}
	r.log.WarnContext(ctx, "jobs are given back whose claim or end was not answered", slog.Int("jobs", len(loose)))
	return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for _, h := range loose {
			if err := r.giveBack(ctx, tx, h.queue, &h.job); err != nil {
				return err
			}
			tx.Signal(signal(h.queue))
		}
		return nil
	})
}

// byHand reports whether jobs of a queue are taken by who carries their line, who
// takes them again.
func (r *Runner) byHand(queue string) bool {
	for _, d := range r.queues {
		if d.queue == queue {
			return d.do == nil
		}
	}
	return true // of another version of the program: not ours to decide
}
