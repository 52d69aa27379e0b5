package storage_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// shifts is what anomalies show on: doctors on call, of whom one must stay; sums that
// must not be exceeded; names that are taken once.
var shifts = fstest.MapFS{"0902_shifts.sql": {Data: []byte(`
	create table doctors (id bigint primary key, on_call bigint not null);
	create table spent (id text primary key, amount bigint not null);
	create table taken (id text primary key, name text not null);
	create table counters (id text primary key, n bigint not null);
`)}}

// What a Write excludes, on both engines, and between processes on PostgreSQL: lost
// updates, write skew, and phantoms. None of it has to be repeated.
func TestWritesExcludeAnomalies(t *testing.T) {
	worlds := map[string]func(t *testing.T) []*storage.DB{
		"sqlite":   func(t *testing.T) []*storage.DB { return []*storage.DB{testkit.Database(t, storage.SQLite)(shifts)} },
		"postgres": func(t *testing.T) []*storage.DB { return []*storage.DB{testkit.Database(t, storage.Postgres)(shifts)} },
		"two processes": func(t *testing.T) []*storage.DB {
			open := testkit.Database(t, storage.Postgres)
			return []*storage.DB{open(shifts), open(shifts)}
		},
	}
	for name, world := range worlds {
		t.Run(name, func(t *testing.T) {
			dbs := world(t)
			const writers, rounds, limit = 8, 30, 100
			begin := func(ctx context.Context, tx *storage.Tx) error {
				_, err := tx.ExecContext(ctx, `insert into doctors (id, on_call) values (1, 1), (2, 1)`)
				_, err2 := tx.ExecContext(ctx, `insert into counters (id, n) values ('c', 0)`)
				return errors.Join(err, err2)
			}
			if err := dbs[0].Write(t.Context(), begin); err != nil {
				t.Fatal(err)
			}
			var runs atomic.Int64
			var group sync.WaitGroup
			for w := range writers {
				group.Go(func() {
					for round := range rounds {
						for _, write := range []func(context.Context, *storage.Tx) error{
							leaveCall(int64(w%2 + 1)), spend(fmt.Sprintf("%d-%d", w, round), limit), takeName(fmt.Sprintf("%d-%d", w, round)), count,
						} {
							if err := dbs[w%len(dbs)].Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
								runs.Add(1)
								return write(ctx, tx)
							}); err != nil {
								t.Error(err)
							}
						}
					}
				})
			}
			group.Wait()
			ask := func(query string) (n int) {
				if err := dbs[0].Read(t.Context()).QueryRowContext(t.Context(), query).Scan(&n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			if n := ask(`select sum(amount) from spent`); n != limit {
				t.Errorf("phantoms: %d were spent of %d", n, limit)
			}
			if n, all := ask(`select count(distinct name) from taken`), ask(`select count(*) from taken`); n != all || n != 10 {
				t.Errorf("phantoms: %d names are taken %d times, want 10, each once", n, all)
			}
			if n := ask(`select n from counters`); n != writers*rounds {
				t.Errorf("lost updates: counted to %d, want %d", n, writers*rounds)
			}
			if n := runs.Load(); n != 4*writers*rounds {
				t.Errorf("%d runs for %d writes: some were repeated", n, 4*writers*rounds)
			}
		})
	}
}

// leaveCall takes a doctor off the call if another stays, and back on otherwise.
func leaveCall(id int64) func(context.Context, *storage.Tx) error {
	return func(ctx context.Context, tx *storage.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `select count(*) from doctors where on_call = 1`).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			return errors.New("write skew: nobody is on call")
		}
		on := 0
		if n < 2 {
			on = 1
		}
		_, err := tx.ExecContext(ctx, `update doctors set on_call = $1 where id = $2`, on, id)
		return err
	}
}

func spend(id string, limit int) func(context.Context, *storage.Tx) error {
	return func(ctx context.Context, tx *storage.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `select coalesce(sum(amount), 0) from spent`).Scan(&n); err != nil || n >= limit {
			return err
		}
		_, err := tx.ExecContext(ctx, `insert into spent (id, amount) values ($1, 1)`, id)
		return err
	}
}

// takeName takes one of ten names, if nobody has it.
func takeName(id string) func(context.Context, *storage.Tx) error {
	return func(ctx context.Context, tx *storage.Tx) error {
		var n int
		name := "name" + id[len(id)-1:]
		if err := tx.QueryRowContext(ctx, `select count(*) from taken where name = $1`, name).Scan(&n); err != nil || n > 0 {
			return err
		}
		_, err := tx.ExecContext(ctx, `insert into taken (id, name) values ($1, $2)`, id, name)
		return err
	}
}

func count(ctx context.Context, tx *storage.Tx) error {
	var n int
	if err := tx.QueryRowContext(ctx, `select n from counters where id = 'c'`).Scan(&n); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `update counters set n = $1 where id = 'c'`, n+1)
	return err
}

// Writes that fail in the middle of a shared transaction undo themselves, and nobody
// else.
func TestAWriteThatFailsUndoesItselfAlone(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		const writers, rounds = 16, 20
		var group sync.WaitGroup
		for w := range writers {
			group.Go(func() {
				for round := range rounds {
					id := fmt.Sprintf("w%02d-%02d", w, round)
					err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
						if err := add(id)(ctx, tx); err != nil || w%2 == 0 {
							return err
						}
						if round%2 == 0 {
							return errNotNow
						}
						return add(id)(ctx, tx) // there already
					})
					if w%2 == 0 && err != nil {
						t.Errorf("%s: %v", id, err)
					}
					if w%2 == 1 && !errors.Is(err, errNotNow) && !storage.IsUnique(err) {
						t.Errorf("%s: %v", id, err)
					}
				}
			})
		}
		group.Wait()
		var n int
		if err := db.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from notes`).Scan(&n); err != nil || n != writers/2*rounds {
			t.Errorf("%d notes, %v; want %d", n, err, writers/2*rounds)
		}
	})
}

var errNotNow = errors.New("not now")

// opened opens a database with what it says in a log.
func openedAt(t *testing.T, config storage.Config) (*storage.DB, *testkit.Buffer) {
	t.Helper()
	var log testkit.Buffer
	db := testkit.Must[*storage.DB](t)(storage.Open(t.Context(), config, slog.New(slog.NewTextHandler(&log, nil)), notes))
	t.Cleanup(func() { _ = db.Close() }) // some are closed before
	return db, &log
}

// A process that is silent in the middle of a write holds the others up no longer
// than the server allows.
func TestASilentProcessDoesNotHoldOthersUp(t *testing.T) {
	config := testkit.StorageConfig(t, storage.Postgres)
	config.URL += "&idle_in_transaction_session_timeout=300"
	silent, _ := openedAt(t, config)
	other, _ := openedAt(t, config)
	writing, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- silent.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			if err := add("silent")(ctx, tx); err != nil {
				return err
			}
			close(writing)
			<-goOn
			return add("late")(ctx, tx)
		})
	}()
	<-writing
	if err := other.Write(t.Context(), add("other")); err != nil {
		t.Error(err)
	}
	close(goOn)
	if err := testkit.Soon(t, "the silent one ends", ended); err == nil {
		t.Error("the silent one wrote after its turn was over")
	}
	if err := silent.Write(t.Context(), add("again")); err != nil {
		t.Errorf("the silent one does not go on: %v", err)
	}
	wantIDs(t, other, "again", "other")
}

// A statement that takes too long ends; the writes of others in the same transaction
// do not.
func TestALongStatementEnds(t *testing.T) {
	config := testkit.StorageConfig(t, storage.Postgres)
	config.StatementTimeout = 300 * time.Millisecond
	db, _ := openedAt(t, config)
	var group sync.WaitGroup
	for i := range 5 {
		group.Go(func() {
			if err := db.Write(t.Context(), add(fmt.Sprintf("n%d", i))); err != nil {
				t.Error(err)
			}
		})
	}
	err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `select pg_sleep(60)`)
		return err
	})
	group.Wait()
	if err == nil || !strings.Contains(err.Error(), "statement timeout") {
		t.Errorf("the long statement: %v", err)
	}
	wantIDs(t, db, "n0", "n1", "n2", "n3", "n4")
}

// A role that may have four connections: who needs one waits, and the log says so.
func TestARoleWithFewConnections(t *testing.T) {
	server := testkit.PostgresToKill(t)
	server.Do(`create role narrow login connection limit 4; grant all on schema public to narrow`)
	db, log := openedAt(t, storage.Config{Engine: storage.Postgres, URL: server.URLOf("narrow"), Connections: 16})
	load := func(from, to int) {
		var group sync.WaitGroup
		for i := from; i < to; i++ {
			group.Go(func() {
				var n int
				if err := db.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from notes, pg_sleep(0.05)`).Scan(&n); err != nil {
					t.Errorf("a read: %v", err)
				}
			})
			group.Go(func() {
				if err := db.Write(t.Context(), add(fmt.Sprintf("n%d", i))); err != nil {
					t.Errorf("a write: %v", err)
				}
			})
		}
		group.Wait()
	}
	load(0, 40)
	if !strings.Contains(log.String(), "PostgreSQL gives no more connections") {
		t.Errorf("the log does not say why it waits:\n%s", log)
	}
	// After a restart readers must not take what the writer and the signals need.
	server.Kill()
	server.Start()
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 20 {
		readers.Go(func() {
			for ctx.Err() == nil {
				var n int
				_ = db.Read(ctx).QueryRowContext(ctx, `select count(*) from notes, pg_sleep(0.01)`).Scan(&n) // some fail, as the server was killed
			}
		})
	}
	testkit.Succeeds(t, "it writes again", func() error { return db.Write(t.Context(), add("again")) })
	testkit.Succeeds(t, "names are held again", func() error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		hold, err := db.Hold(ctx, "name", storage.Alone)
		if err == nil {
			hold.Release()
		}
		return err
	})
	stop()
	readers.Wait()
	load(100, 110)
	if _, err := storage.Open(t.Context(), storage.Config{Engine: storage.Postgres, URL: server.URL(), Connections: 2}, quiet); err == nil || !strings.Contains(err.Error(), "at least 3") {
		t.Errorf("two connections: %v", err)
	}
}

// The server is killed and comes back: what was acknowledged is there, and the same
// processes go on by themselves.
func TestPostgresIsKilledAndComesBack(t *testing.T) {
	server := testkit.PostgresToKill(t)
	config := storage.Config{Engine: storage.Postgres, URL: server.URL()}
	one, _ := openedAt(t, config)
	other, _ := openedAt(t, config)
	wake, stop := other.Listen("work")
	defer stop()
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	ctx, end := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for w, db := range []*storage.DB{one, one, other, other} {
		group.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id := fmt.Sprintf("w%d-%d", w, i)
				if err := db.Write(ctx, add(id)); err == nil {
					mu.Lock()
					acknowledged[id] = true
					mu.Unlock()
				}
			}
		})
	}
	grows := func(n int) {
		t.Helper()
		mu.Lock()
		before := len(acknowledged)
		mu.Unlock()
		testkit.Eventually(t, "writes are acknowledged", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(acknowledged) >= before+n
		})
	}
	for range 3 {
		grows(40)
		server.Kill()
		server.Start()
	}
	grows(40)
	end()
	group.Wait()
	there := map[string]bool{}
	rows, err := one.Read(t.Context()).QueryContext(t.Context(), `select id from notes`)
	if _, err := storage.All(rows, err, func(scan storage.Scan) (id string, err error) {
		err = scan(&id)
		there[id] = true
		return id, err
	}); err != nil {
		t.Fatal(err)
	}
	for id := range acknowledged {
		if !there[id] {
			t.Errorf("%s was acknowledged and is lost", id)
		}
	}
	testkit.Eventually(t, "signals cross again", func() bool {
		if err := one.Write(t.Context(), func(_ context.Context, tx *storage.Tx) error { tx.Signal("work"); return nil }); err != nil {
			return false
		}
		select {
		case <-wake:
			return true
		default:
			return false
		}
	})
}
