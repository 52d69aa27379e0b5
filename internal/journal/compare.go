package journal

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"

	"dobosh/internal/storage"
)

// Lost says that a log and its database do not fit each other: one of them is not what it was.
type Lost struct {
	Code    string // of the problem
	Log     int64  // entries of the log
	Known   int64  // entries that the database knows of
	Missing string // what the log has and the database has not, for example "decision 01J…"; may be empty
}

// The ways in which they do not fit.
const (
	DatabaseLost  = "database-lost"  // the database has never seen this log
	DatabaseOlder = "database-older" // the database has known more than it knows now
	JournalOlder  = "journal-older"  // the database knows of entries that the log does not have
	JournalOther  = "journal-other"  // the database followed a log of the same name with other entries
)

func (l *Lost) Error() string {
	says := fmt.Sprintf("%s: the journal has %d entries, the database knows of %d", l.Code, l.Log, l.Known)
	if l.Missing != "" {
		says += "; it lacks " + l.Missing
	}
	return says
}

// Kept is what a room keeps in the database of entries of one kind.
type Kept struct {
	Kind string
	// Has reports whether what the entry says is in the database.
	Has func(ctx context.Context, from storage.Reader, l Logged) (bool, error)
	// Adopt puts into the database what the entry says; nil where a row comes after its entry, so that an entry without a row was
	// acknowledged to nobody. It may run twice.
	Adopt func(ctx context.Context, tx *storage.Tx, l Logged) error
}

// Comparison is how a log and a database are brought together at a start, before anything is appended or projected.
type Comparison struct {
	Log *Log
	DB  *storage.DB
	// Restored says that the database was put there from a copy, or made anew, by somebody who knows: what is missing is adopted from
	// the log instead of being refused.
	Restored bool
}

// Before looks whether the database belongs to this log at all. Error: *Lost.
func (c Comparison) Before(ctx context.Context) error {
	size := c.Log.Size()
	mark, known, err := MarkIn(ctx, c.DB.Read(ctx), c.Log.origin)
	if err != nil {
		return err
	}
	switch {
	case !known && size > 0 && !c.Restored:
		return &Lost{Code: DatabaseLost, Log: size}
	case mark.Size > size:
		return &Lost{Code: JournalOlder, Log: size, Known: mark.Size}
	}
	if known && mark.Root != [hashSize]byte{} {
		root, err := c.Log.rootAt(mark.Size)
		if err != nil {
			return err
		}
		if root != mark.Root {
			return &Lost{Code: JournalOther, Log: size, Known: mark.Size}
		}
	}
	if was, some := readMarked(c.Log.dir); some && was.size > mark.Size && !c.Restored {
		return &Lost{Code: DatabaseOlder, Log: size, Known: mark.Size}
	}
	if !known && size == 0 { // from now on a database without a mark is one that lost it
		return c.settle(ctx, 0)
	}
	return nil
}

// After takes up what the log says since the mark: rooms look for each entry of theirs in the database. What a crash left between the two is
// there, or was acknowledged to nobody; anything else means that the database is an older one, and is adopted only when it was restored.
// It gives how many entries were adopted. Error: *Lost.
func (c Comparison) After(ctx context.Context, rooms []Kept, log *slog.Logger) (adopted int, err error) {
	mark, _, err := MarkIn(ctx, c.DB.Read(ctx), c.Log.origin)
	if err != nil {
		return 0, err
	}
	kinds := map[string]Kept{}
	for _, k := range rooms {
		kinds[k.Kind] = k
	}
	size := c.Log.Size()
	for index := mark.Size; index < size; index++ {
		l, err := c.Log.Logged(ctx, index)
		if damage := (*DamageError)(nil); errors.As(err, &damage) || l.Erased {
			if err != nil {
				log.ErrorContext(ctx, "entry is damaged and cannot be compared", slog.Int64("index", index), slog.Any("error", err))
			}
			continue
		}
		if err != nil {
			return adopted, err
		}
		k, ours := kinds[l.Entry.Kind]
		if !ours {
			continue
		}
		has, err := k.Has(ctx, c.DB.Read(ctx), l)
		switch {
		case err != nil:
			return adopted, fmt.Errorf("compare entry %d: %w", index, err)
		case has || k.Adopt == nil:
			continue
		case !c.Restored:
			return adopted, &Lost{Code: DatabaseOlder, Log: size, Known: mark.Size, Missing: l.Entry.Kind + " " + l.Entry.ID}
		}
		if err := c.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return k.Adopt(ctx, tx, l) }); err != nil {
			return adopted, fmt.Errorf("adopt entry %d: %w", index, err)
		}
		adopted++
	}
	return adopted, c.settle(ctx, size)
}

// settle marks the database as knowing the first size entries.
func (c Comparison) settle(ctx context.Context, size int64) error {
	mark, err := c.Log.mark(size)
	if err != nil {
		return err
	}
	if err := c.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return mark.put(ctx, tx, c.Log.now()) }); err != nil {
		return fmt.Errorf("mark the database: %w", err)
	}
	if was, some := readMarked(c.Log.dir); some && was.size == size && was.root == hex.EncodeToString(mark.Root[:]) && was.keys == c.Log.keyring.count() {
		return nil
	}
	return c.Log.note(mark)
}
