package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"dobosh/internal/kit/clock"
)

// What a Config of PostgreSQL has when it says nothing.
const (
	defaultConnections = 16
	defaultStatement   = 30 * time.Second
	// LeastConnections are those that write, hear others, and read.
	LeastConnections = 3
)

const (
	// maxAttempts bounds how often a write runs that met a deadlock with somebody
	// outside of this program. With doubling pauses the last attempt comes after
	// about two seconds.
	maxAttempts = 12
	// migrationLock is the key of the advisory lock under which migrations run, and
	// writeLock of that which every write holds: any numbers that no one else uses
	// in this database.
	migrationLock = 0x646f626f7368
	writeLock     = 0x646f626f7369
	// idleInWrite is how long a process may be silent in the middle of a write until
	// the server takes its connection, and lets the others write.
	idleInWrite = 10 * time.Second
)

// postgresServer has a pool for reads, and one writer as the file of SQLite has. All
// writes of all processes go one after the other: each transaction holds one lock
// of the database from its begin to its end. So none has to be repeated because of
// another, they are in the order in which they committed, and those that wait in a
// process share a transaction and its wait for the disk.
type postgresServer struct {
	db       *DB
	readers  *sql.DB
	writers  *sql.DB
	combiner *combiner // the only user of writers
	log      *slog.Logger
	size     int // of the pool of readers

	crossing *crossing
}

func openPostgres(ctx context.Context, cfg Config, db *DB, log *slog.Logger) (*postgresServer, error) {
	config, err := pgx.ParseConfig(cfg.URL)
	if err != nil {
		return nil, err // names what is wrong with the address, without the password
	}
	connections := cmp.Or(cfg.Connections, defaultConnections)
	if connections < LeastConnections {
		return nil, fmt.Errorf("%d connections, at least %d are needed", connections, LeastConnections)
	}
	bound(config, cmp.Or(cfg.StatementTimeout, defaultStatement))
	p := &postgresServer{db: db, log: log, size: connections - 2}
	p.readers = p.pool(config, p.size, nil)
	p.writers = p.pool(config, 1, p.giveUp)
	if err := p.writers.PingContext(ctx); err != nil {
		return nil, errors.Join(err, p.writers.Close(), p.readers.Close())
	}
	p.combiner = startCombiner(db, &lane{pool: p.writers}, log)
	p.openCrossing(config)
	return p, nil
}

// bound sets what the server does about a client that hangs or is gone, as far as
// the address does not say otherwise.
func bound(config *pgx.ConnConfig, statement time.Duration) {
	for name, value := range map[string]string{
		"application_name":                    "dobosh",
		"statement_timeout":                   strconv.FormatInt(statement.Milliseconds(), 10),
		"idle_in_transaction_session_timeout": strconv.FormatInt(idleInWrite.Milliseconds(), 10),
		"tcp_keepalives_idle":                 "10", // seconds, like the next
		"tcp_keepalives_interval":             "5",
		"tcp_keepalives_count":                "3",
	} {
		if _, said := config.RuntimeParams[name]; !said {
			config.RuntimeParams[name] = value
		}
	}
}

func (p *postgresServer) pool(config *pgx.ConnConfig, size int, others func()) *sql.DB {
	connector := &patient{Connector: stdlib.GetConnector(*config), size: size, others: others, log: p.log}
	pool := sql.OpenDB(connector)
	connector.pool = pool
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return pool
}

// write runs the function as one of the writes of all processes, one after the
// other. PostgreSQL may still ask to repeat it, where somebody else than this
// program holds rows.
func (p *postgresServer) write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := p.combiner.write(ctx, fn)
		if !mayRepeat(err) || attempt == maxAttempts {
			return err
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

// pause waits before the next attempt, 1 to 2 ms after the first and up to 512 ms
// later, by chance so that two that met do not meet again.
func pause(ctx context.Context, attempt int) error {
	longest := time.Millisecond << min(attempt, 9)
	return clock.Pause(ctx, longest/2+rand.N(longest/2))
}

func (p *postgresServer) reader() querier { return retrying{p.readers} }

// alone holds an advisory lock, so that two replicas do not migrate together.
func (p *postgresServer) alone(ctx context.Context, fn func() error) error {
	conn, err := p.readers.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "set statement_timeout = 0; select pg_advisory_lock("+strconv.Itoa(migrationLock)+")"); err != nil {
		return fmt.Errorf("wait for the migration lock: %w", err)
	}
	err = fn()
	_, unlockErr := conn.ExecContext(context.WithoutCancel(ctx), "select pg_advisory_unlock("+strconv.Itoa(migrationLock)+"); reset statement_timeout")
	return errors.Join(err, unlockErr)
}

// close ends the writer first, so that what it accepted is done.
func (p *postgresServer) close() error {
	err := p.combiner.close()
	p.crossing.close()
	return errors.Join(err, p.readers.Close(), p.writers.Close())
}
