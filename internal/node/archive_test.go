package node_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/testkit"
)

// A node archives full segments by its configuration, starts again with them, and names an archive that is away without refusing to work.
func TestANodeArchivesItsJournal(t *testing.T) {
	w := newTown(t)
	folder := filepath.Join(w.dir, "archive")
	config, err := os.ReadFile(w.files[demo.City])
	if err != nil {
		t.Fatal(err)
	}
	none := regexp.MustCompile(`(?m)^archive:\n( .*\n)+`)
	if !none.Match(config) {
		t.Fatal("the configuration says nothing of an archive")
	}
	write := func(archive string) {
		t.Helper()
		if err := os.WriteFile(w.files[demo.City], none.ReplaceAllLiteral(config, []byte(archive)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("archive:\n  to: " + folder + "\n  local: -1\n")
	w.all()
	book := w.nodes[demo.City].Journal()
	var last journal.Stamp
	for range 4 { // more than a segment
		if last, err = book.Append(t.Context(), journal.Entry{Kind: "test", Meta: []byte("{}"), Body: make([]byte, 15<<20)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := book.Archive(t.Context()); err != nil || book.Archiving().Segments == 0 {
		t.Fatalf("%+v, %v", book.Archiving(), err)
	}
	w.stop(demo.City)
	w.start(demo.City)
	book = w.nodes[demo.City].Journal()
	if _, _, err := book.Read(t.Context(), 0); err != nil {
		t.Errorf("read after a new start: %v", err)
	}
	if err := book.Extends(last.Checkpoint); err != nil {
		t.Error(err)
	}

	if err := os.Rename(folder, folder+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := book.Archive(t.Context()); !problem.HasCode(err, "archive-away") {
		t.Errorf("archived: %v", err)
	}
	testkit.Eventually(t, "the node is ready and names the archive", func() bool {
		status, checks := w.ready(demo.City)
		return status == http.StatusOK && checks["archive"] == "away"
	})
	if !slices.Contains(w.alarms(demo.City), "archive") {
		t.Errorf("the operator's page says %v", w.alarms(demo.City))
	}
	w.stop(demo.City)
	w.start(demo.City) // a start needs nothing of it

	// Without its archive in the configuration the node would not find its beginning.
	w.stop(demo.City)
	for more, want := range map[string]string{
		"":                                 "archive.to: is missing",
		"archive:\n  local: 3\n":           "archive.to: is missing",
		"archive:\n  to: s3://host\n":      "archive.to: store",
		"archive:\n  to: x\n  local: -2\n": "archive.local",
		"archive:\n  to: " + filepath.Join(w.dir, demo.City, "data", "journal", "old") + "\n": "the folder of the journal itself",
	} {
		write(more)
		if _, err := node.Load(w.files[demo.City]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", more, err)
		}
	}
	write("archive:\n  to: " + folder + "\n  local: -1\n")
	if err := errors.Join(os.RemoveAll(folder), os.Rename(folder+".away", folder)); err != nil {
		t.Fatal(err)
	}
	w.start(demo.City)
	if _, _, err := w.nodes[demo.City].Journal().Read(t.Context(), 0); err != nil {
		t.Error(err)
	}
}
