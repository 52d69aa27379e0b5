package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
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
	pool *sql.DB // set before the first Connect
	size int     // of the pool
	log  *slog.Logger
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
			p.pool.SetMaxOpenConns(have)
			time.AfterFunc(growAgain, func() { p.pool.SetMaxOpenConns(p.size) })
			return nil, driver.ErrBadConn // asks the pool to look again, and there it waits
		}
		if !told {
			p.log.WarnContext(ctx, "PostgreSQL gives no connection; waiting for one", slog.Any("error", err))
		}
		if clock.Pause(ctx, firstPause) != nil {
			return nil, err
		}
	}
}
