package work

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"dobosh/internal/storage"
)

// atOnce is how many rows one statement writes.
const atOnce = 100

// AddAll is [Queue.Add] for many jobs that stand in no line, at less cost. refs and jobs
// belong together.
func (q *Queue[J]) AddAll(ctx context.Context, tx *storage.Tx, refs []string, jobs []J) error {
	now := q.runner.now()
	return q.addAll(ctx, tx, refs, jobs, func(int) (due, put time.Time) { return now, now })
}

// AddAllAt is AddAll where each job waits for an instant of its own, as with [At].
func (q *Queue[J]) AddAllAt(ctx context.Context, tx *storage.Tx, refs []string, jobs []J, at []time.Time) error {
	if len(at) != len(jobs) {
		return fmt.Errorf("%d jobs of queue %s with %d instants", len(jobs), q.Name, len(at))
	}
	return q.addAll(ctx, tx, refs, jobs, func(i int) (due, put time.Time) { return at[i], time.Time{} })
}

func (q *Queue[J]) addAll(ctx context.Context, tx *storage.Tx, refs []string, jobs []J, when func(i int) (due, put time.Time)) error {
	if q.runner == nil || q.Order != nil || len(refs) != len(jobs) {
		return fmt.Errorf("queue %s was not registered, or has an order: its jobs are added one by one", q.Name)
	}
	if len(jobs) == 0 {
		return nil
	}
	now := q.runner.now()
	for at := 0; at < len(jobs); at += atOnce {
		end := min(at+atOnce, len(jobs))
		args := []any{q.Name, storage.Micros(now)}
		var places []string
		for i := at; i < end; i++ {
			text, err := json.Marshal(jobs[i])
			if err != nil {
				return fmt.Errorf("job of %s: %w", q.Name, err)
			}
			if refs[i] == "" || len(refs[i]) > maxRef || len(text) > maxJob {
				return fmt.Errorf("job of %s: a ref of %d and a job of %d bytes", q.Name, len(refs[i]), len(text))
			}
			lane := 0
			if q.Lane != nil {
				lane = min(max(q.Lane(jobs[i]), 0), max(q.Lanes, 1)-1)
			}
			n := len(args)
			due, put := when(i)
			args = append(args, refs[i], string(text), lane, tx.Sequence(), storage.Micros(due), micros(put))
			places = append(places, fmt.Sprintf("($1, $%d, $%d, '', $%d, $%d, $2, $%d, $%d)", n+1, n+2, n+3, n+4, n+5, n+6))
		}
		_, err := tx.ExecContext(ctx, `insert into work_jobs (queue, ref, job, line, lane, place, added, due, put) values `+strings.Join(places, ", ")+` on conflict (queue, ref) do nothing`, args...)
		if err != nil {
			return fmt.Errorf("add jobs of %s: %w", q.Name, err)
		}
	}
	tx.Signal(signal(q.Name))
	return nil
}

// DoneAll is [Try.Done] for many tries whose jobs stand in no line, at less cost. It gives the
// refs of those that were ours; the others were taken over, and nothing more is to be
// written of them.
func (q *Queue[J]) DoneAll(ctx context.Context, tx *storage.Tx, tries []*Try[J]) (ours map[string]bool, err error) {
	type begun struct {
		owner string
		tries int
	}
	alike := map[begun][]string{}
	for _, t := range tries {
		key := begun{t.row.owner, t.row.tries}
		alike[key] = append(alike[key], t.Ref)
	}
	ours = map[string]bool{}
	for key, refs := range alike {
		for some := range slices.Chunk(refs, atOnce) {
			in := storage.Among("ref", some...)
			n := len(in.Args)
			rows, err := tx.QueryContext(ctx, fmt.Sprintf(`delete from work_jobs where %s and queue = $%d and owner = $%d and tries = $%d and dead = 0 returning ref`, in.Where, n+1, n+2, n+3),
				append(in.Args, q.Name, key.owner, key.tries)...)
			gone, err := storage.All(rows, err, func(scan storage.Scan) (ref string, err error) { return ref, scan(&ref) })
			if err != nil {
				return nil, fmt.Errorf("end jobs of %s: %w", q.Name, err)
			}
			for _, ref := range gone {
				ours[ref] = true
			}
		}
	}
	tx.AfterCommit(func() {
		for _, t := range tries {
			if ours[t.Ref] {
				t.settled.Store(true)
			}
		}
	})
	return ours, nil
}
