package journal_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"dobosh/internal/journal"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// truth is a log and a database that follow each other.
type truth struct {
	t    *testing.T
	dir  string
	db   *storage.DB
	rows map[string]bool // what a room keeps of entries of the kind "decision"
}

func newTruth(t *testing.T, open func(...fs.FS) *storage.DB) *truth {
	return &truth{t: t, dir: t.TempDir(), db: open(journal.Migrations()), rows: map[string]bool{}}
}

func (r *truth) rooms() []journal.Kept {
	return []journal.Kept{{
		Kind: "decision",
		Has: func(_ context.Context, _ storage.Reader, l journal.Logged) (bool, error) {
			return r.rows[l.Entry.ID], nil
		},
		Adopt: func(_ context.Context, _ *storage.Tx, l journal.Logged) error { r.rows[l.Entry.ID] = true; return nil },
	}}
}

// starts compares as a node does and runs what happens then; the projection follows only
// when it does not die before.
func (r *truth) starts(restored bool, then func(l *journal.Log, follow func())) error {
	r.t.Helper()
	l := openLog(r.t, r.dir)
	defer func() {
		if err := l.Close(); err != nil {
			r.t.Error(err)
		}
	}()
	c := journal.Comparison{Log: l, DB: r.db, Restored: restored}
	if err := c.Before(r.t.Context()); err != nil {
		return err
	}
	if _, err := c.After(r.t.Context(), r.rooms(), quiet()); err != nil {
		return err
	}
	if then != nil {
		then(l, func() {
			p := journal.Project(r.t.Context(), r.db, l, []string{"answer"}, quiet())
			if err := p.WaitFor(r.t.Context(), l.Size()-1); err != nil {
				r.t.Error(err)
			}
			if err := p.Close(); err != nil {
				r.t.Error(err)
			}
		})
	}
	return nil
}

// decides makes a decision: the row, then the entry.
func (r *truth) decides(l *journal.Log, number int, id string) {
	r.rows[id] = true
	if _, err := l.Append(r.t.Context(), journal.Entry{Kind: "decision", ID: id, At: now(), Meta: []byte("{}")}); err != nil {
		r.t.Fatal(number, err)
	}
}

func (r *truth) wants(err error, code string) {
	r.t.Helper()
	lost, ok := errors.AsType[*journal.Lost](err)
	if code == "" && err != nil || code != "" && (!ok || lost.Code != code) {
		r.t.Errorf("a start says %v, want %q", err, code)
	}
}

func TestLogAndDatabaseAreCompared(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(r *truth)
		restored bool
		want     string
	}{
		"nothing happened":                  {func(*truth) {}, false, ""},
		"the database is new":               {func(r *truth) { r.empties() }, false, journal.DatabaseLost},
		"the database is new, on purpose":   {func(r *truth) { r.empties(); clear(r.rows) }, true, ""},
		"the database forgot a decision":    {func(r *truth) { r.forgets(1); delete(r.rows, "b") }, false, journal.DatabaseOlder},
		"the database forgot what it knew":  {func(r *truth) { r.forgets(1) }, false, journal.DatabaseOlder},
		"without the note beside the log":   {func(r *truth) { r.forgets(1); r.removes("marked"); delete(r.rows, "b") }, false, journal.DatabaseOlder},
		"an older database, on purpose":     {func(r *truth) { r.forgets(1); delete(r.rows, "b") }, true, ""},
		"the log is new":                    {func(r *truth) { r.dir = r.t.TempDir() }, false, journal.JournalOlder},
		"the log is new, and is no remedy":  {func(r *truth) { r.dir = r.t.TempDir() }, true, journal.JournalOlder},
		"another log of the same name":      {func(r *truth) { r.other() }, false, journal.JournalOther},
		"the note beside the log is lost":   {func(r *truth) { r.removes("marked") }, false, ""},
		"the note beside the log is broken": {func(r *truth) { r.writes("marked", "dobosh marked v1 9 x") }, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
				r := newTruth(t, open)
				r.wants(r.starts(false, func(l *journal.Log, follow func()) {
					r.decides(l, 0, "a")
					look(t, l, 1, "answer", "ana")
					r.decides(l, 2, "b")
					follow()
				}), "")
				r.wants(r.starts(false, nil), "")
				c.change(r)
				err := r.starts(c.restored, nil)
				r.wants(err, c.want)
				if err == nil && (!r.rows["a"] || !r.rows["b"]) {
					t.Errorf("after the start the rows are %v", r.rows)
				}
			})
		})
	}
}

// A process dies between the entry and what the database keeps of it: the next one takes
// it up and says nothing.
func TestTailOfACrashIsTakenUp(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		r := newTruth(t, open)
		for i, id := range []string{"a", "b", "c"} {
			r.wants(r.starts(false, func(l *journal.Log, follow func()) {
				r.decides(l, i, id)
				look(t, l, i, "answer", "ana")
			}), "")
		}
		r.wants(r.starts(false, nil), "")
	})
}

// empties makes the database one that has never seen the log.
func (r *truth) empties() {
	r.t.Helper()
	if err := r.db.Write(r.t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, "delete from journal_marks")
		if err == nil {
			_, err = tx.ExecContext(ctx, "delete from journal_cursors")
		}
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
}

// forgets sets the database back to an earlier mark.
func (r *truth) forgets(size int64) {
	r.t.Helper()
	l := openLog(r.t, r.dir)
	root, err := l.RootAt(size)
	if err := errors.Join(err, l.Close()); err != nil {
		r.t.Fatal(err)
	}
	if err := r.db.Write(r.t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, "update journal_marks set size = $1, root = $2", size, root)
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *truth) removes(file string) {
	if err := os.Remove(filepath.Join(r.dir, file)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *truth) writes(file, text string) {
	if err := os.WriteFile(filepath.Join(r.dir, file), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// other puts another log of the same name and length in the place of the log.
func (r *truth) other() {
	r.dir = r.t.TempDir()
	l := openLog(r.t, r.dir)
	for i := range 3 {
		look(r.t, l, i, "answer", "boris")
	}
	if err := l.Close(); err != nil {
		r.t.Fatal(err)
	}
}

// A log without the file of its keys does not go on with new ones.
func TestLogWithoutItsKeysDoesNotOpen(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"removed": os.Remove,
		"emptied": func(path string) error { return os.Truncate(path, 0) },
		"cut back to fewer keys": func(path string) error {
			return os.Truncate(path, 64)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newTruth(t, func(...fs.FS) *storage.DB { return testkit.Database(t, storage.SQLite)(journal.Migrations()) })
			r.wants(r.starts(false, func(l *journal.Log, follow func()) {
				look(t, l, 0, "answer", "ana")
				follow()
			}), "")
			r.wants(r.starts(false, nil), "")
			if err := change(filepath.Join(r.dir, "keys")); err != nil {
				t.Fatal(err)
			}
			l, err := journal.Open(t.Context(), journal.Config{Dir: r.dir, Origin: "log.example/registers", Key: ed25519.NewKeyFromSeed(make([]byte, 32))}, now, quiet())
			if damage := (*journal.DamageError)(nil); !errors.As(err, &damage) || damage.File != "keys" {
				t.Errorf("opened with %v, want damage of keys", err)
			}
			if l != nil {
				_ = l.Close()
			}
		})
	}
}
