package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log/slog"
	"time"

	"dobosh/internal/kit/clock"
)

const (
	// tooManyConnections is the SQLSTATE of a server, a database or a role that has
	// as many connections as it may have.
	tooManyConnections = "53300"
	// growAgain is how long a pool stays smaller after that.
	growAgain = 30 * time.Second
	// firstPause is the rest before the first connection of a pool is asked for
	// again.
	firstPause = 250 * time.Millisecond
)

// patient makes the connections of a pool. Where the server gives no more, those
// who need one wait until another is free.
type patient struct {
	driver.Connector
	pool   *sql.DB // set before the first Connect
	size   int     // of the pool
	others func()  // gives a connection up where this one has none at all; nil for nobody
	log    *slog.Logger
}

// Connect implements driver.Connector.
func (p *patient) Connect(ctx context.Context) (driver.Conn, error) {
	for told := false; ; told = true {
		conn, err := p.Connector.Connect(ctx)
		if sqlState(err) != tooManyConnections {
			return conn, err
		}
		if have := p.pool.Stats().OpenConnections - 1; have > 0 { // without the one that is asked for
			p.log.WarnContext(ctx, "PostgreSQL gives no more connections; who needs one waits", slog.Int("have", have), slog.Int("wanted", p.size), slog.Any("error", err))
			shrink(p.pool, have, p.size)
			return nil, driver.ErrBadConn // asks the pool to look again, and there it waits
		}
		if !told {
			p.log.WarnContext(ctx, "PostgreSQL gives no connection; waiting for one", slog.Any("error", err))
		}
		if p.others != nil {
			p.others()
		}
		if clock.Pause(ctx, firstPause) != nil {
			return nil, err
		}
	}
}

// shrink bounds a pool to fewer connections for a while.
func shrink(pool *sql.DB, to, size int) {
	pool.SetMaxOpenConns(to)
	time.AfterFunc(growAgain, func() {
		pool.SetMaxOpenConns(size)
		pool.SetMaxIdleConns(size)
	})
}

// giveUp has the readers close one of their connections, if they have more than one,
// for somebody who has none.
func (p *postgresServer) giveUp() {
	if have := p.readers.Stats().OpenConnections; have > 1 {
		shrink(p.readers, have-1, p.size)
	}
}

// retrying reads again where the pool asked three times for a connection that the server did not give: nothing was
// asked of the server then.
type retrying struct{ *sql.DB }

// QueryContext implements querier.
func (r retrying) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	for attempt := 1; ; attempt++ {
		rows, err := r.DB.QueryContext(ctx, query, args...)
		if !errors.Is(err, driver.ErrBadConn) || attempt == maxAttempts {
			return rows, err
		}
		if err := pause(ctx, attempt); err != nil {
			return nil, err
		}
	}
}
