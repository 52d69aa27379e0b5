package journal

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"

	"golang.org/x/mod/sumdb/note"
)

// TurningSigner signs for the member with the key by which the registry knows
// the node's journal, and goes on with another when the registry does. It is safe
// for concurrent use.
type TurningSigner struct {
	origin string
	now    atomic.Pointer[note.Signer]
}

// NewTurningSigner begins with a key.
func NewTurningSigner(origin string, key crypto.Signer) (*TurningSigner, error) {
	s := &TurningSigner{origin: origin}
	return s, s.Turn(key)
}

// Turn signs with another key from now on.
func (s *TurningSigner) Turn(key crypto.Signer) error {
	signer, err := NewSigner(s.origin, key)
	if err == nil {
		s.now.Store(&signer)
	}
	return err
}

// Name implements note.Signer.
func (s *TurningSigner) Name() string { return s.origin }

// KeyHash implements note.Signer.
func (s *TurningSigner) KeyHash() uint32 { return (*s.now.Load()).KeyHash() }

// Sign implements note.Signer.
func (s *TurningSigner) Sign(msg []byte) ([]byte, error) { return (*s.now.Load()).Sign(msg) }

// FormerKeys reads, from the file that [KeepFormer] writes, the keys that verify
// what a journal signed before its present key; the newest first.
func FormerKeys(file string, present note.Verifier) ([]note.Verifier, error) {
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var keys []note.Verifier
	for line := range strings.Lines(string(raw)) {
		key, err := ParseKey(strings.TrimSpace(line))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if key.KeyHash() != present.KeyHash() { // it was noted, and then not replaced
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// KeepFormer notes the present key, which is about to be replaced.
func KeepFormer(file string, present note.Verifier) error {
	former, err := FormerKeys(file, present)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, key := range append([]note.Verifier{present}, former...) {
		fmt.Fprintln(&text, key)
	}
	return WriteWhole(file, []byte(text.String()))
}
