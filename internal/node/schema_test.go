package node_test

import (
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/station"
	"dobosh/internal/node"

	"errors"
)

// TestASecondProcessChangesNothing: a program that is started in the folder of a
// node that runs says so before it has looked at the database, which it may be
// about to migrate.
func TestASecondProcessChangesNothing(t *testing.T) {
	w := newTown(t)
	w.all()
	cfg, err := station.Load(w.files[demo.City])
	if err != nil {
		t.Fatal(err)
	}
	// This test stands in for the first process, which would make its database again.
	w.stop(demo.City)
	database := filepath.Join(w.dir, demo.City, "data/dobosh.db")
	if err := os.Rename(database, database+".away"); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Open(filepath.Join(w.dir, demo.City, "data/journal/lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	second, err := station.Open(t.Context(), cfg, clock.System, slog.New(slog.DiscardHandler))
	if err == nil {
		_ = second.Close()
	}
	if !errors.Is(err, journal.ErrLocked) {
		t.Errorf("a second process: %v", err)
	}
	if _, err := os.Stat(database); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the second process made a database: %v", err)
	}
}

// TestEachMigrationSaysItsStep: what a later release finds applied tells whether
// the one before may start on it. The first of all did not say.
func TestEachMigrationSaysItsStep(t *testing.T) {
	first := strings.Fields(`0101_bus 0201_receipts 0202_hidden 0301_identity 0401_statements 0402_hashes 0450_tokens 0451_proposals 0461_descriptions
		0501_cursors 0510_followed 0520_published 0530_subscriptions 0551_reviews 0601_notify 0701_services 0702_progress 0751_questions
		0061_api_answers 0151_work 0302_grants`)
	says := regexp.MustCompile(`\A(?:--[^\n]*\n)*?--[^\n]*\b(?i:expand|contract)[:.]`)
	looked := 0
	for _, room := range node.Tables() {
		err := fs.WalkDir(room, ".", func(file string, entry fs.DirEntry, err error) error {
			name, sql := strings.CutSuffix(path.Base(file), ".sql")
			if err != nil || entry.IsDir() || !sql || slices.Contains(first, name) {
				return err
			}
			text, err := fs.ReadFile(room, file)
			if err == nil && !says.Match(text) {
				t.Errorf("%s does not say in its first comment whether it is of the step Expand: or Contract:", file)
			}
			looked++
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if looked == 0 {
		t.Error("no migration was looked at")
	}
}
