package storage

import (
	"context"
	"database/sql"
	"errors"
	"hash/maphash"
	"sync"
)

// maxStatements bounds a cache of prepared statements. The SQL texts of the rooms
// are constants and fit.
const maxStatements = 256

// preparer is a pool or a single connection.
type preparer interface {
	querier
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// statements keeps prepared statements by their SQL text, because SQLite compiles
// a statement slower than it runs most of them. A text is kept when it comes a second
// time: many that are made at run time, such as a search, never do. What was not used
// for the longest time goes for a new one. Safe for concurrent use when what it
// prepares on is.
type statements struct {
	on   preparer
	idle func(query string) bool // whether nobody reads rows of it; nil for always
	seed maphash.Seed

	mu     sync.Mutex
	byText map[string]*prepared // guarded by mu
	once   map[uint64]struct{}  // guarded by mu; hashes of texts that came once, lately
	uses   int64                // guarded by mu
}

// prepared is a statement with who uses it.
type prepared struct {
	stmt  *sql.Stmt
	users int   // guarded by mu of the statements
	last  int64 // guarded by mu of the statements: the use after which it rests
}

func newStatements(on preparer) *statements {
	return &statements{on: on, seed: maphash.MakeSeed(), byText: map[string]*prepared{}, once: map[uint64]struct{}{}}
}

func (s *statements) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	p, err := s.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return s.on.ExecContext(ctx, query, args...)
	}
	defer s.leave(p)
	return p.stmt.ExecContext(ctx, args...)
}

func (s *statements) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	p, err := s.take(ctx, query)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return s.on.QueryContext(ctx, query, args...)
	}
	defer s.leave(p)
	return p.stmt.QueryContext(ctx, args...)
}

// take gives the prepared statement for query, or nil when the text comes for the first
// time. A new one is prepared outside of the lock; of two that prepare the same at
// once the first to finish wins. Whoever takes one leaves it.
func (s *statements) take(ctx context.Context, query string) (*prepared, error) {
	if p, again := s.look(query); p != nil || !again {
		return p, nil
	}
	stmt, err := s.on.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	p, spare := s.keep(query, stmt)
	if spare != nil {
		_ = spare.Close() // what it has to say is of its last use, and was said then
	}
	return p, nil
}

// look finds a statement that is kept, and says whether the text came before.
func (s *statements) look(query string) (p *prepared, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.byText[query]; p != nil {
		s.use(p)
		return p, true
	}
	hash := maphash.String(s.seed, query)
	if _, again = s.once[hash]; again {
		delete(s.once, hash)
		return nil, true
	}
	if len(s.once) >= maxStatements {
		clear(s.once)
	}
	s.once[hash] = struct{}{}
	return nil, false
}

// keep takes a new statement in, and gives back what is to be closed: the same that somebody else
// has prepared meanwhile, or the one that was unused for the longest time.
func (s *statements) keep(query string, stmt *sql.Stmt) (p *prepared, spare *sql.Stmt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p = s.byText[query]; p != nil {
		s.use(p)
		return p, stmt
	}
	if len(s.byText) >= maxStatements {
		oldest := ""
		for text, p := range s.byText {
			if p.users == 0 && (oldest == "" || p.last < s.byText[oldest].last) && (s.idle == nil || s.idle(text)) {
				oldest = text
			}
		}
		if oldest != "" { // else all are in use, and there is one more for a while
			spare = s.byText[oldest].stmt
			delete(s.byText, oldest)
		}
	}
	p = &prepared{stmt: stmt}
	s.byText[query] = p
	s.use(p)
	return p, spare
}

// use notes a use. The caller holds mu.
func (s *statements) use(p *prepared) {
	s.uses++
	p.users, p.last = p.users+1, s.uses
}

func (s *statements) leave(p *prepared) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.users--
}

// close closes all statements.
func (s *statements) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, p := range s.byText {
		errs = append(errs, p.stmt.Close())
	}
	clear(s.byText)
	return errors.Join(errs...)
}
