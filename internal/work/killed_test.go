package work_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// PostgreSQL is killed while a process has jobs in its hands, so that their ends
// cannot be written, and while it claims. It goes on with all of them in seconds,
// without a new start; each is done once.
func TestJobsGoOnAfterPostgresWasKilled(t *testing.T) {
	server := testkit.PostgresToKill(t)
	config := storage.Config{Engine: storage.Postgres, URL: server.URL()}
	db := testkit.Must[*storage.DB](t)(storage.Open(t.Context(), config, nolog(), work.Migrations(), results()))
	t.Cleanup(func() { _ = db.Close() }) // the test is over
	r := &rig{TB: t, db: db}
	const jobs = 40
	var begun atomic.Int64
	killed := make(chan struct{})
	q := &work.Queue[work.None]{Name: "killed", Workers: 20, Retry: work.Doubling(10*time.Millisecond, 100*time.Millisecond), Do: func(ctx context.Context, t *work.Try[work.None]) error {
		begun.Add(1)
		<-killed
		return t.End(ctx, done(t.Ref))
	}}
	runner := work.New(db, time.Now, nolog(), "n1")
	runner.Pace(20*time.Millisecond, 50*time.Millisecond, time.Minute)
	runner.Register(q)
	r.running(runner)
	for i := range jobs {
		add(r, q, fmt.Sprintf("j%02d", i), work.None{})
	}
	testkit.Eventually(t, "jobs are in its hands", func() bool { return begun.Load() >= 20 })
	server.Kill()
	close(killed)
	time.Sleep(200 * time.Millisecond) // more of them fail to end, and no claim gets through
	server.Start()
	testkit.Succeeds(t, "all are done", func() error {
		var n, left int
		err := db.Read(t.Context()).QueryRowContext(t.Context(), `select (select count(distinct ref) from results), (select count(*) from work_jobs where queue = 'killed')`).Scan(&n, &left)
		if err == nil && (n < jobs || left > 0) {
			err = fmt.Errorf("%d are done, %d are left", n, left)
		}
		return err
	})
	if got := r.results(); len(got) != jobs {
		t.Errorf("%d were done, want %d, each once", len(got), jobs)
	}
}
