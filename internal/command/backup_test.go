package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/node"
	"dobosh/internal/testkit"
)

// A node is copied while it answers, its machine is lost, and by the commands of the
// manual it stands again on an empty one: first it refuses to sign a second history, then
// it says in the open what it gives up, and goes on. What was proved before is still proved.
func TestBackupAndRestoreOnAnEmptyMachineUnderLoad(t *testing.T) {
	s := newStage(t)
	askers, givers := s.pair()
	store := filepath.Join(s.dir, "copies")
	end := s.pressed(askers)
	first := s.does("backup", "--config", givers, "--to", store)
	if !strings.Contains(first, "GIVER/n1: backup of") || !strings.Contains(first, "read back") {
		t.Errorf("backup says:\n%s", first)
	}
	entries := s.status(givers).Journal.Entries
	testkit.Eventually(t, "the journal grows", func() bool { return s.status(givers).Journal.Entries > entries+20 })
	s.does("backup", "--config", givers, "--to", store)
	if asked, failed := end(); asked == 0 || len(failed) > 0 {
		t.Fatalf("of %d questions %d failed while copies were made, the first: %s", asked, len(failed), append(failed, "")[0])
	}
	before := s.exchanged(askers)
	testkit.Eventually(t, "the witness has seen it", func() bool {
		r := s.status(givers)
		return len(r.Witnesses) == 1 && r.Witnesses[0].Size == r.Journal.Entries
	})
	evidence := filepath.Join(s.dir, "before.json")
	s.does("evidence", "export", "--config", askers, "--out", evidence, before)

	// The machine is lost.
	s.kill(givers)
	folder := filepath.Dir(givers)
	if err := os.Rename(folder, folder+".lost"); err != nil {
		t.Fatal(err)
	}
	out := s.does("restore", "--from", store, "--to", folder)
	if !strings.Contains(out, "the database, the journal") || !strings.Contains(out, "dobosh serve --config "+givers) {
		t.Errorf("restore says:\n%s", out)
	}
	if out, err := s.run("serve", "--config", givers); err == nil || !strings.Contains(out, "is an older copy") || !strings.Contains(out, "dobosh recover journal") {
		t.Errorf("it serves an older copy: %v\n%s", err, out)
	}
	if out := s.does("recover", "journal", "--config", givers, "--why", "the disk burned"); !strings.Contains(out, "entries were given up, the journal goes on from") {
		t.Errorf("recover says:\n%s", out)
	}
	s.serve(givers)
	s.answered(askers)
	late := s.exchanged(askers)
	testkit.Eventually(t, "the witness cosigns again", func() bool {
		r := s.status(givers)
		return len(r.Witnesses) == 1 && r.Witnesses[0].Size == r.Journal.Entries
	})
	after := filepath.Join(s.dir, "after.json")
	s.does("evidence", "export", "--config", askers, "--out", after, late)
	trust := filepath.Join(filepath.Dir(s.authority), "..", "trust.txt")
	for _, file := range []string{evidence, after} {
		if out, err := s.run("verify", "--trust", trust, file); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
	if out := s.does("journal", "check", "--config", givers); !strings.Contains(out, "0 findings") {
		t.Error(out)
	}
	if out, err := s.run("recover", "journal", "--config", givers, "--why", "again"); err == nil {
		t.Errorf("a node that runs was recovered:\n%s", out)
	}
}

// Only the database is lost: it comes from the copy, and the journal, which has more,
// stays as it is. There is nothing to give up.
func TestRestoreOfTheDatabaseAlone(t *testing.T) {
	s := newStage(t)
	askers, givers := s.pair()
	store := filepath.Join(s.dir, "copies")
	s.does("backup", "--config", givers, "--to", store)
	s.answered(askers)
	entries := s.status(givers).Journal.Entries
	if out, err := s.run("restore", "--keep-database", "--config", givers); err == nil || !strings.Contains(out, "stop it first") {
		t.Errorf("beside the running node: %v\n%s", err, out)
	}
	s.stop(givers)
	if err := os.Remove(filepath.Join(filepath.Dir(givers), "data", "dobosh.db")); err != nil {
		t.Fatal(err)
	}
	if out, err := s.run("serve", "--config", givers); err == nil || !strings.Contains(out, "dobosh.db") || !strings.Contains(out, "dobosh restore") {
		t.Errorf("it serves without its database: %v\n%s", err, out)
	}
	if out, err := s.run("restore", "--keep-database", "--config", givers); err == nil || !strings.Contains(out, "never followed") {
		t.Errorf("an empty database is kept: %v\n%s", err, out)
	}
	if out := s.does("restore", "--from", store, "--config", givers); !strings.Contains(out, "not the journal") {
		t.Errorf("restore says:\n%s", out)
	}
	s.serve(givers)
	if now := s.status(givers).Journal.Entries; now < entries {
		t.Errorf("the journal has %d entries, before it had %d", now, entries)
	}
	s.answered(askers)
}

// exchanged puts a question and gives the id of the exchange, as the journal of who asked has it.
func (s *stage) exchanged(file string) string {
	s.t.Helper()
	s.answered(file)
	cfg, err := node.Load(file)
	if err != nil {
		s.t.Fatal(err)
	}
	folder, key, _, err := cfg.Evidence()
	if err != nil {
		s.t.Fatal(err)
	}
	view, err := journal.OpenView(folder, nil, clock.System, key)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = view.Close() }() // read only
	for index := view.Size() - 1; index >= 0; index-- {
		e, _, err := view.Read(s.t.Context(), index)
		if err != nil {
			s.t.Fatal(err)
		}
		if e.Kind == "reply" {
			return e.ID
		}
	}
	s.t.Fatal("the journal has no reply")
	return ""
}
