package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// The engines a Config may name.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

var (
	// ErrNotFound says that a query for one row found none.
	ErrNotFound = sql.ErrNoRows
	// ErrClosed is returned by a DB after Close.
	ErrClosed = errors.New("storage: closed")
	// ErrNested is returned by a Write inside a Write of the same DB: the inner
	// one would wait for the outer one forever.
	ErrNested = errors.New("storage: a write inside a write")
	// ErrNotEmpty is returned when a copy is to be put where there is something.
	ErrNotEmpty = errors.New("storage: the database is not empty")
	// ErrTxDone is returned by a Tx that is used after its Write ended.
	ErrTxDone = errors.New("storage: the transaction has ended")
)

// Config says where the state is kept.
type Config struct {
	Engine string // SQLite or Postgres
	Path   string // the file, for SQLite; its folder is made when missing
	URL    string // the connection URL, for Postgres
	// Connections bounds those of this process to PostgreSQL; 0 for 16, at least
	// LeastConnections.
	Connections int
	// StatementTimeout ends a statement on PostgreSQL that takes longer; 0 for 30 s.
	StatementTimeout time.Duration
}

// Reader runs queries. Outside of a Write it reads the last committed state,
// each query for itself; inside it is the transaction.
type Reader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) Row
}

// engine is what the two database systems have to offer.
type engine interface {
	// write runs fn in a transaction and returns nil once it is durable.
	write(ctx context.Context, fn func(context.Context, *Tx) error) error
	// reader returns where reads outside of a transaction run.
	reader() querier
	// alone runs fn while no other process does the same on this database.
	alone(ctx context.Context, fn func() error) error
	// announce tells other processes on the database of a signal.
	announce(name string)
	// hold holds a name among all processes on the database, see [DB.Hold].
	hold(ctx context.Context, name string, how Holding) (*Hold, error)
	close() error
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	name    string
	engine  engine
	signals signals
	last    atomic.Int64 // the last number Tx.Sequence gave out
}

// Open opens the database and applies the migrations it has not seen, see
// Migrations in migrate.go for their form.
func Open(ctx context.Context, cfg Config, log *slog.Logger, migrations ...fs.FS) (*DB, error) {
	timeline, err := readMigrations(migrations)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	db, err := connect(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	if err := db.migrate(ctx, timeline, log); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate database: %w", err), db.Close())
	}
	return db, nil
}

func connect(ctx context.Context, cfg Config, log *slog.Logger) (db *DB, err error) {
	db = &DB{name: cfg.Engine}
	switch cfg.Engine {
	case SQLite:
		db.engine, err = openSQLite(ctx, cfg.Path, db, log)
	case Postgres:
		db.engine, err = openPostgres(ctx, cfg, db, log)
	default:
		err = fmt.Errorf("unknown engine %q, want %q or %q", cfg.Engine, SQLite, Postgres)
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, nil
}

// Visit opens a database that a program keeps, beside it and to read: nothing is
// migrated or made.
func Visit(ctx context.Context, cfg Config, log *slog.Logger) (*DB, error) {
	if cfg.Engine == SQLite {
		if _, err := os.Stat(cfg.Path); err != nil {
			return nil, fmt.Errorf("open database: %w", err)
		}
	}
	return connect(ctx, cfg, log)
}

// Engine returns SQLite or Postgres.
func (db *DB) Engine() string { return db.name }

// Idle is a column in a condition of a list that goes along another one. SQLite, which knows nothing of how rare a value is,
// uses no index for it then; PostgreSQL knows, and is left to itself.
func (db *DB) Idle(column string) string {
	if db.name == SQLite {
		return "+" + column
	}
	return column
}

// Read returns the Reader for ctx: the transaction when ctx is the one a Write
// gave to its function, the last committed state otherwise.
func (db *DB) Read(ctx context.Context) Reader {
	if tx := db.current(ctx); tx != nil {
		return tx
	}
	return committed{db.engine.reader()}
}

// Write runs fn in a transaction and returns nil once what it did is durable.
// It returns the error of fn, of a statement in it, or of the commit, and then
// nothing has happened (after a lost connection to PostgreSQL during the commit
// it may have). A panic in fn is an error too.
//
// fn should do SQL and nothing slow: all other writes wait for it. It may run more
// than once, because PostgreSQL may ask to repeat a transaction, so it must not
// change anything outside of tx that a second run does not set again.
//
// When ctx ends before fn begins, fn does not run; when it ends while fn runs,
// every later statement fails, and the transaction is rolled back.
func (db *DB) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if db.current(ctx) != nil {
		return ErrNested
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return db.engine.write(ctx, fn)
}

// Ping asks the database for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	return db.Read(ctx).QueryRowContext(ctx, "select 1").Scan(&one)
}

// Close waits for the writes that run, refuses those that wait, and closes the
// database. It may be called more than once.
func (db *DB) Close() error { return db.engine.close() }

// Micros is how an instant is stored: microseconds since 1970-01-01T00:00:00Z.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// Instant is the inverse of Micros, in UTC.
func Instant(us int64) time.Time { return time.UnixMicro(us).UTC() }
