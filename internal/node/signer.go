package node

import (
	"crypto"
	"sync/atomic"

	"dobosh/internal/journal"

	"golang.org/x/mod/sumdb/note"
)

// turningSigner signs for the member with the key by which the registry knows
// the node's journal, and goes on with another when the registry does. It is safe
// for concurrent use.
type turningSigner struct {
	origin string
	now    atomic.Pointer[note.Signer]
}

func newTurningSigner(origin string, key crypto.Signer) (*turningSigner, error) {
	s := &turningSigner{origin: origin}
	return s, s.turn(key)
}

// turn signs with another key from now on.
func (s *turningSigner) turn(key crypto.Signer) error {
	signer, err := journal.NewSigner(s.origin, key)
	if err == nil {
		s.now.Store(&signer)
	}
	return err
}

// Name implements note.Signer.
func (s *turningSigner) Name() string { return s.origin }

// KeyHash implements note.Signer.
func (s *turningSigner) KeyHash() uint32 { return (*s.now.Load()).KeyHash() }

// Sign implements note.Signer.
func (s *turningSigner) Sign(msg []byte) ([]byte, error) { return (*s.now.Load()).Sign(msg) }
