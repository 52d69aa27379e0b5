package testkit

import (
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"testing"

	"dobosh/internal/storage"
)

// Databases runs the same test on SQLite and on PostgreSQL. open opens the
// database of the test: the first call makes it, a later one opens the same again,
// as another process would. All are closed at the end.
func Databases(t *testing.T, test func(t *testing.T, open func(migrations ...fs.FS) *storage.DB)) {
	t.Helper()
	for _, engine := range Engines() {
		t.Run(engine, func(t *testing.T) { test(t, Database(t, engine)) })
	}
}

// Engines names the database systems that every test of state must pass on.
func Engines() []string { return []string{storage.SQLite, storage.Postgres} }

// Database makes a database on one engine and returns how to open it.
func Database(tb testing.TB, engine string) (open func(migrations ...fs.FS) *storage.DB) {
	tb.Helper()
	config := StorageConfig(tb, engine)
	return func(migrations ...fs.FS) *storage.DB {
		tb.Helper()
		db, err := storage.Open(tb.Context(), config, logger(tb), migrations...)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() {
			if err := db.Close(); err != nil {
				tb.Errorf("close the database: %v", err)
			}
		})
		return db
	}
}

// logger writes into the output of the test.
func logger(tb testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(tb.Output(), nil))
}

// StorageConfig makes an empty database on one engine, which is gone after the
// test. Where the engine is not installed the test is skipped and says why.
func StorageConfig(tb testing.TB, engine string) storage.Config {
	tb.Helper()
	if engine == storage.SQLite {
		return storage.Config{Engine: engine, Path: filepath.Join(tb.TempDir(), "state.db")}
	}
	server, err := sharedPostgres()
	if errors.Is(err, errNoPostgres) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return storage.Config{Engine: engine, URL: server.database(tb)}
}
