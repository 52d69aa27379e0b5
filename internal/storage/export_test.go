package storage

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Waiting returns how many writes wait for the writer of an SQLite database.
func Waiting(db *DB) int { return len(db.engine.(*sqliteFile).combiner.queue) }

// IsPrepared says whether the readers of an SQLite database keep a statement prepared, and how many they keep.
func IsPrepared(db *DB, query string) (is bool, many int) {
	s := db.engine.(*sqliteFile).prepared
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byText[query] != nil, len(s.byText)
}

// MaxStatements is the most that they keep.
const MaxStatements = maxStatements

// Freeze stops what shows the server that this process lives, until thaw.
func Freeze(db *DB) (thaw func()) {
	frozen, end := make(chan struct{}), make(chan struct{})
	go func() {
		_ = db.engine.(*postgresServer).crossing.ask(context.Background(), func(context.Context, *pgx.Conn) error {
			close(frozen)
			<-end
			return nil
		})
	}()
	<-frozen
	return func() { close(end) }
}
