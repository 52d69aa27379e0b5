package journal

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dobosh/internal/storage"
)

// Mark is how far a database has followed a log: what the first Size entries led to is in it.
type Mark struct {
	Origin string
	Size   int64
	Root   tlog.Hash // of the tree of that size
}

// storedMark is a row of journal_marks.
type storedMark struct {
	origin, root string
	size         int64
	at           time.Time
}

var marks = storage.NewTable("journal_marks",
	storage.Col("origin", func(m *storedMark) *string { return &m.origin }),
	storage.Col("size", func(m *storedMark) *int64 { return &m.size }),
	storage.Col("root", func(m *storedMark) *string { return &m.root }),
	storage.Time("at", func(m *storedMark) *time.Time { return &m.at }),
)

// MarkIn reads the mark of a log in a database. Without one, that of before there were marks serves: how far the receipts were made.
// known is false when the database has never followed the log.
func MarkIn(ctx context.Context, from storage.Reader, origin string) (m Mark, known bool, err error) {
	row, err := marks.One(ctx, from, "where origin = $1", origin)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return cursorIn(ctx, from, origin)
	case err != nil:
		return Mark{}, false, fmt.Errorf("mark of %s: %w", origin, err)
	}
	root, err := hex.DecodeString(row.root)
	if err != nil || len(root) != hashSize {
		return Mark{}, false, fmt.Errorf("mark of %s: its root is no hash", origin)
	}
	return Mark{origin, row.size, tlog.Hash(root)}, true, nil
}

// cursorIn is a mark without a root.
func cursorIn(ctx context.Context, from storage.Reader, origin string) (Mark, bool, error) {
	m := Mark{Origin: origin}
	err := from.QueryRowContext(ctx, "select next from journal_cursors where origin = $1", origin).Scan(&m.Size)
	if errors.Is(err, storage.ErrNotFound) {
		return m, false, nil
	}
	return m, err == nil, err
}

// put moves the mark forward, in the transaction that brings what the entries led to.
func (m Mark) put(ctx context.Context, tx *storage.Tx, at time.Time) error {
	_, err := marks.Insert(ctx, tx, "on conflict (origin) do update set size = excluded.size, root = excluded.root, at = excluded.at where excluded.size > journal_marks.size",
		storedMark{m.Origin, hex.EncodeToString(m.Root[:]), m.Size, at})
	return err
}

// mark is the mark of a database that knows the first size entries.
func (l *Log) mark(size int64) (Mark, error) {
	root, err := l.rootAt(size)
	return Mark{l.origin, size, root}, err
}

// The file "marked" beside the segments says how far the database was marked, and how many content keys there were: an older copy of either
// is noticed even when the log holds nothing that must be in it. It is written now and then, and made again when it is lost.
//
//	dobosh marked v1 SIZE ROOT KEYS
const (
	markedFile  = "marked"
	markedPace  = time.Second
	markedStart = "dobosh marked v1 "
)

// marked is what the file says.
type marked struct {
	size int64
	root string
	keys uint32
}

func (m marked) String() string {
	return fmt.Sprintf("%s%d %s %d\n", markedStart, m.size, m.root, m.keys)
}

// readMarked reads the file of a log; some is false when there is none that can be read.
func readMarked(dir string) (m marked, some bool) {
	raw, err := os.ReadFile(filepath.Join(dir, markedFile))
	if err != nil || len(raw) > 256 {
		return m, false
	}
	rest, ours := strings.CutPrefix(string(raw), markedStart)
	if !ours {
		return m, false
	}
	if n, err := fmt.Sscanf(rest, "%d %64s %d\n", &m.size, &m.root, &m.keys); err != nil || n != 3 || m.String() != string(raw) {
		return m, false
	}
	return m, true
}

// note writes the file.
func (l *Log) note(m Mark) error {
	return WriteWhole(filepath.Join(l.dir, markedFile), []byte(marked{m.Size, hex.EncodeToString(m.Root[:]), l.keyring.count()}.String()))
}
