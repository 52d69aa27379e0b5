package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// notes is the schema of these tests.
var notes = fstest.MapFS{"migrations/0901_notes.sql": {Data: []byte(`
	create table notes (id text primary key, body text not null, n bigint not null default 0);
	create table children (parent text not null references notes (id) deferrable initially deferred);
`)}}

func add(id string) func(context.Context, *storage.Tx) error {
	return func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into notes (id, body) values ($1, $2)`, id, "text of "+id)
		return err
	}
}

// ids returns the notes in the order of their ids.
func ids(t *testing.T, db *storage.DB) []string {
	t.Helper()
	rows, err := db.Read(t.Context()).QueryContext(t.Context(), `select id from notes order by id limit 10000`)
	all, err := storage.All(rows, err, func(scan storage.Scan) (id string, err error) { return id, scan(&id) })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wantIDs(t *testing.T, db *storage.DB, want ...string) {
	t.Helper()
	if got := ids(t, db); !slices.Equal(got, want) {
		t.Errorf("notes are %q, want %q", got, want)
	}
}

// each runs a test on both engines with the schema applied.
func each(t *testing.T, test func(t *testing.T, db *storage.DB)) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) { test(t, open(notes)) })
}

func TestWriteIsSeenByTheNextRead(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		if err := db.Write(t.Context(), add("a")); err != nil {
			t.Fatal(err)
		}
		wantIDs(t, db, "a")
		if err := db.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestFailedWriteDoesNothing(t *testing.T) {
	wrong := errors.New("wrong")
	fails := map[string]struct {
		after func(ctx context.Context, tx *storage.Tx) error
		want  string
	}{
		"error":     {func(context.Context, *storage.Tx) error { return wrong }, "wrong"},
		"panic":     {func(context.Context, *storage.Tx) error { panic("wrong") }, "panic in a write: wrong"},
		"statement": {add("a"), "UNIQUE"},
		"swallowed": {func(ctx context.Context, tx *storage.Tx) error { _ = add("a")(ctx, tx); return nil }, "failed earlier"},
		"goes on": {func(ctx context.Context, tx *storage.Tx) error {
			_ = add("a")(ctx, tx)
			return add("c")(ctx, tx)
		}, "failed earlier"},
	}
	each(t, func(t *testing.T, db *storage.DB) {
		for name, fail := range fails {
			t.Run(name, func(t *testing.T) {
				err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
					tx.AfterCommit(func() { t.Error("a hook of a write that failed ran") })
					return errors.Join(add("a")(ctx, tx), fail.after(ctx, tx))
				})
				if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(fail.want)) {
					t.Errorf("error %v, want one with %q", err, fail.want)
				}
				wantIDs(t, db)
			})
		}
	})
}

func TestUniqueErrors(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		if err := db.Write(t.Context(), add("a")); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(t.Context(), add("a")); !storage.IsUnique(err) {
			t.Errorf("IsUnique(%v) is false", err)
		}
		err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `insert into notes (id) values ('b')`)
			return err
		})
		if err == nil || storage.IsUnique(err) {
			t.Errorf("IsUnique of a missing value (%v) is true", err)
		}
		if storage.IsUnique(nil) {
			t.Error("IsUnique(nil) is true")
		}
	})
}

func TestMissingRow(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		const query = `select body from notes where id = $1`
		var body string
		if err := db.Read(t.Context()).QueryRowContext(t.Context(), query, "a").Scan(&body); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("row: error %v, want ErrNotFound", err)
		}
		rows, err := db.Read(t.Context()).QueryContext(t.Context(), query, "a")
		read := func(scan storage.Scan) (body string, err error) { return body, scan(&body) }
		if _, err := storage.One(rows, err, read); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("One: error %v, want ErrNotFound", err)
		}
		err = db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			if err := tx.QueryRowContext(ctx, query, "a").Scan(&body); !errors.Is(err, storage.ErrNotFound) {
				return fmt.Errorf("in a write: error %w, want ErrNotFound", err)
			}
			return add("a")(ctx, tx) // a missing row does not end the transaction
		})
		if err != nil {
			t.Error(err)
		}
		rows, err = db.Read(t.Context()).QueryContext(t.Context(), query, "a")
		if body, err := storage.One(rows, err, read); err != nil || body != "text of a" {
			t.Errorf("One is %q, %v", body, err)
		}
	})
}

func TestWrongSQLIsAnError(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		var n int
		for _, query := range []string{`selec`, `select "no such name"`, `select body from nothing`} {
			if err := db.Read(t.Context()).QueryRowContext(t.Context(), query).Scan(&n); err == nil {
				t.Errorf("no error for %s", query)
			}
			rows, err := db.Read(t.Context()).QueryContext(t.Context(), query)
			if _, err := storage.All(rows, err, func(storage.Scan) (int, error) { return 0, nil }); err == nil {
				t.Errorf("All: no error for %s", query)
			}
		}
	})
}

func TestReadsCannotWriteOnSQLite(t *testing.T) {
	db := testkit.Database(t, storage.SQLite)(notes)
	var id string
	err := db.Read(t.Context()).QueryRowContext(t.Context(), `insert into notes (id, body) values ('a', '') returning id`).Scan(&id)
	if err == nil {
		t.Error("a read wrote")
	}
	wantIDs(t, db)
}

func TestReadInsideAWriteIsTheTransaction(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		db, other := open(notes), open(notes)
		err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			if err := add("a")(ctx, tx); err != nil {
				return err
			}
			var id string
			const query = `select id from notes`
			if err := other.Read(ctx).QueryRowContext(ctx, query).Scan(&id); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("another database sees the open transaction: %v", err)
			}
			return db.Read(ctx).QueryRowContext(ctx, query).Scan(&id)
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestWriteInsideAWriteIsRefused(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error { return db.Write(ctx, add("a")) })
		if !errors.Is(err, storage.ErrNested) {
			t.Errorf("error %v, want ErrNested", err)
		}
	})
}

func TestTxEndsWithItsWrite(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		var kept *storage.Tx
		err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			kept = tx
			_, err := tx.QueryContext(ctx, `select 1`) // never closed: the Write closes it
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := kept.ExecContext(t.Context(), `delete from notes`); !errors.Is(err, storage.ErrTxDone) {
			t.Errorf("error %v, want ErrTxDone", err)
		}
		if err := db.Write(t.Context(), add("a")); err != nil {
			t.Error(err)
		}
	})
}

// A cached statement has one cursor; the same text within its own loop must not
// disturb the outer one.
func TestSameQueryInsideItsOwnLoop(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		db := open(notes)
		if db.Engine() == storage.Postgres {
			t.Skip("PostgreSQL reads one query at a time in a transaction")
		}
		count := 0
		err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			const query = `select id from notes order by id`
			if err := errors.Join(add("a")(ctx, tx), add("b")(ctx, tx), add("c")(ctx, tx)); err != nil {
				return err
			}
			rows, err := tx.QueryContext(ctx, query)
			_, err = storage.All(rows, err, func(scan storage.Scan) (int, error) {
				inner, err := tx.QueryContext(ctx, query)
				all, err := storage.All(inner, err, func(scan storage.Scan) (id string, err error) { return id, scan(&id) })
				count += len(all)
				return 0, err
			})
			return err
		})
		if err != nil || count != 9 {
			t.Errorf("%d rows, %v; want 9", count, err)
		}
	})
}

func TestStateSurvivesCloseAndOpen(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		first := open(notes)
		if err := first.Write(t.Context(), add("a")); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(first.Close(), first.Close()); err != nil {
			t.Fatal(err)
		}
		if err := first.Write(t.Context(), add("b")); err == nil {
			t.Error("a closed database writes")
		}
		if err := first.Ping(t.Context()); err == nil {
			t.Error("a closed database answers")
		}
		wantIDs(t, open(notes), "a")
	})
}

// Every increment reads, then writes what it read plus one: lost updates show.
func TestWritesAreSerializable(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		if err := db.Write(t.Context(), add("a")); err != nil {
			t.Fatal(err)
		}
		const writers, rounds = 8, 10
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				for range rounds {
					if err := db.Write(t.Context(), increment); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		var n int
		if err := db.Read(t.Context()).QueryRowContext(t.Context(), `select n from notes`).Scan(&n); err != nil || n != writers*rounds {
			t.Errorf("n is %d, %v; want %d", n, err, writers*rounds)
		}
	})
}

func increment(ctx context.Context, tx *storage.Tx) error {
	var n int
	if err := tx.QueryRowContext(ctx, `select n from notes where id = 'a'`).Scan(&n); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `update notes set n = $1 where id = 'a'`, n+1)
	return err
}

func TestSequenceGrows(t *testing.T) {
	each(t, func(t *testing.T, db *storage.DB) {
		var last int64
		for range 3 {
			err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
				for range 100 {
					next := tx.Sequence()
					if next <= last {
						t.Fatalf("%d after %d", next, last)
					}
					last = next
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestMicros(t *testing.T) {
	belgrade := time.FixedZone("CET", 3600)
	cases := []struct {
		at time.Time
		us int64
	}{
		{time.Unix(0, 0), 0},
		{time.Date(2026, 11, 23, 1, 0, 0, 1999, belgrade), 1795392000000001},
		{time.Date(1925, 1, 1, 0, 0, 0, 0, time.UTC), -1420070400000000},
	}
	for _, c := range cases {
		if us := storage.Micros(c.at); us != c.us {
			t.Errorf("Micros(%v) = %d, want %d", c.at, us, c.us)
		}
		if back := storage.Instant(c.us); !back.Equal(c.at.Truncate(time.Microsecond)) || back.Location() != time.UTC {
			t.Errorf("Instant(%d) = %v, want %v", c.us, back, c.at)
		}
	}
}

// A process on a database is woken by what another one did.
func TestSignalsReachOtherProcesses(t *testing.T) {
	config := testkit.StorageConfig(t, storage.Postgres)
	open := func() *storage.DB {
		db, err := storage.Open(t.Context(), config, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return db
	}
	one, other := open(), open()
	wake, stop := other.Listen("work")
	defer stop()
	heard := 0
	for heard < 2 { // the first may be the wake-up of the beginning
		if err := one.Write(t.Context(), func(_ context.Context, tx *storage.Tx) error { tx.Signal("work"); return nil }); err != nil {
			t.Fatal(err)
		}
		select {
		case <-wake:
			heard++
		case <-t.Context().Done():
			t.Fatal("the other process was not woken")
		}
	}
}
