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
	if known, err = c.cosigned(); err != nil {
		return "", nil, nil, err
	}
	return filepath.Join(c.Dir, "journal"), key, known, nil
}

// cosigned is the checkpoint that witnesses hold: a journal that does not
// extend it was cut back or replaced, and does not open.
func (c Config) cosigned() ([][]byte, error) {
	signed, err := os.ReadFile(c.cosignedFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return [][]byte{signed}, nil
}

func (c Config) cosignedFile() string { return filepath.Join(c.Dir, "cosigned") }
