package node

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// truth brings the journal and the database of a node together at its start: the
// journal says what was decided and exchanged, the database what is under way. What
// does not fit keeps the node from serving.
type truth struct {
	base
	journal.Comparison
}

// openTruth looks whether the database belongs to the journal at all. It comes
// before anything is appended.
func openTruth(ctx context.Context, b base, db *storage.DB, book *journal.Log) (truth, error) {
	_, err := os.Stat(b.restoredFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return truth{}, err
	}
	t := truth{b, journal.Comparison{Log: book, DB: db, Restored: err == nil}}
	return t, t.said(t.Before(ctx))
}

// settle takes up what the journal says since the database was last marked, and
// begins to follow it: what people see of it, and the mark. It comes when all rooms
// are open and before anything is served.
func (t truth) settle(ctx context.Context, brought []Brings) (Brings, error) {
	var rooms []journal.Kept
	for _, b := range brought {
		rooms = append(rooms, b.Keeps...)
	}
	adopted, err := t.After(ctx, rooms, t.log)
	if err != nil {
		return Brings{}, t.said(err)
	}
	if t.Restored {
		t.log.WarnContext(ctx, "the database was restored", slog.Int("adopted", adopted))
		if err := os.Remove(t.restoredFile()); err != nil {
			return Brings{}, err
		}
	}
	return Brings{Close: journal.Project(ctx, t.DB, t.Log, receiptKinds(), t.log).Close}, nil
}

// restoredFile is there from a restore of the database until the node has started
// with it.
func (c Config) restoredFile() string { return filepath.Join(c.Dir, "restored") }

// DatabaseName says where the database is, without the password in an address.
func (c Config) DatabaseName() string {
	if c.Storage.PostgresFile != "" {
		return c.Storage.PostgresFile
	}
	return filepath.Join(c.Dir, "dobosh.db")
}

// said names the files in the sentence.
func (t truth) said(err error) error {
	lost, ok := errors.AsType[*journal.Lost](err)
	if !ok {
		return err
	}
	return problem.New(problem.Conflict, lost.Code, "database", t.DatabaseName(), "journal", filepath.Join(t.Dir, "journal"),
		"entries", strconv.FormatInt(lost.Log, 10), "known", strconv.FormatInt(lost.Known, 10)).Because(err)
}

// damaged says of a journal that does not open what is wrong with it and what to do.
func (b base) damaged(err error) error {
	damage, ok := errors.AsType[*journal.DamageError](err)
	if !ok {
		return err
	}
	code, file := "journal-damaged", filepath.Join(b.Dir, "journal", damage.File)
	if damage.File == "keys" {
		code = "journal-keys-lost"
	}
	return problem.New(problem.Conflict, code, "file", file).Because(err)
}
