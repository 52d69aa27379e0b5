package testkit

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
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

// OnBoth runs the same test on SQLite and on PostgreSQL, each in a new world of
// the room that is tested.
func OnBoth[W any](t *testing.T, world func(tb testing.TB, engine string) W, test func(t *testing.T, w W)) {
	t.Helper()
	for _, engine := range Engines() {
		t.Run(engine, func(t *testing.T) { test(t, world(t, engine)) })
	}
}

// Engines names the database systems that every test of state must pass on.
func Engines() []string { return []string{storage.SQLite, storage.Postgres} }

// Database makes a database on one engine and returns how to open it. It begins
// as a copy of one that was migrated before, if the package had one.
func Database(tb testing.TB, engine string) (open func(migrations ...fs.FS) *storage.DB) {
	tb.Helper()
	var config storage.Config
	var made sync.Once
	return func(migrations ...fs.FS) *storage.DB {
		tb.Helper()
		made.Do(func() { config = migrated(tb, engine, migrations) })
		return opened(tb, config, migrations)
	}
}

// opened is a database that is closed at the end of the test.
func opened(tb testing.TB, config storage.Config, migrations []fs.FS) *storage.DB {
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
	server := postgres(tb)
	return storage.Config{Engine: engine, URL: server.database(tb, emptyDatabase)}
}

func postgres(tb testing.TB) *postgresServer {
	tb.Helper()
	server, err := sharedPostgres()
	if errors.Is(err, errNoPostgres) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return server
}

// schema is what migrations make on one engine.
type schema struct {
	engine string
	sum    [sha256.Size]byte // of the migrations, in the order in which they are given
}

// templates are the databases of this test program that were migrated and not
// used: a copy takes a fraction of the time of migrating again.
var templates = struct {
	mu       sync.Mutex
	postgres map[schema]string // the name of the database
	sqlite   map[schema][]byte // the file
}{postgres: map[schema]string{}, sqlite: map[schema][]byte{}}

// migrated makes a database to which the migrations were applied.
func migrated(tb testing.TB, engine string, migrations []fs.FS) storage.Config {
	tb.Helper()
	of := schema{engine, sum(tb, migrations)}
	templates.mu.Lock()
	defer templates.mu.Unlock()
	if engine == storage.SQLite {
		config := StorageConfig(tb, engine)
		if file, ok := templates.sqlite[of]; ok {
			if err := os.WriteFile(config.Path, file, 0o600); err != nil {
				tb.Fatal(err)
			}
			return config
		}
		migrate(tb, config, migrations)
		templates.sqlite[of] = Must[[]byte](tb)(os.ReadFile(config.Path))
		return config
	}
	server := postgres(tb)
	name, ok := templates.postgres[of]
	if !ok {
		name = server.create(tb, emptyDatabase)
		migrate(tb, storage.Config{Engine: engine, URL: server.url(name)}, migrations)
		templates.postgres[of] = name
	}
	return storage.Config{Engine: engine, URL: server.database(tb, name)}
}

// migrate opens a database and closes it again, so that all of it is in one place.
func migrate(tb testing.TB, config storage.Config, migrations []fs.FS) {
	tb.Helper()
	db, err := storage.Open(tb.Context(), config, logger(tb), migrations...)
	if err != nil {
		tb.Fatal(err)
	}
	if err := db.Close(); err != nil {
		tb.Fatal(err)
	}
}

// sum is of the names and texts of migrations.
func sum(tb testing.TB, migrations []fs.FS) [sha256.Size]byte {
	tb.Helper()
	hash := sha256.New()
	for _, room := range migrations {
		err := fs.WalkDir(room, ".", func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(room, file)
			one := sha256.Sum256(append([]byte(file+"\x00"), text...))
			hash.Write(one[:])
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return [sha256.Size]byte(hash.Sum(nil))
}
