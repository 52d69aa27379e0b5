package work

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"dobosh/internal/storage"
)

// job is a row of work_jobs.
type job struct {
	ref, text, line string
	lane            int
	place           int64
	added, due, put time.Time
	tries, again    int
	owner           string
	code, fault     string
	dead            time.Time
}

const jobColumns = `ref, job, line, lane, place, added, due, put, tries, again, owner, code, fault, dead`

func scanRow(scan storage.Scan) (j job, err error) {
	var added, due, put, dead int64
	err = scan(&j.ref, &j.text, &j.line, &j.lane, &j.place, &added, &due, &put, &j.tries, &j.again, &j.owner, &j.code, &j.fault, &dead)
	j.added, j.due, j.put, j.dead = instant(added), instant(due), instant(put), instant(dead)
	return j, err
}

// instant reads an instant that may be none.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return storage.Instant(us)
}

// micros is the inverse of instant.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return storage.Micros(t)
}

func insert(ctx context.Context, tx *storage.Tx, queue string, j job, now time.Time) error {
	if j.line != "" { // behind all of its line, whatever the clock of the process that added them
		var last int64
		if err := tx.QueryRowContext(ctx, `select coalesce(max(place), 0) from work_jobs where queue = $1 and line = $2 and line <> ''`, queue, j.line).Scan(&last); err != nil {
			return err
		}
		j.place = max(j.place, last+1)
	}
	_, err := tx.ExecContext(ctx, `insert into work_jobs (queue, ref, job, line, lane, place, added, due, put, tries, code, fault, dead)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict (queue, ref) do nothing`,
		queue, j.ref, j.text, j.line, j.lane, j.place, storage.Micros(now), storage.Micros(j.due), micros(j.put), j.tries, j.code, j.fault, micros(j.dead))
	return err
}

// take makes due jobs those of an owner. Of two processes that try at once only
// one gets a job, since the second no longer finds it free; an owner who was
// taken for dead gets none.
func take(ctx context.Context, tx *storage.Tx, queue, owner string, now time.Time, limit int) ([]*job, error) {
	rows, err := tx.QueryContext(ctx, `update work_jobs set owner = $1, tries = tries + 1
		where queue = $2 and owner = '' and dead = 0 and due <= $3 and exists (select 1 from work_owners where owner = $1) and ref in (
			select j.ref from work_jobs as j where j.queue = $2 and j.owner = '' and j.dead = 0 and j.due <= $3
			and (j.line = '' or not exists (select 1 from work_jobs as b where b.queue = j.queue and b.line = j.line and b.line <> '' and b.place < j.place and b.dead = 0))
			order by j.lane, j.due limit $4)
		returning `+jobColumns, owner, queue, storage.Micros(now), limit)
	return storage.All(rows, err, func(scan storage.Scan) (*job, error) {
		j, err := scanRow(scan)
		return &j, err
	})
}

// ours is the condition that a job is still that of a try.
const ours = ` where queue = $1 and ref = $2 and owner = $3 and tries = $4 and dead = 0`

func finish(ctx context.Context, tx *storage.Tx, queue string, j *job) (bool, error) {
	return changed(tx.ExecContext(ctx, `delete from work_jobs`+ours, queue, j.ref, j.owner, j.tries))
}

// rest is postpone of a job that was not begun: the try does not count.
func rest(ctx context.Context, tx *storage.Tx, queue string, j *job, now time.Time, rest time.Duration, reason error) (bool, error) {
	code, fault := told(reason)
	return changed(tx.ExecContext(ctx, `update work_jobs set owner = '', tries = tries - 1, due = $5, put = $6, code = $7, fault = $8`+ours,
		queue, j.ref, j.owner, j.tries, storage.Micros(now.Add(rest)), storage.Micros(now), code, fault))
}

func postpone(ctx context.Context, tx *storage.Tx, queue string, j *job, now time.Time, rest time.Duration, cause error) (bool, error) {
	code, fault := told(cause)
	return changed(tx.ExecContext(ctx, `update work_jobs set owner = '', due = $5, put = $6, code = $7, fault = $8`+ours,
		queue, j.ref, j.owner, j.tries, storage.Micros(now.Add(rest)), storage.Micros(now), code, fault))
}

func putAside(ctx context.Context, tx *storage.Tx, queue string, j *job, now time.Time, cause error) (bool, error) {
	code, fault := told(cause)
	return changed(tx.ExecContext(ctx, `update work_jobs set owner = '', dead = $5, code = $6, fault = $7`+ours,
		queue, j.ref, j.owner, j.tries, storage.Micros(now), code, fault))
}

// round lets the job of a schedule rest until its next round.
func round(ctx context.Context, tx *storage.Tx, queue string, j *job, now, next time.Time) (bool, error) {
	return changed(tx.ExecContext(ctx, `update work_jobs set owner = '', tries = 0, code = '', fault = '', due = $5, put = $6`+ours,
		queue, j.ref, j.owner, j.tries, storage.Micros(next), storage.Micros(now)))
}

// revive lets a job be tried once more that was put aside.
func revive(ctx context.Context, tx *storage.Tx, queue, ref string, now time.Time) (bool, error) {
	tx.Signal(signal(queue))
	return changed(tx.ExecContext(ctx, `update work_jobs set due = $3, put = $3, dead = 0, again = tries where queue = $1 and ref = $2 and dead > 0`, queue, ref, storage.Micros(now)))
}

// changed reports whether a statement changed anything.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// shorten makes text that PostgreSQL accepts and a person can read.
func shorten(fault string) string {
	fault = strings.ReplaceAll(fault, "\x00", "")
	return strings.ToValidUTF8(fault[:min(len(fault), maxFault)], "")
}
