package testkit_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestOneAEAD: who seals something takes kit/seal.
func TestOneAEAD(t *testing.T) {
	allowed := map[string]string{
		"dobosh/internal/kit/seal": "",
		"dobosh/internal/identity": "a pseudonym is one block of AES, by itself and without a nonce, since equal persons need equal names",
	}
	for from, imports := range production(t) {
		if _, ok := allowed[from]; !ok && slices.Contains(imports, "crypto/cipher") {
			t.Errorf("%s imports crypto/cipher: kit/seal is the one AEAD", from)
		}
	}
}

// source gives the text of every Go file of the rooms that is no test, by its
// path below internal.
func source(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "../testkit/") {
			return err
		}
		text, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, "../")] = string(text)
		return err
	})
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files found: %v", len(files), err)
	}
	return files
}
