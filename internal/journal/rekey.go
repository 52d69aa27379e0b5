package journal

import (
	"crypto"
	"crypto/ed25519"
	"slices"

	"golang.org/x/mod/sumdb/note"
)

// signing is what signs a log, and what verifies what was signed: this key first, then former ones.
type signing struct {
	signer note.Signer
	keys   []note.Verifier
}

// Keys verify the log's signatures: the present key first, then those that signed it earlier. The caller does not change them.
func (l *Log) Keys() []note.Verifier { return l.signed.Load().keys }

// Rekey signs with another Ed25519 key from the next batch on. What was signed before stands under the former key, which has to be
// in Config.Former whenever the log is opened again; a batch that is being written may still be signed with it. Whoever reads the
// log should know the new key before.
func (l *Log) Rekey(key crypto.Signer) error {
	signer, err := NewSigner(l.origin, key)
	if err != nil {
		return err
	}
	verifier, err := NewKey(l.origin, key.Public().(ed25519.PublicKey)) // NewSigner has made sure of its kind
	if err != nil {
		return err
	}
	for {
		old := l.signed.Load()
		if old.signer.KeyHash() == signer.KeyHash() {
			return nil
		}
		former := slices.DeleteFunc(slices.Clone(old.keys), func(k note.Verifier) bool { return k.KeyHash() == verifier.KeyHash() })
		if l.signed.CompareAndSwap(old, &signing{signer, append([]note.Verifier{verifier}, former...)}) {
			return nil
		}
	}
}
