// Package laws gives tests the law that the program ships, read once for each
// test program: nobody changes a pack.
package laws

import (
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"

	"dobosh/internal/law"
	"dobosh/packs"
)

var serbia = sync.OnceValues(func() (*law.Pack, error) { return law.Load(packs.Serbia()) })

// Serbia is the pack of Serbia.
func Serbia(tb testing.TB) *law.Pack {
	tb.Helper()
	pack, err := serbia()
	if err != nil {
		tb.Fatal(err)
	}
	return pack
}

// Files are those of the pack of Serbia, for a test to change.
func Files(tb testing.TB) fstest.MapFS {
	tb.Helper()
	files := fstest.MapFS{}
	pack := packs.Serbia()
	err := fs.WalkDir(pack, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(pack, path)
		files[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// Amended is the pack of Serbia with a change.
func Amended(tb testing.TB, change func(files fstest.MapFS)) *law.Pack {
	tb.Helper()
	files := Files(tb)
	change(files)
	pack, err := law.Load(files)
	if err != nil {
		tb.Fatal(err)
	}
	return pack
}
