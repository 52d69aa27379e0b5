package storage

import (
	"context"
	"errors"
	"fmt"
)

// ErrDamaged says that the file of the database is not what was written to it.
var ErrDamaged = errors.New("the database is damaged")

// Integrity reads the whole database and returns ErrDamaged, with the first that
// does not fit, when pages of it are not whole (https://sqlite.org/pragma.html#pragma_quick_check).
// It takes seconds for a gigabyte and holds up nobody. PostgreSQL is left to its own
// checksums, which fail the reads.
func (db *DB) Integrity(ctx context.Context) error {
	if db.Engine() != SQLite {
		return nil
	}
	var said string
	if err := db.Read(ctx).QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&said); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if said != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, said)
	}
	return nil
}
