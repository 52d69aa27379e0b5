package storage

import (
	"context"
	"database/sql"
	"fmt"
	"runtime/debug"
	"time"
)

// Tx is a transaction. It belongs to the function that a Write runs and is not
// safe for use by several goroutines.
type Tx struct {
	db     *DB
	on     querier
	failed error       // the first statement that failed: nothing more may follow
	open   []*sql.Rows // queries to end when the function returns
	hooks  []func()    // to run after the commit, in this order
}

type txKey struct{}

// current returns the transaction of this DB that ctx is part of, or nil.
func (db *DB) current(ctx context.Context) *Tx {
	if tx, ok := ctx.Value(txKey{}).(*Tx); ok && tx.db == db {
		return tx
	}
	return nil
}

// ExecContext runs a statement that returns no rows.
func (tx *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := tx.ready(ctx); err != nil {
		return nil, err
	}
	result, err := tx.on.ExecContext(ctx, query, args...)
	return result, tx.note(err)
}

// QueryContext runs a statement that returns rows. Rows that are still open when
// the function of the Write returns are closed.
func (tx *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := tx.ready(ctx); err != nil {
		return nil, err
	}
	rows, err := tx.on.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, tx.note(err)
	}
	tx.open = append(tx.open, rows)
	return rows, nil
}

// QueryRowContext runs a statement that returns at most one row.
func (tx *Tx) QueryRowContext(ctx context.Context, query string, args ...any) Row {
	rows, err := tx.QueryContext(ctx, query, args...)
	return Row{rows, err}
}

// AfterCommit registers a function to run once the transaction is durable and
// before Write returns. On SQLite the functions of all transactions run one after
// another in the order of commit. They must not block and must not Write.
func (tx *Tx) AfterCommit(fn func()) { tx.hooks = append(tx.hooks, fn) }

// Sequence returns a number greater than all this DB has given out before. It
// counts microseconds of the system clock, so it goes on growing after a restart
// unless the clock was set back. Transactions follow each other, so it orders rows
// by commit; those of several processes as far as their clocks agree.
func (tx *Tx) Sequence() int64 {
	for {
		last := tx.db.last.Load()
		next := max(last+1, Micros(time.Now()))
		if tx.db.last.CompareAndSwap(last, next) {
			return next
		}
	}
}

// ready refuses a statement that must not run.
func (tx *Tx) ready(ctx context.Context) error {
	if tx.failed != nil {
		return tx.failed
	}
	return ctx.Err()
}

// note remembers that a statement failed.
func (tx *Tx) note(err error) error {
	if err != nil {
		tx.failed = fmt.Errorf("a statement failed earlier in this transaction: %w", err)
	}
	return err
}

// run runs fn and returns nil only when its transaction may be committed. The Tx
// cannot be used afterwards.
func (tx *Tx) run(ctx context.Context, fn func(context.Context, *Tx) error) error {
	defer tx.end() // also when fn ends its goroutine
	if err := tx.call(context.WithValue(ctx, txKey{}, tx), fn); err != nil {
		return err
	}
	return tx.ready(ctx)
}

func (tx *Tx) end() {
	for _, rows := range tx.open {
		rows.Close()
	}
	tx.open = nil
	tx.failed = ErrTxDone
}

// call turns a panic of fn into an error.
func (tx *Tx) call(ctx context.Context, fn func(context.Context, *Tx) error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("storage: panic in a write: %v\n%s", cause, debug.Stack())
		}
	}()
	return fn(ctx, tx)
}
