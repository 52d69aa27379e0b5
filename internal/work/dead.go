package work

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// Dead is a job that was put aside.
type Dead struct {
	Queue string
	Ref   string
	Job   string // as JSON
	Tries int
	Code  string // problem of the last try
	Fault string // its error, for engineers
	Added time.Time
	At    time.Time // when it was put aside
}

const longestPage = 200

// Dead lists the jobs that were put aside, those of one queue or of all, the
// oldest first. A limit outside of 1 to 200 gives a page of the usual size.
func (r *Runner) Dead(ctx context.Context, queue string, after page.Key, limit int) (page.Page[Dead], error) {
	if limit < 1 || limit > longestPage {
		limit = page.Size
	}
	at, lastQueue, lastRef := int64(0), "", ""
	if columns := after.Columns(3); columns != nil {
		if n, err := strconv.ParseInt(columns[0], 10, 64); err == nil {
			at, lastQueue, lastRef = n, columns[1], columns[2]
		}
	}
	rows, err := r.db.Read(ctx).QueryContext(ctx, `select `+deadColumns+` from work_jobs
		where dead > 0 and (dead, queue, ref) > ($1, $2, $3) and ($4 = '' or queue = $4) order by dead, queue, ref limit $5`, at, lastQueue, lastRef, queue, limit+1)
	found, err := storage.All(rows, err, scanDead)
	return page.Of(found, limit, func(d Dead) page.Key {
		return page.KeyOf(strconv.FormatInt(storage.Micros(d.At), 10), d.Queue, d.Ref)
	}), err
}

// FindDead gives one job that was put aside. The problem "job-unknown" says that there
// is none.
func (r *Runner) FindDead(ctx context.Context, queue, ref string) (Dead, error) {
	rows, err := r.db.Read(ctx).QueryContext(ctx, `select `+deadColumns+` from work_jobs where queue = $1 and ref = $2 and dead > 0`, queue, ref)
	found, err := storage.One(rows, err, scanDead)
	if errors.Is(err, storage.ErrNotFound) {
		err = unknown(queue, ref)
	}
	return found, err
}

const deadColumns = `queue, ref, job, tries, code, fault, added, dead`

func scanDead(scan storage.Scan) (d Dead, err error) {
	var added, dead int64
	err = scan(&d.Queue, &d.Ref, &d.Job, &d.Tries, &d.Code, &d.Fault, &added, &dead)
	d.Added, d.At = storage.Instant(added), storage.Instant(dead)
	return d, err
}

func unknown(queue, ref string) error {
	return problem.New(problem.NotFound, "job-unknown", "queue", queue, "ref", ref)
}

// TryAgain lets a job be tried once more that was put aside; should that fail it
// is put aside again. The problem "job-unknown" says that there is none.
func (r *Runner) TryAgain(ctx context.Context, queue, ref string) error {
	return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		was, err := revive(ctx, tx, queue, ref, r.now())
		if err == nil && !was {
			err = unknown(queue, ref)
		}
		return err
	})
}

// maxReason bounds the words with which a job is dropped, in characters.
const maxReason = 2000

// Drop gives up a job that was put aside, for a reason that somebody answers for.
// It is kept what was dropped, by whom and why.
func (r *Runner) Drop(ctx context.Context, queue, ref, reason, actor string) error {
	if reason = strings.TrimSpace(reason); reason == "" || utf8.RuneCountInString(reason) > maxReason {
		return problem.New(problem.Invalid, "reason-needed").At("reason", "reason-needed")
	}
	return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		rows, err := tx.QueryContext(ctx, `delete from work_jobs where queue = $1 and ref = $2 and dead > 0 returning job, fault`, queue, ref)
		dropped, err := storage.All(rows, err, func(scan storage.Scan) (d Dropped, err error) { return d, scan(&d.Job, &d.Fault) })
		if err != nil {
			return err
		}
		if len(dropped) == 0 {
			return unknown(queue, ref)
		}
		_, err = tx.ExecContext(ctx, `insert into work_dropped (id, queue, ref, job, fault, reason, actor, at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			id.New(), queue, ref, dropped[0].Job, dropped[0].Fault, reason, actor, storage.Micros(r.now()))
		return err
	})
}

// Dropped is a job that somebody gave up.
type Dropped struct {
	ID, Queue, Ref, Job, Fault string
	Reason                     string
	Actor                      string
	At                         time.Time
}

// Dropped lists the jobs that were given up, the newest first.
func (r *Runner) Dropped(ctx context.Context, after page.Key, limit int) (page.Page[Dropped], error) {
	if limit < 1 || limit > longestPage {
		limit = page.Size
	}
	at, last := int64(1<<62), ""
	if columns := after.Columns(2); columns != nil {
		if n, err := strconv.ParseInt(columns[0], 10, 64); err == nil {
			at, last = n, columns[1]
		}
	}
	rows, err := r.db.Read(ctx).QueryContext(ctx, `select id, queue, ref, job, fault, reason, actor, at from work_dropped where (at, id) < ($1, $2) order by at desc, id desc limit $3`, at, last, limit+1)
	found, err := storage.All(rows, err, func(scan storage.Scan) (d Dropped, err error) {
		var at int64
		err = scan(&d.ID, &d.Queue, &d.Ref, &d.Job, &d.Fault, &d.Reason, &d.Actor, &at)
		d.At = storage.Instant(at)
		return d, err
	})
	return page.Of(found, limit, func(d Dropped) page.Key {
		return page.KeyOf(strconv.FormatInt(storage.Micros(d.At), 10), d.ID)
	}), err
}

// Count is the load of a queue.
type Count struct {
	Queue   string
	Waiting int       // not put aside, those that are being done included
	Due     int       // of these: due, or being done
	Dead    int       // put aside
	Oldest  time.Time // when the longest due of them came due; zero for none
}

// Counts tells the load of every queue that has any, for figures and pages.
func (r *Runner) Counts(ctx context.Context) ([]Count, error) {
	rows, err := r.db.Read(ctx).QueryContext(ctx, `select queue,
			sum(case when dead = 0 then 1 else 0 end), sum(case when dead = 0 and due <= $1 then 1 else 0 end), sum(case when dead > 0 then 1 else 0 end),
			coalesce(min(case when dead = 0 and due <= $1 then due end), 0)
		from work_jobs group by queue order by queue`, storage.Micros(r.now()))
	return storage.All(rows, err, func(scan storage.Scan) (c Count, err error) {
		var oldest int64
		err = scan(&c.Queue, &c.Waiting, &c.Due, &c.Dead, &oldest)
		c.Oldest = instant(oldest)
		return c, err
	})
}
