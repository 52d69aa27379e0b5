package storage

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Waiting returns how many writes wait for the writer of an SQLite database.
func Waiting(db *DB) int { return len(db.engine.(*sqliteFile).combiner.queue) }

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
