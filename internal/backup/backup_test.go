package backup_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/backup"
	"dobosh/internal/files"
	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

const origin = "RS/GOV/ADA/n1"

// machine is one on which a node lived: a journal of short segments, a database, a
// configuration, a key.
type machine struct {
	t    *testing.T
	node backup.Node
	book *journal.Log
	cfg  journal.Config
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	seed := sha256.Sum256([]byte("journal"))
	key := ed25519.NewKeyFromSeed(seed[:])
	verifier := testkit.Must[note.Verifier](t)(journal.NewKey(origin, key.Public().(ed25519.PublicKey)))
	config := filepath.Join(t.TempDir(), "n1", "dobosh.yaml")
	dir := filepath.Join(filepath.Dir(config), "data")
	m := &machine{
		t:    t,
		node: backup.Node{Origin: origin, Version: "test", Config: config, Dir: dir, Database: storage.Config{Engine: storage.SQLite, Path: filepath.Join(dir, "dobosh.db")}, Keys: []note.Verifier{verifier}},
		cfg:  journal.Config{Dir: filepath.Join(dir, "journal"), Origin: origin, Key: key, SegmentBytes: 4 << 10},
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"dobosh.yaml": "name: n1\n", "tls.key": "the key of its name"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(config), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db := testkit.Must[*storage.DB](t)(storage.Open(t.Context(), m.node.Database, slog.New(slog.DiscardHandler)))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	m.open()
	return m
}

func (m *machine) open() {
	m.t.Helper()
	m.book = testkit.Must[*journal.Log](m.t)(journal.Open(m.t.Context(), m.cfg, func() time.Time { return instant }, slog.New(slog.DiscardHandler)))
	m.t.Cleanup(func() { _ = m.book.Close() }) // it may be closed already
}

var instant = time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)

// grow journals what a person is concerned in.
func (m *machine) grow(person string, entries int) {
	m.t.Helper()
	for range entries {
		if _, err := m.book.Append(m.t.Context(), journal.Entry{Kind: "answer", Subjects: []string{person}, Meta: []byte("{}"), Body: bytes.Repeat([]byte("x"), 500)}); err != nil {
			m.t.Fatal(err)
		}
	}
}

func (m *machine) backup(into backup.Into, at time.Time) backup.Manifest {
	m.t.Helper()
	return testkit.Must[backup.Manifest](m.t)(backup.Create(m.t.Context(), m.node, into, at))
}

// restore puts a set onto an empty machine.
func (m *machine) restore(from backup.Into, set backup.Manifest) (*machine, error) {
	m.t.Helper()
	n := *m
	folder := filepath.Join(m.t.TempDir(), "n1")
	n.node.Config, n.node.Dir = filepath.Join(folder, "dobosh.yaml"), filepath.Join(folder, "data")
	n.node.Database.Path, n.cfg.Dir = filepath.Join(n.node.Dir, "dobosh.db"), filepath.Join(n.node.Dir, "journal")
	return &n, n.put(from, set)
}

// put puts a set onto this machine.
func (m *machine) put(from backup.Into, set backup.Manifest) error {
	m.t.Helper()
	_, err := backup.Restore(m.t.Context(), backup.Wanted{
		Set: set, Store: from.Store, Keys: from.Keys, Folder: filepath.Dir(m.node.Config), Log: slog.New(slog.DiscardHandler),
		Load: func(config string) (backup.Node, error) {
			_, err := os.Stat(filepath.Join(filepath.Dir(config), "tls.key"))
			return m.node, err
		},
	})
	return err
}

// counted counts what is written into a store.
type counted struct {
	files.Store
	puts []string
}

func (c *counted) Put(ctx context.Context, name string, content io.Reader, size int64) error {
	c.puts = append(c.puts, name)
	return c.Store.Put(ctx, name, content, size)
}

// segmentsOf are those that a backup wrote for all sets.
func (c *counted) segments() (names []string) {
	for _, name := range c.puts {
		if strings.HasPrefix(name, "RS_GOV_ADA_n1/journal/") {
			names = append(names, name)
		}
	}
	c.puts = nil
	return names
}

func newPlaces(t *testing.T) (into backup.Into, store *counted, keys files.Folder) {
	store, keys = &counted{Store: files.Folder(t.TempDir())}, files.Folder(t.TempDir())
	return backup.Into{Store: store, Keys: keys, KeysKeep: 30 * 24 * time.Hour}, store, keys
}

// A second backup writes the segments that were filled since the first, and no other; each
// set is whole by itself, and of a segment that was damaged in the store the restore speaks.
func TestASecondBackupCopiesNewSegmentsOnly(t *testing.T) {
	m := newMachine(t)
	into, store, _ := newPlaces(t)
	m.grow("ana", 20)
	first := m.backup(into, instant)
	written := store.segments()
	if len(written) < 2 {
		t.Fatalf("the journal is too short: %v", written)
	}
	again := m.backup(into, instant.Add(time.Hour))
	if more := store.segments(); len(more) != 0 || len(again.Segments) != len(first.Segments) {
		t.Errorf("nothing had changed, and these were written: %v", more)
	}
	m.grow("boris", 20)
	second := m.backup(into, instant.Add(2*time.Hour))
	more := store.segments()
	if len(more) == 0 || slices.ContainsFunc(more, func(name string) bool { return slices.Contains(written, name) }) {
		t.Errorf("written were %v, and then %v", written, more)
	}
	if second.Entries != 40 || len(second.Segments) != len(written)+len(more)+1 {
		t.Errorf("the second set has %d entries in %d segments", second.Entries, len(second.Segments))
	}
	for _, set := range []backup.Manifest{first, again, second} {
		n, err := m.restore(into, set)
		if err != nil {
			t.Fatal(err)
		}
		if n.open(); n.book.Size() != set.Entries {
			t.Errorf("restored were %d of %d entries", n.book.Size(), set.Entries)
		}
		if err := n.book.Check(t.Context()); err != nil {
			t.Error(err)
		}
		for i := range set.Entries {
			if e, _, err := n.book.Read(t.Context(), i); err != nil || len(e.Body) != 500 {
				t.Errorf("entry %d: %v", i, err)
			}
		}
	}

	if err := store.Store.Put(t.Context(), written[0], strings.NewReader("short"), 5); err != nil {
		t.Fatal(err)
	}
	if _, err := m.restore(into, second); err == nil || !strings.Contains(err.Error(), written[0]) {
		t.Errorf("a damaged segment was restored: %v", err)
	}
	repaired := m.backup(into, instant.Add(3*time.Hour))
	if more := store.segments(); len(more) != 1 || more[0] != written[0] {
		t.Errorf("for the damaged one were written %v", more)
	}
	if _, err := m.restore(into, repaired); err != nil {
		t.Error(err)
	}
}

// Keys live shorter than what they seal. After their time an old set is restored with the
// keys of a newer one: what was erased since stays erased, all else is read.
func TestAnOldSetIsRestoredWithoutWhatWasErasedSince(t *testing.T) {
	m := newMachine(t)
	into, _, keys := newPlaces(t)
	m.grow("ana", 3)
	m.grow("boris", 3)
	old := m.backup(into, instant)
	if _, err := m.book.Erase(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	m.grow("vera", 3)
	readable := func(n *machine) (persons []string) {
		n.open()
		for i := range n.book.Size() {
			if e, _, err := n.book.Read(t.Context(), i); err == nil && !slices.Contains(persons, e.Subjects[0]) {
				persons = append(persons, e.Subjects[0])
			}
		}
		return persons
	}
	n, err := m.restore(into, old)
	if err != nil {
		t.Fatal(err)
	}
	if got := readable(n); !slices.Equal(got, []string{"ana", "boris"}) {
		t.Errorf("while its keys are there, %v are read in the set", got)
	}

	m.backup(into, instant.Add(29*24*time.Hour)) // the time of the first keys is not over
	if list := testkit.Must[[]files.File](t)(keys.List(t.Context(), "")); len(list) != 2 {
		t.Errorf("there are keys of %d sets", len(list))
	}
	newest := m.backup(into, instant.Add(31*24*time.Hour))
	if list := testkit.Must[[]files.File](t)(keys.List(t.Context(), "")); len(list) != 2 || slices.ContainsFunc(list, func(f files.File) bool { return f.Name == old.Keys.Name }) {
		t.Errorf("after their time the keys are %v", list)
	}
	n, err = m.restore(into, old)
	if err != nil {
		t.Fatal(err)
	}
	if got := readable(n); !slices.Equal(got, []string{"boris"}) {
		t.Errorf("after the time of its keys, %v are read in the set", got)
	}
	if text, err := os.ReadFile(filepath.Join(filepath.Dir(n.node.Config), "tls.key")); err != nil || string(text) != "the key of its name" {
		t.Errorf("its own key: %q, %v", text, err)
	}

	// Where no keys are left at all, it says which file is missing.
	for _, f := range testkit.Must[[]files.File](t)(keys.List(t.Context(), "")) {
		if err := keys.Delete(t.Context(), f.Name); err != nil {
			t.Fatal(err)
		}
	}
	var missing *problem.Problem
	if _, err = m.restore(into, newest); !errors.As(err, &missing) || missing.Code != "backup-keys" || missing.Args["name"] != newest.Keys.Name {
		t.Errorf("without any keys: %v", err)
	}
}

// A restore that failed in the middle is tried again. The journal of the copy is there then
// and stays, and the node still hears its witnesses before it goes on from it.
func TestARestoreIsTriedAgain(t *testing.T) {
	m := newMachine(t)
	into, _, _ := newPlaces(t)
	m.grow("ana", 20)
	set := m.backup(into, instant)
	other := *m
	other.node.Database.Engine = storage.Postgres
	n, err := other.restore(into, set)
	if !problem.HasCode(err, "backup-engine") {
		t.Fatalf("into another engine: %v", err)
	}
	n.node.Database.Engine = storage.SQLite
	if err := n.put(into, set); err != nil {
		t.Fatal(err)
	}
	if was, err := backup.ReadRestored(n.node.Dir); err != nil || !was.Journal || !was.Database || was.Kept != set.Checkpoint {
		t.Errorf("left for the node: %+v, %v", was, err)
	}
	if n.open(); n.book.Size() != set.Entries {
		t.Errorf("it has %d entries", n.book.Size())
	}
}

// The files of cases and mails are in a copy once, wherever the node keeps them, come back with their set, and leave the copy when they were
// erased for as long as keys are kept. Neither the folder of the set nor that of the configuration has them again.
func TestFilesOfCasesAreCopiedOnceAndLeaveWhenTheyWereErased(t *testing.T) {
	m := newMachine(t)
	into, store, _ := newPlaces(t)
	m.grow("ana", 1)
	kept := filepath.Join(filepath.Dir(m.node.Config), "kept") // beside the configuration, outside of the node's folder
	m.node.Files, m.node.Apart = files.Folder(kept), []string{kept, filepath.Join(m.node.Dir, "spool")}
	put := func(name, content string) {
		t.Helper()
		if err := m.node.Files.Put(t.Context(), name, strings.NewReader(content), int64(len(content))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(m.node.Dir, "spool"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.node.Dir, "spool", "mail-1"), []byte("half a mail"), 0o600); err != nil {
		t.Fatal(err)
	}
	put("cases/1", "a picture")
	put("mail/1/sealed", "a mail")
	written := func() (names []string) {
		for _, name := range store.puts {
			if rest, ok := strings.CutPrefix(name, "RS_GOV_ADA_n1/files/"); ok {
				names = append(names, rest)
			}
		}
		store.puts = nil
		return names
	}
	first := m.backup(into, instant)
	if got := written(); !slices.Equal(got, []string{"cases/1", "mail/1/sealed"}) || first.FilesKept != 2 {
		t.Errorf("written were %v, the set has %d", got, first.FilesKept)
	}
	put("mail/2/sealed", "another mail")
	if err := m.node.Files.Delete(t.Context(), "cases/1"); err != nil {
		t.Fatal(err)
	}
	second := m.backup(into, instant.Add(time.Hour))
	if got := written(); !slices.Equal(got, []string{"mail/2/sealed"}) || second.FilesKept != 2 {
		t.Errorf("then were written %v, the set has %d", got, second.FilesKept)
	}

	restored := func(set backup.Manifest) (names []string) {
		t.Helper()
		elsewhere := files.Folder(t.TempDir()) // of the new machine
		other := *m
		other.node.Files = elsewhere
		n, err := other.restore(into, set)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range testkit.Must[[]files.File](t)(elsewhere.List(t.Context(), "")) {
			names = append(names, f.Name)
		}
		_ = filepath.WalkDir(filepath.Dir(n.node.Config), func(path string, _ fs.DirEntry, err error) error {
			if strings.Contains(path, "sealed") || strings.Contains(path, "mail-1") {
				t.Errorf("%s was put back as well", path)
			}
			return err
		})
		return names
	}
	if got := restored(first); !slices.Equal(got, []string{"cases/1", "mail/1/sealed"}) {
		t.Errorf("of the first set came back %v", got)
	}
	if got := restored(second); !slices.Equal(got, []string{"mail/1/sealed", "mail/2/sealed"}) {
		t.Errorf("of the second set came back %v", got)
	}
	m.backup(into, instant.Add(29*24*time.Hour))
	if got := restored(first); len(got) != 2 {
		t.Errorf("within the time of its keys came back %v", got)
	}
	m.backup(into, instant.Add(31*24*time.Hour))
	if got := restored(first); !slices.Equal(got, []string{"mail/1/sealed"}) {
		t.Errorf("after their time came back %v", got)
	}
}
