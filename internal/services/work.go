package services

import (
	"context"
	"database/sql"
	"log/slog"
	"sync"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// A job is something that must happen after a transaction and may need other
// institutions: gather the facts of an assessment, seal a decision, learn the
// account of a payment. It stands in services_work from the transaction that
// needs it to the one that has done it, so no process that dies takes it along.
type job struct {
	kind, ref string
	tries     int
}

// The kinds of jobs.
const (
	jobAssess  = "assess"
	jobSeal    = "seal"
	jobAccount = "account"
)

const (
	claimed     = 3 * time.Minute // another process may take a job over after this
	claimLimit  = 64
	idleLook    = time.Second // how often to look for what has become due
	longestWait = 5 * time.Minute

	untilTomorrow = 24 * time.Hour // how long a register rests that knows no account
)

func (r *Room) addJob(ctx context.Context, tx *storage.Tx, kind, ref string) error {
	return r.addJobAt(ctx, tx, kind, ref, r.Now())
}

// addJobAt is for jobs that somebody else will probably have done by then.
func (r *Room) addJobAt(ctx context.Context, tx *storage.Tx, kind, ref string, due time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO services_work (kind, ref, next_try) VALUES ($1, $2, $3) ON CONFLICT (kind, ref) DO NOTHING`, kind, ref, storage.Micros(due))
	tx.AfterCommit(r.wakeUp)
	return err
}

// endJob reports whether the job was still to be done: a process that was slow
// and was taken for dead must not do it again.
func endJob(ctx context.Context, tx *storage.Tx, kind, ref string) (still bool, err error) {
	return changed(tx.ExecContext(ctx, `DELETE FROM services_work WHERE kind = $1 AND ref = $2`, kind, ref))
}

// later lets a job rest, and reports whether it was still to be done.
func later(ctx context.Context, tx *storage.Tx, j job, next time.Time) (still bool, err error) {
	return changed(tx.ExecContext(ctx, `UPDATE services_work SET next_try = $1, owner = '' WHERE kind = $2 AND ref = $3`, storage.Micros(next), j.kind, j.ref))
}

// changed reports whether a statement changed anything.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

func (r *Room) wakeUp() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// work claims jobs that are due and hands them to the workers until ctx ends.
func (r *Room) work(ctx context.Context) {
	jobs := make(chan job)
	var workers sync.WaitGroup
	for range r.Workers {
		workers.Go(func() {
			for j := range jobs {
				r.do(ctx, j)
			}
		})
	}
	defer workers.Wait()
	defer close(jobs)
	for {
		due, err := r.claim(ctx)
		if err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "jobs not claimed", slog.Any("error", err))
		}
		for _, j := range due {
			select {
			case jobs <- j:
			case <-ctx.Done():
				return
			}
		}
		if len(due) == claimLimit {
			continue
		}
		timer := time.NewTimer(idleLook)
		select {
		case <-r.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// takeOver makes the jobs due that this node had claimed before it stopped.
func (r *Room) takeOver(ctx context.Context) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE services_work SET next_try = $1, owner = '' WHERE owner = $2 AND next_try > $1`, storage.Micros(r.Now()), r.Node)
		return err
	})
}

// claim takes due jobs for this node. Two replicas that try at once do not
// both get a job, since the second no longer finds it due.
func (r *Room) claim(ctx context.Context) (jobs []job, err error) {
	now := r.Now()
	due, err := r.anyDue(ctx, now)
	if err != nil || !due {
		return nil, err
	}
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		rows, err := tx.QueryContext(ctx, `UPDATE services_work SET next_try = $4, owner = $5, tries = tries + 1
			WHERE `+isDue+` AND (kind, ref) IN (SELECT kind, ref FROM services_work WHERE `+isDue+` ORDER BY next_try LIMIT $6)
			RETURNING kind, ref, tries`, append(dueAt(now), storage.Micros(now.Add(claimed)), r.Node, claimLimit)...)
		jobs, err = storage.All(rows, err, func(scan storage.Scan) (job, error) {
			var j job
			return j, scan(&j.kind, &j.ref, &j.tries)
		})
		return err
	})
	return jobs, err
}

// isDue is the condition of a job that is due. One that is due later than any
// job of its kind waits was put off by a clock that has been set right since:
// it is due. Its places are those of dueAt.
const isDue = `(next_try <= $1 OR next_try > CASE kind WHEN '` + jobAccount + `' THEN CAST($2 AS bigint) ELSE CAST($3 AS bigint) END)`

func dueAt(now time.Time) []any {
	return []any{storage.Micros(now), storage.Micros(now.Add(untilTomorrow)), storage.Micros(now.Add(longestWait))}
}

// anyDue spares the writer when there is nothing to do.
func (r *Room) anyDue(ctx context.Context, now time.Time) (bool, error) {
	var n int
	err := r.DB.Read(ctx).QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM services_work WHERE `+isDue+` LIMIT 1) AS due`, dueAt(now)...).Scan(&n)
	return n > 0, err
}

func (r *Room) do(ctx context.Context, j job) {
	var err error
	switch j.kind {
	case jobAssess:
		err = r.assess(ctx, j)
	case jobSeal:
		err = r.seal(ctx, j.ref)
	case jobAccount:
		err = r.learnAccount(ctx, j.ref)
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	r.Log.WarnContext(ctx, "job waits", slog.String("kind", j.kind), slog.String("ref", j.ref), slog.Int("tries", j.tries), slog.Any("error", err))
	if err := r.postpone(ctx, j, rest(j.tries, err)); err != nil {
		r.Log.ErrorContext(ctx, "job not postponed", slog.String("ref", j.ref), slog.Any("error", err))
	}
}

func (r *Room) postpone(ctx context.Context, j job, wait time.Duration) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := later(ctx, tx, j, r.Now().Add(wait))
		return err
	})
}

// patience is how long to wait after the given number of tries: half a second,
// one, two, … five minutes.
func patience(tries int) time.Duration {
	return min(time.Second/2<<min(max(tries, 1)-1, 16), longestWait)
}

// rest is the patience with an error. A register that answered, and knows
// nothing, is not asked again before the next day: every question leaves a
// trace that the person sees.
func rest(tries int, err error) time.Duration {
	if problem.HasCode(err, accountUnknown) {
		return untilTomorrow
	}
	return patience(tries)
}
