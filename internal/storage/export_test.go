package storage

// Waiting returns how many writes wait for the writer of an SQLite database.
func Waiting(db *DB) int { return len(db.engine.(*sqliteFile).combiner.queue) }
