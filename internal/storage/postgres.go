package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"dobosh/internal/kit/clock"
)

const (
	postgresConns = 16
	// maxAttempts bounds how often a transaction runs that PostgreSQL could not
	// put in an order with others. With doubling pauses the last attempt comes
	// after about two seconds.
	maxAttempts = 12
	// migrationLock is the key of the advisory lock under which migrations run:
	// any number that no one else uses in this database.
	migrationLock = 0x646f626f7368
)

// postgresServer runs ordinary serializable transactions on one pool. The driver keeps
// prepared statements for each connection.
type postgresServer struct {
	db   *DB
	pool *sql.DB
	log  *slog.Logger

	crossing *crossing
}

func openPostgres(ctx context.Context, address string, db *DB, log *slog.Logger) (*postgresServer, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, err // names what is wrong with the address, without the password
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(postgresConns)
	pool.SetMaxIdleConns(postgresConns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	p := &postgresServer{db: db, pool: pool, log: log}
	p.openCrossing(config)
	return p, nil
}

// write repeats the transaction while PostgreSQL asks for it.
func (p *postgresServer) write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	for attempt := 1; ; attempt++ {
		hooks, err := p.attempt(ctx, fn)
		if err == nil {
			for _, hook := range hooks {
				runHook(ctx, p.log, hook)
			}
			return nil
		}
		if !mayRepeat(err) || attempt == maxAttempts {
			return err
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

// attempt runs the transaction once. Its context is not that of the caller: a
// commit that was cut off half-way would leave the caller without an answer.
func (p *postgresServer) attempt(ctx context.Context, fn func(context.Context, *Tx) error) ([]func(), error) {
	inner, err := p.pool.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	defer inner.Rollback() // after a commit it does nothing
	tx := &Tx{db: p.db, on: inner}
	if err := tx.run(ctx, fn); err != nil {
		return nil, err
	}
	if err := inner.Commit(); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	return tx.hooks, nil
}

// pause waits before the next attempt, 1 to 2 ms after the first and up to 512 ms
// later, by chance so that two that met do not meet again.
func pause(ctx context.Context, attempt int) error {
	longest := time.Millisecond << min(attempt, 9)
	return clock.Pause(ctx, longest/2+rand.N(longest/2))
}

func (p *postgresServer) reader() querier { return p.pool }

// alone holds an advisory lock, so that two replicas do not migrate together.
func (p *postgresServer) alone(ctx context.Context, fn func() error) error {
	conn, err := p.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "select pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return fmt.Errorf("wait for the migration lock: %w", err)
	}
	err = fn()
	_, unlockErr := conn.ExecContext(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", int64(migrationLock))
	return errors.Join(err, unlockErr)
}

func (p *postgresServer) close() error {
	p.crossing.close()
	return p.pool.Close()
}
