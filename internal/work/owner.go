package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"dobosh/internal/kit/id"
	"dobosh/internal/storage"
)

// TakeOver frees what the processes of a node hold, which must have ended.
func (r *Runner) TakeOver(ctx context.Context, node string) error {
	err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.ExecContext(ctx, `delete from work_owners where node = $1`, node); err != nil {
			return err
		}
		return r.free(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("take jobs over: %w", err)
	}
	return nil
}

// free makes those jobs due whose owner is none of those that live.
func (r *Runner) free(ctx context.Context, tx *storage.Tx) error {
	now := storage.Micros(r.now())
	_, err := tx.ExecContext(ctx, `update work_jobs set owner = '', due = $1, put = $1 where owner <> '' and owner not in (select owner from work_owners)`, now)
	for _, d := range r.queues {
		tx.Signal(signal(d.queue))
	}
	return err
}

// enter makes this process one that holds jobs.
func (r *Runner) enter(ctx context.Context) error {
	owner := id.New()
	err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into work_owners (owner, node, beat) values ($1, $2, 0)`, owner, r.node)
		return err
	})
	if err == nil {
		r.owner.Store(&owner)
	}
	return err
}

// end gives back what this process holds. Tries that it broke off do not count.
func (r *Runner) end(ctx context.Context) {
	owner := *r.owner.Load()
	err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `update work_jobs set owner = '', tries = tries - 1 where owner = $1`, owner)
		_, gone := tx.ExecContext(ctx, `delete from work_owners where owner = $1`, owner)
		return errors.Join(err, gone)
	})
	if err != nil {
		r.log.WarnContext(ctx, "jobs were not given back; the next start takes them over", slog.Any("error", err))
	}
}

// sighting is what a process has last seen of another.
type sighting struct {
	beat  int64
	since time.Time // by the clock of this machine that only goes forward
}

// live shows that this process lives, frees what those hold that do not, and
// mends what a wrong clock did, until ctx ends. A process that is alone costs the
// writer nothing.
func (r *Runner) live(ctx context.Context) {
	seen := map[string]sighting{}
	tick := time.NewTicker(r.beat)
	defer tick.Stop()
	mended, last := time.Now(), r.now()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := r.watch(ctx, seen); err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "processes that work here were not seen", slog.Any("error", err))
		}
		if err := r.loosen(ctx); err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "jobs were not given back", slog.Any("error", err))
		}
		now := r.now()
		if now.Before(last) || time.Since(mended) >= mendEvery {
			if err := r.mend(ctx); err != nil && ctx.Err() == nil {
				r.log.WarnContext(ctx, "jobs that a wrong clock put off were not looked for", slog.Any("error", err))
			}
			mended = time.Now()
		}
		last = now
	}
}

// watch looks once at the processes that hold jobs.
func (r *Runner) watch(ctx context.Context, seen map[string]sighting) error {
	type row struct {
		owner string
		beat  int64
	}
	rows, err := r.db.Read(ctx).QueryContext(ctx, `select owner, beat from work_owners`)
	all, err := storage.All(rows, err, func(scan storage.Scan) (o row, err error) { return o, scan(&o.owner, &o.beat) })
	if err != nil {
		return err
	}
	me, there := *r.owner.Load(), map[string]bool{}
	var dead []row
	for _, o := range all {
		there[o.owner] = true
		if s, known := seen[o.owner]; !known || s.beat != o.beat {
			seen[o.owner] = sighting{o.beat, time.Now()}
		} else if o.owner != me && time.Since(s.since) >= r.lapse {
			dead = append(dead, o)
		}
	}
	for owner := range seen {
		if !there[owner] {
			delete(seen, owner)
		}
	}
	switch {
	case !there[me]:
		r.log.WarnContext(ctx, "this process was taken for dead; what it held is done by others")
		return r.enter(ctx)
	case len(all) == 1:
		return nil
	}
	return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.ExecContext(ctx, `update work_owners set beat = beat + 1 where owner = $1`, me); err != nil {
			return err
		}
		for _, o := range dead {
			r.log.WarnContext(ctx, "a process is taken for dead", slog.String("owner", o.owner))
			if _, err := tx.ExecContext(ctx, `delete from work_owners where owner = $1 and beat = $2`, o.owner, o.beat); err != nil {
				return err
			}
		}
		if len(dead) == 0 {
			return nil
		}
		return r.free(ctx, tx)
	})
}

// mend makes those jobs due that were put off from an instant that lies ahead: a
// clock showed it that has been set right since.
func (r *Runner) mend(ctx context.Context) error {
	const asleep = ` from work_jobs where put > $1 and owner = '' and dead = 0`
	now := r.now()
	var n int
	err := r.db.Read(ctx).QueryRowContext(ctx, `select count(*) from (select 1`+asleep+` limit 1) as asleep`, storage.Micros(now.Add(clockSkew))).Scan(&n)
	if err != nil || n == 0 {
		return err
	}
	return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `update work_jobs set due = $2, put = $2 where put > $1 and owner = '' and dead = 0`, storage.Micros(now.Add(clockSkew)), storage.Micros(now))
		for _, d := range r.queues {
			tx.Signal(signal(d.queue))
		}
		return err
	})
}

// giveBack undoes the claim of a job that was not begun.
func (r *Runner) giveBack(ctx context.Context, tx *storage.Tx, queue string, j *job) error {
	_, err := tx.ExecContext(ctx, `update work_jobs set owner = '', tries = tries - 1`+ours, queue, j.ref, j.owner, j.tries)
	return err
}
