package work_test

import (
	"context"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

func TestMain(m *testing.M) { testkit.NoneLeft(m) }

// results is a table that jobs write into: each row is something that was done.
func results() fs.FS {
	return fstest.MapFS{"9901_results.sql": {Data: []byte(`create table results (n bigint not null, ref text not null)`)}}
}

// rig is one database and the processes on it.
type rig struct {
	testing.TB
	open  func() *storage.DB
	db    *storage.DB
	clock *clock.Manual
}

func newRig(tb testing.TB, engine string) *rig {
	open := testkit.Database(tb, engine)
	r := &rig{TB: tb, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))}
	r.open = func() *storage.DB { return open(work.Migrations(), results()) }
	r.db = r.open()
	return r
}

// process is another process of a node, with its work; it has begun.
func (r *rig) process(node string, db *storage.DB, of ...work.Work) *work.Runner {
	r.Helper()
	runner := r.idle(node, db, of...)
	r.must(runner.Begin(r.Context()))
	return runner
}

func (r *rig) idle(node string, db *storage.DB, of ...work.Work) *work.Runner {
	runner := work.New(db, r.clock.Now, slog.New(slog.NewTextHandler(r.Output(), nil)), node)
	runner.Register(of...)
	return runner
}

// running lets a runner run until stop is called, which waits for its end.
func (r *rig) running(runner *work.Runner) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runner.Run(ctx)
	}()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	r.Cleanup(stop)
	return stop
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) write(fn func(ctx context.Context, tx *storage.Tx) error) {
	r.Helper()
	r.must(r.db.Write(r.Context(), fn))
}

func (r *rig) due(runner *work.Runner, want int) {
	r.Helper()
	n, err := runner.RunDue(r.Context())
	r.must(err)
	if n != want {
		r.Errorf("%d jobs were due, want %d", n, want)
	}
}

// done writes down that something was done.
func done(ref string) func(context.Context, *storage.Tx) error {
	return func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into results (n, ref) values ($1, $2)`, tx.Sequence(), ref)
		return err
	}
}

// results are the refs that were done, in order.
func (r *rig) results() []string {
	r.Helper()
	rows, err := r.db.Read(r.Context()).QueryContext(r.Context(), `select ref from results order by n`)
	refs, err := storage.All(rows, err, func(scan storage.Scan) (ref string, err error) { return ref, scan(&ref) })
	r.must(err)
	return refs
}

func (r *rig) wantResults(want ...string) {
	r.Helper()
	if got := r.results(); !slices.Equal(got, want) {
		r.Errorf("done: %q, want %q", got, want)
	}
}

// writing is a queue whose jobs write their ref down.
func writing(name string) *work.Queue[work.None] {
	return &work.Queue[work.None]{Name: name, Do: func(ctx context.Context, t *work.Try[work.None]) error {
		return t.End(ctx, done(t.Ref))
	}}
}

func add[J any](r *rig, q *work.Queue[J], ref string, j J, options ...work.Option) {
	r.Helper()
	r.write(func(ctx context.Context, tx *storage.Tx) error { return q.Add(ctx, tx, ref, j, options...) })
}

func nolog() *slog.Logger { return slog.New(slog.DiscardHandler) }
