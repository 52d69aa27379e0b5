package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"dobosh/internal/backup"
	"dobosh/internal/journal"
	"dobosh/internal/storage"
)

// KeepDatabase has the next start take from the journal what a database lacks that was
// put back by other means. The node must not run, and the database must have followed
// its journal before: one that is empty is lost, not older.
func KeepDatabase(ctx context.Context, cfg Config, alone bool, log *slog.Logger) (err error) {
	lock, err := journal.Lock(filepath.Join(cfg.Dir, "journal"))
	if errors.Is(err, journal.ErrLocked) {
		return fmt.Errorf("the node is running, stop it first: %w", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }() // which gives it back
	where, err := cfg.storage()
	if err != nil {
		return err
	}
	db, err := storage.Visit(ctx, where, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var size int64
	err = db.Read(ctx).QueryRowContext(ctx, `select size from journal_marks where origin = $1`, Origin(cfg.Member, cfg.Name)).Scan(&size)
	if errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("%s is not a copy that can be kept: it has never followed the journal of this node", cfg.DatabaseName())
	}
	if err != nil {
		return err
	}
	return backup.Put(cfg.Dir, backup.Restored{Database: true, Alone: alone})
}
