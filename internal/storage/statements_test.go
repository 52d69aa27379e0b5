package storage_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"dobosh/internal/storage"
)

// Texts that are made at run time do not push out those of the rooms, however many come, and what was kept once is given
// up again.
func TestPreparedStatementsAreThoseThatComeAgain(t *testing.T) {
	db, err := storage.Open(t.Context(), storage.Config{Engine: storage.SQLite, Path: filepath.Join(t.TempDir(), "a.db")}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ask := func(from storage.Reader, query string) {
		t.Helper()
		var n int
		if err := from.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	prepared := func(query string) (is bool) {
		is, many := storage.IsPrepared(db, query)
		if many > storage.MaxStatements {
			t.Errorf("%d statements are kept", many)
		}
		return is
	}
	const room = "select 1"
	made := func(i int) string { return fmt.Sprintf("select %d", i+2) }
	read := db.Read(t.Context())
	ask(read, made(0))
	if prepared(made(0)) {
		t.Error("kept although it came once")
	}
	for i := range 3 * storage.MaxStatements {
		ask(read, room)
		ask(read, made(i))
		if i%2 == 0 { // half of them come twice
			ask(read, made(i))
		}
	}
	if !prepared(room) {
		t.Error("what comes again and again is not kept")
	}
	if last := made(3*storage.MaxStatements - 2); !prepared(last) {
		t.Error("what came twice lately is not kept")
	}
	if prepared(made(2)) {
		t.Error("what was not used for long is kept")
	}

	// Rows that are still read in a transaction live on when others push their statement out.
	err = db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		ask(tx, "select 7 union all select 8")
		rows, err := tx.QueryContext(ctx, "select 7 union all select 8")
		if err != nil {
			return err
		}
		defer rows.Close()
		n := 0
		for i := 0; rows.Next(); i++ {
			var seven int
			if err := rows.Scan(&seven); err != nil {
				return err
			}
			n += seven
			for j := range 2 * storage.MaxStatements {
				ask(tx, made(j))
				ask(tx, made(j))
			}
		}
		if n != 15 {
			t.Errorf("rows that were read: %d", n)
		}
		return rows.Err()
	})
	if err != nil {
		t.Error(err)
	}
}
