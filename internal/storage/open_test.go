package storage_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/storage"
)

var quiet = slog.New(slog.DiscardHandler)

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	garbage := filepath.Join(folder, "garbage")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		config storage.Config
		want   string
	}{
		"no engine":      {storage.Config{}, `unknown engine ""`},
		"unknown engine": {storage.Config{Engine: "oracle"}, `unknown engine "oracle"`},
		"no path":        {storage.Config{Engine: storage.SQLite}, "no path"},
		"a folder":       {storage.Config{Engine: storage.SQLite, Path: folder}, folder},
		"not a database": {storage.Config{Engine: storage.SQLite, Path: garbage}, "not a database"},
		"no server":      {storage.Config{Engine: storage.Postgres, URL: "postgres://x:secret@127.0.0.1:1/x?connect_timeout=2"}, "127.0.0.1"},
		"wrong address":  {storage.Config{Engine: storage.Postgres, URL: "postgres://x:secret@127.0.0.1:port/x"}, "invalid port"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			db, err := storage.Open(context.Background(), c.config, quiet)
			if err == nil {
				db.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %q, want one with %q and without the password", err, c.want)
			}
		})
	}
}

func TestSQLitePathIsTakenAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a folder", "дом?&_pragma=100%#.db")
	db, err := storage.Open(t.Context(), storage.Config{Engine: storage.SQLite, Path: path}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestSQLiteSettings(t *testing.T) {
	db, err := storage.Open(t.Context(), storage.Config{Engine: storage.SQLite, Path: filepath.Join(t.TempDir(), "x.db")}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"}
	check := func(who string, ctx context.Context, from storage.Reader) error {
		for name, value := range want {
			var got string
			if err := from.QueryRowContext(ctx, "pragma "+name).Scan(&got); err != nil || got != value {
				t.Errorf("%s: %s is %q, %v; want %q", who, name, got, err, value)
			}
		}
		return nil
	}
	_ = check("reader", t.Context(), db.Read(t.Context()))
	err = db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error { return check("writer", ctx, tx) })
	if err != nil {
		t.Error(err)
	}
}
