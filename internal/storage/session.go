package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// session is the writing connection of an SQLite file with its prepared
// statements. It belongs to one goroutine.
type session struct {
	pool     *sql.DB
	conn     *sql.Conn // nil until the first begin, and after drop
	prepared *statements
	reading  map[string]*sql.Rows // what the prepared statements read last in this transaction
}

// begin opens a connection when there is none, and a transaction that holds the
// write lock from its start.
func (s *session) begin(ctx context.Context) error {
	if s.conn == nil {
		conn, err := s.pool.Conn(ctx)
		if err != nil {
			return err
		}
		s.conn, s.prepared, s.reading = conn, newStatements(conn), map[string]*sql.Rows{}
		s.prepared.idle = func(query string) bool { return !s.busy(query) } // closing it would end its rows
	}
	clear(s.reading)
	return s.control(ctx, "begin immediate")
}

// savepoint, rollback, release and commit implement writer.
func (s *session) savepoint(ctx context.Context) error { return s.control(ctx, "savepoint job") }
func (s *session) rollback(ctx context.Context) error  { return s.control(ctx, "rollback to job") }
func (s *session) release(ctx context.Context) error   { return s.control(ctx, "release job") }
func (s *session) commit(ctx context.Context) error    { return s.control(ctx, "commit") }

// control runs a statement that steers the transaction.
func (s *session) control(ctx context.Context, query string) error {
	_, err := s.prepared.ExecContext(ctx, query)
	return err
}

// ExecContext runs a statement to its end, whatever becomes of ctx: SQLite undoes
// the whole transaction when it interrupts a change, and this transaction is
// shared.
func (s *session) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s.busy(query) {
		return s.conn.ExecContext(context.WithoutCancel(ctx), query, args...)
	}
	return s.prepared.ExecContext(context.WithoutCancel(ctx), query, args...)
}

func (s *session) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s.busy(query) {
		return s.conn.QueryContext(context.WithoutCancel(ctx), query, args...)
	}
	rows, err := s.prepared.QueryContext(context.WithoutCancel(ctx), query, args...)
	if err == nil {
		s.reading[query] = rows
	}
	return rows, err
}

// busy says whether rows of the prepared statement for query are still read. A
// statement has one cursor, so the same text must run as another statement then.
func (s *session) busy(query string) bool {
	rows := s.reading[query]
	if rows == nil {
		return false
	}
	_, err := rows.Columns() // an error says that the rows are closed
	return err == nil
}

// drop gives up the connection; closing it undoes its transaction.
func (s *session) drop() {
	_ = s.close() // what made the connection useless was reported already
}

func (s *session) close() error {
	if s.conn == nil {
		return nil
	}
	conn := s.conn
	s.conn = nil
	return errors.Join(s.prepared.close(), discard(conn))
}

// discard closes a connection instead of giving it back to its pool, which would
// hand it out with the transaction still open.
func discard(conn *sql.Conn) error {
	err := conn.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) {
		return nil
	}
	return err
}
