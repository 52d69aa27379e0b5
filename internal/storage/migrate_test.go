package storage_test

import (
	"context"
	"errors"
	"io/fs"
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
		for _, rooms := range [][]fs.FS{{oneRoom, otherRoom}, {otherRoom, oneRoom}, {}} {
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
		db := open(fstest.MapFS{"0100_b.sql": file(`create table b (id text);`)})
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
		"changed":           {[]fs.FS{fstest.MapFS{"0101_one.sql": file(`create table one (id bigint);`)}}, "0101_one.sql: the file differs"},
		"wrong SQL":         {[]fs.FS{fstest.MapFS{"0900_bad.sql": file(`create table good (id text); creat table bad (id text);`)}}, "0900_bad.sql"},
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
		err := open().Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
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
