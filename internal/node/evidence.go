package node

import (
	"errors"
	"os"
	"path/filepath"

	"dobosh/internal/journal"

	"golang.org/x/mod/sumdb/note"
)

// Evidence is what the journal of a node is checked with: where it lies, the
// key that signs it, and what witnesses hold of it.
func (c Config) Evidence() (dir string, key note.Verifier, known [][]byte, err error) {
	private, err := ReadKey(c.Keys.Log)
	if err != nil {
		return "", nil, nil, err
	}
	if key, err = journal.NewKey(Origin(c.Member, c.Name), PublicOf(private)); err != nil {
		return "", nil, nil, err
	}
	cosigned, err := os.ReadFile(filepath.Join(c.Dir, "cosigned"))
	if err == nil {
		known = append(known, cosigned)
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", nil, nil, err
	}
	return filepath.Join(c.Dir, "journal"), key, known, nil
}
