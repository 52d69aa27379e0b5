package storage

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// maxStatements bounds a cache of prepared statements. The SQL texts of the rooms
// are constants and fit; texts made at run time that come too late are compiled
// each time.
const maxStatements = 256

// preparer is a pool or a single connection.
type preparer interface {
	querier
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// statements keeps prepared statements by their SQL text, because SQLite compiles
// a statement slower than it runs most of them. Safe for concurrent use when what
// it prepares on is.
type statements struct {
	on     preparer
	mu     sync.Mutex
	byText map[string]*sql.Stmt // guarded by mu
}

func newStatements(on preparer) *statements {
	return &statements{on: on, byText: map[string]*sql.Stmt{}}
}

func (s *statements) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := s.get(ctx, query)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return s.on.ExecContext(ctx, query, args...)
	}
	return stmt.ExecContext(ctx, args...)
}

func (s *statements) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := s.get(ctx, query)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return s.on.QueryContext(ctx, query, args...)
	}
	return stmt.QueryContext(ctx, args...)
}

// get returns the prepared statement for query, or nil when the cache is full. A
// new one is prepared outside of the lock; of two that prepare the same at once
// the first to finish wins.
func (s *statements) get(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, full := s.look(query); stmt != nil || full {
		return stmt, nil
	}
	stmt, err := s.on.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if first := s.byText[query]; first != nil {
		return first, stmt.Close()
	}
	s.byText[query] = stmt
	return stmt, nil
}

func (s *statements) look(query string) (stmt *sql.Stmt, full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byText[query], len(s.byText) >= maxStatements
}

// close closes all statements.
func (s *statements) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, stmt := range s.byText {
		errs = append(errs, stmt.Close())
	}
	clear(s.byText)
	return errors.Join(errs...)
}
