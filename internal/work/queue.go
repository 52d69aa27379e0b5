package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"slices"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// None is the job of a queue in which the ref says everything.
type None struct{}

// Queue is one kind of work. The fields stand still once it is registered.
type Queue[J any] struct {
	// Name is that of the room and what is done: "services.seal". It stands in the
	// table, so it never changes.
	Name string
	// Workers is how many jobs are done at once in a process; 0 for 1.
	Workers int
	// Order gives the line in which a job stands; nil, or an empty line, where it
	// need not wait for any other.
	Order func(J) string
	// Lane gives the lane of a job, from 0 to Lanes-1: of those that are due the
	// lower goes first. Nil for one lane.
	Lane  func(J) int
	Lanes int
	// Retry is the pause after so many tries; nil for half a second, doubling up to
	// five minutes.
	Retry Retry
	// Timeout bounds a try; 0 for three minutes. A Do that is not to be bounded so
	// names a time of its own.
	Timeout time.Duration
	// Attempts is how often a job is tried before it is put aside; 0 for ever.
	Attempts int
	// Do does a job. It returns nil when there is nothing left to do; where it
	// changes the database it ends with [Try.End], in one transaction. It returns
	// [NotYet] where it has to wait for something.
	Do func(ctx context.Context, t *Try[J]) error
	// DoAll does up to Batch jobs together instead, where that is cheaper, and
	// settles each of them. Its error is that of the queue, not of a job: nothing
	// more of it is begun before a pause, see [Rest], and the jobs that were not
	// settled go back as if they had not been begun.
	DoAll func(ctx context.Context, tries []*Try[J]) error
	Batch int
	// ByHand is for a queue without workers: whoever carries a line takes its jobs
	// with [Queue.Take], when it is their turn.
	ByHand bool
	// Aside is called in the transaction that puts a job aside; nil for nothing.
	Aside func(ctx context.Context, tx *storage.Tx, t *Try[J], cause error) error

	runner *Runner // set once by Register
}

// Bounds of what stands in a row.
const (
	maxRef   = 1100 // an event is named by its source and its id
	maxJob   = 1 << 20
	maxFault = 4000
)

var queueName = regexp.MustCompile(`^[a-z][a-z0-9.-]{0,63}$`)

// dispatch implements [Work].
func (q *Queue[J]) dispatch(r *Runner) *dispatcher {
	switch {
	case !queueName.MatchString(q.Name):
		panic(fmt.Sprintf("work: %q is no name of a queue", q.Name))
	case q.ByHand && (q.Do != nil || q.DoAll != nil), !q.ByHand && (q.Do == nil) == (q.DoAll == nil), q.DoAll != nil && q.Batch < 1:
		panic(fmt.Sprintf("work: queue %s needs one of Do, DoAll with a Batch, and ByHand", q.Name))
	case q.runner != nil:
		panic(fmt.Sprintf("work: queue %s was registered before", q.Name))
	}
	q.Workers, q.Lanes = max(q.Workers, 1), max(q.Lanes, 1)
	if q.Retry == nil {
		q.Retry = Doubling(500*time.Millisecond, 5*time.Minute)
	}
	if q.Timeout == 0 {
		q.Timeout = 3 * time.Minute
	}
	q.runner = r
	if q.ByHand {
		return &dispatcher{Runner: r, queue: q.Name}
	}
	if q.DoAll != nil {
		return &dispatcher{Runner: r, queue: q.Name, lanes: q.Lanes, workers: q.Workers, limit: q.Batch, batch: q.Batch, together: true, do: q.all}
	}
	return &dispatcher{Runner: r, queue: q.Name, lanes: q.Lanes, workers: q.Workers, limit: claimLimit, batch: 1, do: q.one}
}

// Add adds a job in the transaction of its room. One with the same ref is one.
func (q *Queue[J]) Add(ctx context.Context, tx *storage.Tx, ref string, j J, options ...Option) error {
	if q.runner == nil {
		return fmt.Errorf("queue %s was not registered", q.Name)
	}
	text, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("job of %s: %w", q.Name, err)
	}
	if ref == "" || len(ref) > maxRef || len(text) > maxJob {
		return fmt.Errorf("job of %s: a ref of %d and a job of %d bytes", q.Name, len(ref), len(text))
	}
	now := q.runner.now()
	row := job{ref: ref, text: string(text), due: now, put: now, place: tx.Sequence()}
	if q.Order != nil {
		row.line = q.Order(j)
	}
	if q.Lane != nil {
		row.lane = min(max(q.Lane(j), 0), max(q.Lanes, 1)-1)
	}
	for _, option := range options {
		option(&row)
	}
	if row.tries > 0 && row.dead.IsZero() {
		row.due = now.Add(q.Retry(row.tries))
	}
	if err := insert(ctx, tx, q.Name, row, now); err != nil {
		return fmt.Errorf("add a job of %s: %w", q.Name, err)
	}
	tx.Signal(signal(q.Name))
	return nil
}

// Option says more of a job that is added.
type Option func(*job)

// At lets a job wait for an instant that stands by itself, like the end of a
// term, whatever the clock shows now.
func At(due time.Time) Option {
	return func(j *job) { j.due, j.put = due, time.Time{} }
}

// In lets a job wait for a while.
func In(d time.Duration) Option {
	return func(j *job) { j.due = j.put.Add(d) }
}

// After is for a job that was tried elsewhere, with this error, before it came
// into the queue; it rests as if that had been here.
func After(err error) Option {
	return func(j *job) { j.tries = 1; j.code, j.fault = told(err) }
}

// Aside is for a job that was tried elsewhere so often that it comes into the
// queue as one that is put aside.
func Aside(err error, tries int) Option {
	return func(j *job) { j.dead, j.tries = j.put, tries; j.code, j.fault = told(err) }
}

// Remove takes a job out of the queue, whoever does it, and reports whether it
// was there: somebody else has done what it asks for.
func (q *Queue[J]) Remove(ctx context.Context, tx *storage.Tx, ref string) (was bool, err error) {
	if q.Order != nil {
		tx.Signal(signal(q.Name)) // the next of its line may begin
	}
	return changed(tx.ExecContext(ctx, `delete from work_jobs where queue = $1 and ref = $2`, q.Name, ref))
}

// TryAgain is [Runner.TryAgain] in a transaction of the room, and reports whether
// there was such a job.
func (q *Queue[J]) TryAgain(ctx context.Context, tx *storage.Tx, ref string) (was bool, err error) {
	return revive(ctx, tx, q.Name, ref, q.runner.now())
}

// TryLineAgain is TryAgain for all jobs of a line that were put aside.
func (q *Queue[J]) TryLineAgain(ctx context.Context, tx *storage.Tx, line string) error {
	tx.Signal(signal(q.Name))
	_, err := tx.ExecContext(ctx, `update work_jobs set due = $3, put = $3, dead = 0, again = tries where queue = $1 and line = $2 and line <> '' and dead > 0`, q.Name, line, storage.Micros(q.runner.now()))
	return err
}

// RemoveLine takes all jobs of a line out of the queue.
func (q *Queue[J]) RemoveLine(ctx context.Context, tx *storage.Tx, line string) error {
	_, err := tx.ExecContext(ctx, `delete from work_jobs where queue = $1 and line = $2 and line <> ''`, q.Name, line)
	return err
}

// CountOf is an SQL expression for the number of jobs in the line that a column
// names, put aside or not.
func (q *Queue[J]) CountOf(column string) string {
	return `(select count(*) from work_jobs where queue = '` + q.Name + `' and line = ` + column + ` and line <> '')`
}

// Take takes the first job of a line that is due, in a queue that goes by hand;
// none is nil. The one who takes it ends it, has it fail, or gives it back; what they
// could not say of one before, while the database was away, they take again.
func (q *Queue[J]) Take(ctx context.Context, line string) (t *Try[J], err error) {
	now := storage.Micros(q.runner.now())
	const due = ` from work_jobs where queue = $1 and line = $2 and line <> '' and owner in ('', $4) and dead = 0 and due <= $3`
	owner := *q.runner.owner.Load()
	var n int
	if err := q.runner.db.Read(ctx).QueryRowContext(ctx, `select count(*) from (select 1`+due+` limit 1) as due`, q.Name, line, now, owner).Scan(&n); err != nil || n == 0 {
		return nil, err
	}
	var taken []*job
	err = q.runner.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		rows, err := tx.QueryContext(ctx, `update work_jobs set owner = $4, tries = tries + 1
			where queue = $1 and owner in ('', $4) and dead = 0 and exists (select 1 from work_owners where owner = $4)
			and ref in (select ref`+due+` order by place limit 1) returning `+jobColumns, q.Name, line, now, owner)
		taken, err = storage.All(rows, err, func(scan storage.Scan) (*job, error) {
			j, err := scanRow(scan)
			return &j, err
		})
		return err
	})
	if err != nil || len(taken) == 0 {
		return nil, err
	}
	return q.try(ctx, taken[0])
}

// Job is a job as others see it.
type Job[J any] struct {
	Ref   string
	Place int64 // in its line
	Job   J
	Added time.Time
	Due   time.Time
	Tries int
	Code  string    // problem of the last try; empty before one failed
	Fault string    // its error, for engineers
	Dead  time.Time // when it was put aside; zero while it is tried
}

// Find gives a job, or storage.ErrNotFound.
func (q *Queue[J]) Find(ctx context.Context, from storage.Reader, ref string) (Job[J], error) {
	rows, err := from.QueryContext(ctx, `select `+jobColumns+` from work_jobs where queue = $1 and ref = $2`, q.Name, ref)
	return storage.One(rows, err, scanJob[J])
}

// Line gives the jobs of a line behind a place, in their order.
func (q *Queue[J]) Line(ctx context.Context, from storage.Reader, line string, after int64, limit int) ([]Job[J], error) {
	rows, err := from.QueryContext(ctx, `select `+jobColumns+` from work_jobs where queue = $1 and line = $2 and line <> '' and place > $3 order by place limit $4`, q.Name, line, after, limit)
	return storage.All(rows, err, scanJob[J])
}

func scanJob[J any](scan storage.Scan) (found Job[J], err error) {
	var row job
	if row, err = scanRow(scan); err != nil {
		return found, err
	}
	found = Job[J]{Ref: row.ref, Place: row.place, Added: row.added, Due: row.due, Tries: row.tries, Code: row.code, Fault: row.fault, Dead: row.dead}
	return found, json.Unmarshal([]byte(row.text), &found.Job)
}

// one does one job.
func (q *Queue[J]) one(ctx context.Context, jobs []*job) error {
	t, err := q.try(ctx, jobs[0])
	if t == nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, q.Timeout)
	defer cancel()
	err = calmly(func() error { return q.Do(within, t) })
	switch {
	case t.settled.Load() || errors.Is(err, ErrGone):
		return nil
	case err == nil:
		return t.End(context.WithoutCancel(ctx), nil) // it is done, even if the process ends
	case ctx.Err() != nil:
		return nil // the process ends, and its jobs go back
	}
	if w, ok := errors.AsType[*waitError](err); ok {
		return t.wait(ctx, w)
	}
	return t.Fail(ctx, err)
}

// all does jobs together.
func (q *Queue[J]) all(ctx context.Context, jobs []*job) error {
	tries := make([]*Try[J], 0, len(jobs))
	for _, j := range jobs {
		switch t, err := q.try(ctx, j); {
		case err != nil:
			return err
		case t != nil:
			tries = append(tries, t)
		}
	}
	within, cancel := context.WithTimeout(ctx, q.Timeout)
	defer cancel()
	fault := calmly(func() error { return q.DoAll(within, tries) })
	if ctx.Err() != nil {
		return nil
	}
	left := slices.DeleteFunc(tries, func(t *Try[J]) bool { return t.settled.Load() })
	if len(left) > 0 {
		err := q.runner.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			for _, t := range left {
				if err := q.runner.giveBack(ctx, tx, q.Name, t.row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if fault != nil {
		return Rest(fault, RestOf(fault, q.Retry(1)))
	}
	return nil
}

// try reads a job. One that cannot be read is put aside, as is one whose process
// ended during its last try: then there is none.
func (q *Queue[J]) try(ctx context.Context, j *job) (*Try[J], error) {
	t := &Try[J]{Ref: j.ref, Tries: j.tries, Added: j.added, queue: q, row: j}
	err := json.Unmarshal([]byte(j.text), &t.Job)
	if err == nil && q.Attempts > 0 && j.tries > max(q.Attempts, j.again+1) {
		err = errors.New("the process ended during the last try")
	}
	if err != nil {
		return nil, t.Fail(ctx, Final(err))
	}
	return t, nil
}

// calmly turns a panic into an error.
func calmly(do func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return do()
}

// told is what of an error is kept.
func told(err error) (code, fault string) {
	return problem.Of(err).Code, shorten(err.Error())
}
