package registry

import (
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"
)

// Recovery names the keys that decide what the key of the registry cannot: that
// another key and another node keep the registry from now on, or which of two
// histories goes on. It is stated once, at the founding; the keys lie with
// persons, not on a node.
type Recovery struct {
	Keys   []string `json:"keys"`   // verifier keys, as in package note; their names differ
	Quorum int      `json:"quorum"` // how many of them decide
}

// maxRecovery bounds the keys of a recovery.
const maxRecovery = 16

func (r Recovery) check() error {
	if r.Quorum < 1 || r.Quorum > len(r.Keys) || len(r.Keys) > maxRecovery {
		return fmt.Errorf("%w: the recovery has %d keys and wants %d of them", ErrStatement, len(r.Keys), r.Quorum)
	}
	var names []string
	for _, text := range r.Keys {
		key, err := note.NewVerifier(text)
		if err != nil || slices.Contains(names, key.Name()) {
			return fmt.Errorf("%w: a key of the recovery cannot be read, or has the name of another", ErrStatement)
		}
		names = append(names, key.Name())
	}
	return nil
}

// verifiers are those of its keys. They were checked when it was stated.
func (r Recovery) verifiers() (keys []note.Verifier) {
	for _, text := range r.Keys {
		if key, err := note.NewVerifier(text); err == nil {
			keys = append(keys, key)
		}
	}
	return keys
}

// applyRecovery takes the keys once: who could name others could decide alone.
func (s *State) applyRecovery(r Recovery) error {
	if s.recovery != nil {
		return fmt.Errorf("%w: the keys of recovery are named already", ErrStatement)
	}
	s.recovery = &r
	return r.check()
}

// Recovery is the keys that decide what the key of the registry cannot, if any
// were named.
func (s *State) Recovery() (Recovery, bool) { return value(s.recovery, s.recovery != nil) }
