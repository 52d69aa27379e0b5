package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
)

// sqliteReaders is the number of connections that read at the same time. More
// than a few help little, as each read is short, and each costs memory.
const sqliteReaders = 4

// sqliteFile is one file with two pools on it: readers that never wait for the
// writer (write-ahead log), and exactly one writer.
type sqliteFile struct {
	readers  *sql.DB
	prepared *statements // on readers
	writers  *sql.DB
	combiner *combiner // the only user of writers
}

func openSQLite(ctx context.Context, path string, db *DB, log *slog.Logger) (*sqliteFile, error) {
	if path == "" {
		return nil, errors.New("no path for the SQLite file")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := own(path); err != nil {
		return nil, err
	}
	writers, err := sqlitePool(path, 1, "_txlock=immediate")
	if err != nil {
		return nil, err
	}
	// The first connection of the writer makes the file and its write-ahead log,
	// which the readers, being read-only, could not.
	if err := writers.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), writers.Close())
	}
	readers, err := sqlitePool(path, sqliteReaders, "_pragma=query_only(ON)")
	if err != nil {
		return nil, errors.Join(err, writers.Close())
	}
	return &sqliteFile{
		readers:  readers,
		prepared: newStatements(readers),
		writers:  writers,
		combiner: startCombiner(db, &session{pool: writers}, log),
	}, nil
}

// own has the database be read and written by the account of the process alone, whoever
// made it: SQLite makes a file as the umask has it, and gives its mode to those beside
// it. Nothing that is there is opened: closing it would let go of the locks that this
// process may have on it.
func own(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		err = file.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("open %s: %w", path, err)
	}
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Chmod(file, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("open %s: %w", file, err)
		}
	}
	return nil
}

// sqlitePool opens a pool of exactly size connections. The settings are part of
// the address so that every connection has them; busy_timeout comes first so that
// the others already wait for a lock that is held.
func sqlitePool(path string, size int, extra string) (*sql.DB, error) {
	address := url.URL{
		Scheme: "file",
		Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(),
		RawQuery: "_pragma=busy_timeout(10000)" +
			"&_pragma=journal_mode(WAL)" +
			"&_pragma=synchronous(FULL)" + // in WAL: every commit is on the disk before it returns
			"&_pragma=foreign_keys(ON)" +
			"&_pragma=temp_store(MEMORY)" +
			"&_pragma=cache_size(-1000)" + // KiB for each connection
			"&_pragma=journal_size_limit(67108864)" +
			"&_pragma=trusted_schema(OFF)" +
			"&_dqs=0" + // "text" is a name, as in PostgreSQL, never a string
			"&" + extra,
	}
	pool, err := sql.Open("sqlite", address.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return pool, nil
}

func (s *sqliteFile) write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	return s.combiner.write(ctx, fn)
}

func (s *sqliteFile) reader() querier { return s.prepared }

// alone needs nothing: every write transaction holds the one write lock.
func (s *sqliteFile) alone(_ context.Context, fn func() error) error { return fn() }

// close ends the writer first, so that what it accepted is done. The last
// connection to close moves the write-ahead log into the file.
func (s *sqliteFile) close() error {
	return errors.Join(s.combiner.close(), s.prepared.close(), s.readers.Close(), s.writers.Close())
}

// announce has nobody to tell: a file belongs to one process.
func (s *sqliteFile) announce(string) {}

// hold has nobody to keep away: a file belongs to one process.
func (s *sqliteFile) hold(context.Context, string, Holding) (*Hold, error) {
	lost := make(chan struct{})
	return &Hold{lost: lost, release: sync.OnceFunc(func() { close(lost) })}, nil
}
