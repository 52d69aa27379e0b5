package storage

import (
	"context"
	"database/sql"
	"strconv"
)

// lane is the writing connection to PostgreSQL. It belongs to one goroutine.
type lane struct {
	pool *sql.DB
	conn *sql.Conn // nil until the first begin, and after drop
	jobs int       // done in this transaction
	owed string    // a statement that goes along with the next one that steers
}

// opening begins a transaction and waits for its turn among all processes. Each
// statement behind it sees what the transactions before have committed.
var opening = "begin; select pg_advisory_xact_lock(" + strconv.Itoa(writeLock) + ")"

// begin opens a connection when there is none, and a transaction. A connection that
// broke while nobody used it is replaced.
func (l *lane) begin(ctx context.Context) error {
	kept := l.conn != nil
	err := l.open(ctx)
	if err != nil && kept {
		l.drop()
		err = l.open(ctx)
	}
	return err
}

func (l *lane) open(ctx context.Context) (err error) {
	if l.conn == nil {
		if l.conn, err = l.pool.Conn(ctx); err != nil {
			return err
		}
	}
	l.jobs, l.owed = 0, ""
	_, err = l.conn.ExecContext(ctx, opening)
	return err
}

// savepoint implements writer. The first job needs none: should it fail, the
// transaction begins again, and nobody else is in it.
func (l *lane) savepoint(ctx context.Context) error {
	if l.jobs == 0 {
		return nil
	}
	return l.steer(ctx, "savepoint job")
}

// rollback implements writer.
func (l *lane) rollback(ctx context.Context) error {
	if l.jobs == 0 {
		return l.steer(ctx, "rollback; "+opening)
	}
	return l.steer(ctx, "rollback to job")
}

// release implements writer: the savepoint goes together with what comes next.
func (l *lane) release(context.Context) error {
	if l.jobs > 0 {
		l.owed = "release job; "
	}
	l.jobs++
	return nil
}

// commit implements writer. It lets go of all savepoints.
func (l *lane) commit(ctx context.Context) error {
	l.owed = ""
	return l.steer(ctx, "commit")
}

func (l *lane) steer(ctx context.Context, statement string) error {
	owed := l.owed
	l.owed = ""
	_, err := l.conn.ExecContext(ctx, owed+statement)
	return err
}

// ExecContext runs a statement to its end, whatever becomes of ctx: the connection
// would break, and with it the transaction, which is shared.
func (l *lane) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return l.conn.ExecContext(context.WithoutCancel(ctx), query, args...)
}

// QueryContext is like ExecContext.
func (l *lane) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return l.conn.QueryContext(context.WithoutCancel(ctx), query, args...)
}

// drop gives up the connection; closing it undoes its transaction.
func (l *lane) drop() {
	_ = l.close() // what made the connection useless was reported already
}

func (l *lane) close() error {
	if l.conn == nil {
		return nil
	}
	conn := l.conn
	l.conn = nil
	return discard(conn)
}
