package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

// The third step needs the second, which another room brings; the second needs
// the first.
var (
	oneRoom = fstest.MapFS{
		"migrations/0101_one.sql":   file(`create table one (id text primary key); insert into one values ('a');`),
		"migrations/0301_three.sql": file(`insert into two select id || 'c' from two;`),
		"readme.txt":                file(`not SQL`),
	}
	otherRoom = fstest.MapFS{"0201_two.sql": file(`create table two as select id || 'b' as id from one;`)}
)

func TestMigrationsRunOnceInOneOrder(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		for _, rooms := range [][]fs.FS{{oneRoom, otherRoom}, {otherRoom, oneRoom}} {
			db := open(rooms...)
			for query, want := range map[string]int{
				`select count(*) from one`:                                     1,
				`select count(*) from two where id in ('ab', 'abc')`:           2,
				`select count(*) from two`:                                     2,
				`select count(*) from storage_migrations where applied_at > 0`: 3,
			} {
				var n int
				if err := db.Read(t.Context()).QueryRowContext(t.Context(), query).Scan(&n); err != nil || n != want {
					t.Errorf("%s: %d, %v; want %d", query, n, err, want)
				}
			}
		}
	})
}

// A room may come late, with a number below those that were applied.
func TestMigrationOfALateRoom(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		open(fstest.MapFS{"0500_a.sql": file(`create table a (id text);`)})
		db := open(fstest.MapFS{"0100_b.sql": file(`create table b (id text);`), "0500_a.sql": file(`create table a (id text);`)})
		for _, table := range []string{"a", "b"} {
			var n int
			if err := db.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from `+table).Scan(&n); err != nil {
				t.Errorf("%s: %v", table, err)
			}
		}
	})
}

func TestMigrationsRefused(t *testing.T) {
	cases := map[string]struct {
		rooms []fs.FS
		want  string
	}{
		"two of one number": {[]fs.FS{oneRoom, fstest.MapFS{"0101_again.sql": file(`select 1;`)}}, "0101_one.sql and 0101_again.sql have the same number"},
		"the same twice":    {[]fs.FS{oneRoom, oneRoom}, "same number"},
		"no number":         {[]fs.FS{fstest.MapFS{"x/first.sql": file(`select 1;`)}}, "x/first.sql: the name is not of the form"},
		"short number":      {[]fs.FS{fstest.MapFS{"12_first.sql": file(`select 1;`)}}, "not of the form"},
		"changed":           {[]fs.FS{fstest.MapFS{"0101_one.sql": file(`create table one (id bigint);`), "0301_three.sql": oneRoom["migrations/0301_three.sql"]}, otherRoom}, "0101_one.sql: the file differs"},
		"newer":             {[]fs.FS{oneRoom}, "the database belongs to a newer release: 0201_two.sql"},
		"wrong SQL":         {[]fs.FS{oneRoom, otherRoom, fstest.MapFS{"0900_bad.sql": file(`create table good (id text); creat table bad (id text);`)}}, "0900_bad.sql"},
	}
	for _, engine := range testkit.Engines() {
		t.Run(engine, func(t *testing.T) {
			config := testkit.StorageConfig(t, engine)
			try := func(rooms ...fs.FS) (*storage.DB, error) { return storage.Open(t.Context(), config, quiet, rooms...) }
			db, err := try(oneRoom, otherRoom)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			for name, c := range cases {
				t.Run(name, func(t *testing.T) {
					again, err := try(c.rooms...)
					if err == nil {
						again.Close()
						t.Fatal("no error")
					}
					if !strings.Contains(err.Error(), c.want) {
						t.Errorf("error %q, want one with %q", err, c.want)
					}
				})
			}
			var n int
			if err := db.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from good`).Scan(&n); err == nil {
				t.Error("half of a migration was kept")
			}
		})
	}
}

func TestReplicasMigrateOneAfterTheOther(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() { open(oneRoom, otherRoom) })
		}
		group.Wait()
		err := open(oneRoom, otherRoom).Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			var n int
			if err := tx.QueryRowContext(ctx, `select count(*) from two`).Scan(&n); err != nil || n != 2 {
				return errors.Join(err, errors.New("a migration ran twice or not at all"))
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// A program may start on a database that a later one has added to, so that two nodes
// can be updated one after the other, and on one that a guest has used.
func TestAProgramStartsOnWhatWasOnlyAdded(t *testing.T) {
	later := map[string]struct {
		room fs.FS
		may  bool
	}{
		"expands":            {fstest.MapFS{"9999_later.sql": file("-- A column more.\n-- Expand: it has a default.\n\nalter table one add column more text not null default '';")}, true},
		"contracts":          {fstest.MapFS{"9999_later.sql": file("-- Expand: rows move. Contract: what was before is dropped.\ndrop table two;")}, false},
		"does not say":       {fstest.MapFS{"9999_later.sql": file("-- A table.\ncreate table later (id text); -- Expand: too late to say so")}, false},
		"of a guest":         {storage.Beside(fstest.MapFS{"9999_later.sql": file("create table guest (id text);")}), true},
		"not as it was made": {nil, false},
	}
	for name, c := range later {
		t.Run(name, func(t *testing.T) {
			for _, engine := range testkit.Engines() {
				t.Run(engine, func(t *testing.T) {
					config := testkit.StorageConfig(t, engine)
					rooms := []fs.FS{oneRoom, otherRoom}
					if c.room != nil {
						rooms = append(rooms, c.room)
					}
					db, err := storage.Open(t.Context(), config, quiet, rooms...)
					if err != nil {
						t.Fatal(err)
					}
					defer db.Close()
					if c.room == nil {
						err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
							_, err := tx.ExecContext(ctx, `insert into storage_migrations (number, name, sha256, applied_at) values (9999, '9999_unheard_of.sql', '', 0)`)
							return err
						})
						if err != nil {
							t.Fatal(err)
						}
					}
					before, err := storage.Open(t.Context(), config, quiet, oneRoom, otherRoom, fstest.MapFS{"0250_also.sql": file(`create table also (id text);`)})
					if err == nil {
						before.Close()
					}
					if c.may != (err == nil) || !c.may && !errors.Is(err, storage.ErrNewer) {
						t.Errorf("the program of before: %v", err)
					}
					var n int
					if err := db.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from also`).Scan(&n); !c.may && err == nil {
						t.Error("it was refused, and migrated nevertheless")
					}
				})
			}
		})
	}
}

// Who reads beside the program changes nothing, whatever the program is.
func TestAVisitorMigratesNothing(t *testing.T) {
	for _, engine := range testkit.Engines() {
		t.Run(engine, func(t *testing.T) {
			config := testkit.StorageConfig(t, engine)
			if engine == storage.SQLite {
				if _, err := storage.Visit(t.Context(), config, quiet); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("a file that is not there: %v", err)
				}
			}
			db, err := storage.Open(t.Context(), config, quiet, oneRoom, otherRoom)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			visitor, err := storage.Visit(t.Context(), config, quiet)
			if err != nil {
				t.Fatal(err)
			}
			defer visitor.Close()
			var n int
			if err := visitor.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from two`).Scan(&n); err != nil || n != 2 {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
}

// A copy holds what was committed, also while others write; put in an empty place it is
// the database that it was.
func TestCopyOfADatabase(t *testing.T) {
	for _, engine := range testkit.Engines() {
		t.Run(engine, func(t *testing.T) {
			config, empty := testkit.StorageConfig(t, engine), testkit.StorageConfig(t, engine)
			rooms := []fs.FS{oneRoom, otherRoom, fstest.MapFS{"0500_odd.sql": file(`create table odd (id text primary key, n bigint, yes boolean not null default true, none text);
				create table a_leaf (odd text not null references odd (id));`)}} // its name comes before that of what it refers to
			db, err := storage.Open(t.Context(), config, slog.New(slog.DiscardHandler), rooms...)
			if err != nil {
				t.Fatal(err)
			}
			put := func(id string) error {
				return db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
					_, err := tx.ExecContext(ctx, `insert into odd (id, n) values ($1, $2)`, id, len(id))
					return err
				})
			}
			const strange = "tab\there, \\N, ћирилица, \"quotes\"\nline"
			if err := put(strange); err != nil {
				t.Fatal(err)
			}
			if err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
				_, err := tx.ExecContext(ctx, `insert into a_leaf (odd) values ($1)`, strange)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			copied := filepath.Join(t.TempDir(), "copy")
			stop, done := make(chan struct{}), make(chan error, 1)
			go func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						done <- nil
						return
					default:
						if err := put(fmt.Sprint("late ", i)); err != nil {
							done <- err
							return
						}
					}
				}
			}()
			migrations, err := storage.Copy(t.Context(), config, copied)
			close(stop)
			if err := errors.Join(err, <-done, db.Close()); err != nil || migrations != 4 {
				t.Fatalf("%d migrations, %v", migrations, err)
			}
			if err := storage.Put(t.Context(), empty, copied, slog.New(slog.DiscardHandler), rooms...); err != nil {
				t.Fatal(err)
			}
			again, err := storage.Open(t.Context(), empty, slog.New(slog.DiscardHandler), rooms...)
			if err != nil {
				t.Fatal(err)
			}
			var n int64
			var yes bool
			var nothing *string
			err = again.Read(t.Context()).QueryRowContext(t.Context(), `select n, yes, none from odd where id = $1`, strange).Scan(&n, &yes, &nothing)
			if err != nil || n != int64(len(strange)) || !yes || nothing != nil {
				t.Errorf("the copy holds %d, %v, %v: %v", n, yes, nothing, err)
			}
			if err := again.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
				_, err := tx.ExecContext(ctx, `insert into a_leaf (odd) values ('nothing')`)
				return err
			}); err == nil {
				t.Error("in the copy a row may refer to what is not there")
			}
			if err := again.Close(); err != nil {
				t.Error(err)
			}
			if engine == storage.Postgres {
				other := append(slices.Clone(rooms), fstest.MapFS{"0600_more.sql": file(`create table more (id text primary key);`)})
				if err := storage.Put(t.Context(), testkit.StorageConfig(t, engine), copied, slog.New(slog.DiscardHandler), other...); err == nil {
					t.Error("a copy of another version was put back, which does not know what was done to it")
				}
			}
		})
	}
}
