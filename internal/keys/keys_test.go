package keys_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"dobosh/internal/keys"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// Every process on a database has the same key, whoever is first, and keeps it.
func TestNodesShareAKey(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		db := open(keys.Migrations())
		const nodes = 8
		found := make(chan []byte, nodes)
		for range nodes {
			k := keys.Keys{DB: db, Dir: t.TempDir()}
			go func() {
				key, err := k.Key(t.Context(), "forms")
				if err != nil {
					t.Error(err)
				}
				found <- key
			}()
		}
		first := <-found
		for range nodes - 1 {
			if next := <-found; !bytes.Equal(next, first) || len(next) != keys.Bytes {
				t.Errorf("keys %x and %x", first, next)
			}
		}
		again := keys.Keys{DB: open(keys.Migrations()), Dir: t.TempDir()}
		if key := testkit.Must[[]byte](t)(again.Key(t.Context(), "forms")); !bytes.Equal(key, first) {
			t.Errorf("another process has %x, not %x", key, first)
		}
		if other := testkit.Must[[]byte](t)(again.Key(t.Context(), "handles")); bytes.Equal(other, first) {
			t.Error("two names have one key")
		}
		if _, err := again.Key(t.Context(), "../x"); err == nil {
			t.Error("a path is no name")
		}
	})
}

// The key that lay in the folder of a node goes on, and the folder is not asked
// again.
func TestAKeyOfTheFolderIsAdopted(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		db, dir := open(keys.Migrations()), t.TempDir()
		before := bytes.Repeat([]byte("k"), keys.Bytes)
		if err := os.WriteFile(filepath.Join(dir, "forms.key"), before, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, k := range []keys.Keys{{DB: db, Dir: dir}, {DB: db, Dir: t.TempDir()}} {
			if key := testkit.Must[[]byte](t)(k.Key(t.Context(), "forms")); !bytes.Equal(key, before) {
				t.Errorf("the key is %x", key)
			}
		}
	})
}
