package storage_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/storage"
)

func TestADamagedPageIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dobosh.db")
	cfg := storage.Config{Engine: storage.SQLite, Path: path}
	db, err := storage.Open(t.Context(), cfg, slog.New(slog.DiscardHandler), notes)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		id := fmt.Sprintf("%04d%s", i, strings.Repeat("x", 500))
		if err := db.Write(t.Context(), add(id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Integrity(t.Context()); err != nil {
		t.Errorf("of a whole database: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for i := len(raw) / page / 2 * page; i < (len(raw)/page/2+1)*page; i++ {
		raw[i] = 0xff
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err = storage.Open(t.Context(), cfg, slog.New(slog.DiscardHandler), notes); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Integrity(t.Context()); !errors.Is(err, storage.ErrDamaged) {
		t.Errorf("of one with a page that is another: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Integrity(ended); errors.Is(err, storage.ErrDamaged) {
		t.Errorf("a question that was given up says %v", err)
	}
}
