package turnstile_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/exchange/turnstile"
	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// TestMain finds goroutines that a turnstile left behind.
func TestMain(m *testing.M) { testkit.NoneLeft(m) }

var morning = time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)

// window is for how long time stamps are accepted in these tests.
const window = 10 * time.Minute

// node is one of several on a database.
type node struct {
	*turnstile.Turnstile
	stop func()
}

// join starts a node; it stops at the end of the test, or before.
func join(t *testing.T, db *storage.DB, now clock.Now) node {
	t.Helper()
	n := node{Turnstile: turnstile.New(db, window, now, slog.New(slog.NewTextHandler(t.Output(), nil)))}
	if err := n.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { n.Run(ctx) })
	n.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(n.stop)
	return n
}

func ask(id string, quota int) turnstile.Request {
	return turnstile.Request{Member: "RS/GOV/CITY", ID: id, Account: "births", Quota: quota}
}

func wants(t *testing.T, n node, id string, quota int, want turnstile.Verdict) {
	t.Helper()
	if got := n.Pass(ask(id, quota)); got != want {
		t.Errorf("request %s: verdict %d, want %d", id, got, want)
	}
}

// One node knows what it took, for as long as it must, on both engines.
func TestOneNode(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		now := clock.NewManual(morning)
		n := join(t, open(turnstile.Migrations()), now.Now)
		wants(t, n, "1", 2, turnstile.Passed)
		wants(t, n, "1", 2, turnstile.Replayed)
		wants(t, n, "2", 2, turnstile.Passed)
		wants(t, n, "3", 2, turnstile.Exhausted)
		wants(t, n, "3", 2, turnstile.Replayed)
		wants(t, n, "4", 0, turnstile.Passed) // no quota
		now.Advance(window)
		wants(t, n, "4", 0, turnstile.Replayed)
		if used := n.Used(); used["births"] != 2 {
			t.Errorf("used: %v", used)
		}
		now.Advance(24 * time.Hour)
		wants(t, n, "5", 2, turnstile.Passed)
		wants(t, n, "5", 2, turnstile.Replayed)
	})
}

// An id is remembered for its member, and no longer than it must be.
func TestWhatIsForgotten(t *testing.T) {
	now := clock.NewManual(morning)
	n := node{Turnstile: turnstile.New(nil, window, now.Now, slog.New(slog.DiscardHandler))}
	first := func(member, id string) bool {
		return n.Pass(turnstile.Request{Member: member, ID: id}) == turnstile.Passed
	}
	if !first("city", "1") || first("city", "1") || !first("state", "1") {
		t.Fatal("an id is remembered for its member")
	}
	for range 2 {
		now.Advance(-time.Hour) // a clock that is set back makes nothing forgotten
		if first("city", "1") {
			t.Fatal("forgotten when the clock went back")
		}
	}
	now.Advance(window)
	if first("city", "1") {
		t.Fatal("forgotten within the window")
	}
	for range 2 {
		now.Advance(window + time.Minute)
		first("city", "2")
	}
	if !first("city", "1") || n.Remembered() > 4 {
		t.Fatal("never forgotten")
	}
}

// A node that is alone writes nothing: its requests cost the database no statement.
func TestANodeAloneWritesNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		db := open(turnstile.Migrations())
		n := join(t, db, clock.NewManual(morning).Now)
		for i := range 100 {
			wants(t, n, fmt.Sprint(i), 1000, turnstile.Passed)
		}
		if asked, counted := rows(t, db); asked != 0 || counted != 0 {
			t.Errorf("%d rows of requests, %d of counts", asked, counted)
		}
	})
}

func rows(t *testing.T, db *storage.DB) (asked, counted int) {
	t.Helper()
	if err := db.Read(t.Context()).QueryRowContext(t.Context(), `select (select count(*) from exchange_asked), (select count(*) from exchange_counted)`).Scan(&asked, &counted); err != nil {
		t.Fatal(err)
	}
	return asked, counted
}

// several is a database of PostgreSQL and what opens it for one more node, as another
// process would.
func several(t *testing.T) (open func(...fs.FS) *storage.DB, now *clock.Manual) {
	t.Helper()
	return testkit.Database(t, storage.Postgres), clock.NewManual(morning)
}

// What one node counted while it was alone holds for the second, from its first
// request on; a quota of N has N answers through both, at the same time.
func TestTwoNodesCountTogether(t *testing.T) {
	open, now := several(t)
	one := join(t, open(turnstile.Migrations()), now.Now)
	const quota, before = 150, 20
	for i := range before {
		wants(t, one, fmt.Sprint("before ", i), quota, turnstile.Passed)
	}
	two := join(t, open(turnstile.Migrations()), now.Now)
	for i := range before {
		wants(t, two, fmt.Sprint("before ", i), quota, turnstile.Replayed)
	}

	var passed, refused atomic.Int64
	var asking sync.WaitGroup
	for i := range 2 * quota {
		asking.Go(func() {
			switch n := []node{one, two}[i%2]; n.Pass(ask(fmt.Sprint("then ", i), quota)) {
			case turnstile.Passed:
				passed.Add(1)
			case turnstile.Exhausted:
				refused.Add(1)
			}
		})
	}
	asking.Wait()
	if passed.Load() != quota-before || refused.Load() != quota+before {
		t.Errorf("%d passed and %d were refused, of a quota of %d after %d", passed.Load(), refused.Load(), quota, before)
	}
	for i := range 2 * quota {
		if []node{two, one}[i%2].Pass(ask(fmt.Sprint("then ", i), quota)) == turnstile.Passed {
			t.Errorf("request %d passes a second time", i)
		}
	}
	for _, n := range []node{one, two} {
		if used := n.Used(); used["births"] != quota {
			t.Errorf("used: %v", used)
		}
	}
}

// The same message to both nodes at the same time is taken by one of them.
func TestOneOfTwoNodesTakesAMessage(t *testing.T) {
	open, now := several(t)
	nodes := []node{join(t, open(turnstile.Migrations()), now.Now), join(t, open(turnstile.Migrations()), now.Now)}
	var passed atomic.Int64
	var asking sync.WaitGroup
	for i := range 200 {
		for _, n := range nodes {
			asking.Go(func() {
				if n.Pass(ask(fmt.Sprint(i), 0)) == turnstile.Passed {
					passed.Add(1)
				}
			})
		}
	}
	asking.Wait()
	if passed.Load() != 200 {
		t.Errorf("200 messages were taken %d times", passed.Load())
	}
}

// A node that is gone holds nothing of the quota back, and what it took stays taken,
// also for one that starts when all are gone.
func TestANodeThatIsGoneHoldsNothingBack(t *testing.T) {
	open, now := several(t)
	db := open(turnstile.Migrations())
	one, two := join(t, open(turnstile.Migrations()), now.Now), join(t, db, now.Now)
	for i := range 5 {
		wants(t, one, fmt.Sprint("one ", i), 10, turnstile.Passed)
	}
	one.stop()
	for i := range 3 {
		wants(t, two, fmt.Sprint("two ", i), 10, turnstile.Passed)
	}
	two.stop()
	three := join(t, db, now.Now)
	wants(t, three, "one 1", 10, turnstile.Replayed)
	wants(t, three, "three 1", 10, turnstile.Passed)
	wants(t, three, "three 2", 10, turnstile.Passed)
	wants(t, three, "three 3", 10, turnstile.Exhausted)
}

// What is over is dropped, and nothing else.
func TestForget(t *testing.T) {
	open, now := several(t)
	db := open(turnstile.Migrations())
	one, two := join(t, open(turnstile.Migrations()), now.Now), join(t, db, now.Now)
	wants(t, one, "old", 10, turnstile.Passed)
	now.Advance(48 * time.Hour)
	wants(t, two, "new", 10, turnstile.Passed)
	if err := one.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if asked, counted := rows(t, db); asked != 1 || counted != 1 {
		t.Errorf("%d rows of requests, %d of counts", asked, counted)
	}
	wants(t, one, "new", 10, turnstile.Replayed)
}

// While the database is away each node goes on for itself, within what it knows of the
// quota; what it took then is known to the other when the database is back.
func TestTheDatabaseIsAway(t *testing.T) {
	server, now := testkit.PostgresToKill(t), clock.NewManual(morning)
	open := func() *storage.DB {
		db := testkit.Must[*storage.DB](t)(storage.Open(t.Context(), storage.Config{Engine: storage.Postgres, URL: server.URL()}, slog.New(slog.DiscardHandler), turnstile.Migrations()))
		t.Cleanup(func() { _ = db.Close() }) // the server may be gone
		return db
	}
	one, two := join(t, open(), now.Now), join(t, open(), now.Now)
	wants(t, one, "1", 4, turnstile.Passed)
	wants(t, two, "2", 4, turnstile.Passed)
	server.Kill()
	wants(t, two, "3", 4, turnstile.Passed)
	wants(t, two, "3", 4, turnstile.Replayed)
	wants(t, two, "4", 4, turnstile.Passed)
	wants(t, two, "5", 4, turnstile.Exhausted)
	server.Start()
	testkit.Eventually(t, "what was taken meanwhile is in the database", func() bool {
		db := open()
		defer func() { _ = db.Close() }() // only read
		var taken int
		err := db.Read(t.Context()).QueryRowContext(t.Context(), `select taken from exchange_counted`).Scan(&taken)
		return err == nil && taken == 4
	})
	testkit.Eventually(t, "both remember together again", func() bool { return one.Together() && two.Together() })
	wants(t, one, "3", 9, turnstile.Replayed)
	wants(t, one, "6", 5, turnstile.Passed)
	wants(t, two, "7", 5, turnstile.Exhausted)
}

// Nodes that leave and come while others ask lose no request and answer none twice.
func TestNodesComeAndGo(t *testing.T) {
	open, now := several(t)
	one := join(t, open(turnstile.Migrations()), now.Now)
	var passed atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	asking.Go(func() {
		for i := 0; clock.Pause(ctx, 100*time.Microsecond) == nil; i++ { // or it would be alone with millions
			if one.Pass(ask(fmt.Sprint(i), 1<<30)) == turnstile.Passed {
				passed.Add(1)
			}
		}
	})
	for range 5 {
		other := join(t, open(turnstile.Migrations()), now.Now)
		seen := passed.Load()
		testkit.Eventually(t, "the first goes on", func() bool { return passed.Load() > seen+5 })
		for i := range min(50, passed.Load()) {
			wants(t, other, fmt.Sprint(i), 1<<30, turnstile.Replayed)
		}
		other.stop()
	}
	cancel()
	asking.Wait()
	if used := one.Used()["births"]; used != int(passed.Load()) {
		t.Errorf("%d were counted of %d", used, passed.Load())
	}
}
