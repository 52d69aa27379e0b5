package storage

import (
	"context"
	"database/sql"
)

// Scan copies the columns of the current row, like sql.Rows.Scan.
type Scan func(dest ...any) error

// Row is the answer to a query for one row.
type Row struct {
	rows *sql.Rows
	err  error
}

// Scan copies the columns of the row, or returns ErrNotFound. It must be called
// exactly once, as it also ends the query.
func (r Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return ErrNotFound
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	return r.rows.Close()
}

// All reads every row of a query with read, and ends the query. It takes the
// error of the query so that a call needs to look at one error only:
//
//	rows, err := tx.QueryContext(ctx, "select id, name from t order by id limit $1", limit)
//	return storage.All(rows, err, func(scan storage.Scan) (t T, err error) {
//		return t, scan(&t.ID, &t.Name)
//	})
//
// The query bounds the number of rows.
func All[T any](rows *sql.Rows, err error, read func(scan Scan) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		item, err := read(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, rows.Err()
}

// One reads the first row of a query with read, or returns ErrNotFound.
func One[T any](rows *sql.Rows, err error, read func(scan Scan) (T, error)) (T, error) {
	var none T
	if err != nil {
		return none, err
	}
	item, err := read(Row{rows: rows}.Scan)
	if err != nil {
		rows.Close()
		return none, err
	}
	return item, nil
}

// querier is what both database/sql and the statement caches offer.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// committed reads what is committed.
type committed struct{ from querier }

func (c committed) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return c.from.QueryContext(ctx, query, args...)
}

func (c committed) QueryRowContext(ctx context.Context, query string, args ...any) Row {
	rows, err := c.from.QueryContext(ctx, query, args...)
	return Row{rows, err}
}
