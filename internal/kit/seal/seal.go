// Package seal closes what is kept or carried where others could read or change
// it: AES-256-GCM (NIST SP 800-38D), the one authenticated encryption of this
// program.
//
// What it promises:
//
//   - Nobody without the key reads what was sealed, and nothing opens that was
//     changed, cut, sealed under another key, or bound to something else.
//   - What is bound (the account, the use, the place in a log) is not in the
//     sealed text: who opens it has to know it.
//   - A failed opening says [ErrSeal] and not why.
//   - A stream is sealed piece by piece ([Sealer.Writer], [Sealer.Reader]): pieces open in their order and
//     in their stream only.
//
// Nonces are random, so one key may seal 2^32 texts; who seals more takes a key
// for each subject, as the journal does. What it does not do: a sealed text can
// be shown twice, and its length is that of the plain one plus [Overhead].
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Sizes in bytes.
const (
	KeySize   = 32
	NonceSize = 12
	TagSize   = 16
	Overhead  = NonceSize + TagSize // of Seal
)

// ErrSeal says that a text does not open.
var ErrSeal = errors.New("the seal does not fit")

// Sealer seals and opens under one key. It never changes and is safe for
// concurrent use.
type Sealer struct{ aead cipher.AEAD }

// New takes a key of [KeySize] random bytes.
func New(key []byte) (*Sealer, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("seal: the key has %d bytes and needs %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return &Sealer{aead}, nil
}

// Derive makes the key of a use from a secret of high entropy (HKDF with
// SHA-256, without salt): one secret has as many keys as labels, and none of
// them says anything about another.
func Derive(secret []byte, label string) (*Sealer, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, label, KeySize)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return New(key)
}

// Seal gives a nonce, the encrypted text and its tag in one piece. To open it
// one has to name what it was bound to.
func (s *Sealer) Seal(plain, bound []byte) []byte {
	out := make([]byte, NonceSize, Overhead+len(plain))
	rand.Read(out) // never fails: crypto/rand ends the program instead
	return s.aead.Seal(out, out, plain, bound)
}

// Open is the inverse of Seal.
func (s *Sealer) Open(sealed, bound []byte) ([]byte, error) {
	if len(sealed) < Overhead {
		return nil, ErrSeal
	}
	return s.OpenAt([NonceSize]byte(sealed), sealed[NonceSize:], bound)
}

// AppendAt appends the encrypted text and its tag to dst, for formats that keep
// the nonce elsewhere. The nonce must be random, or the key new. Encrypting in
// place takes dst = b[:n] and plain = b[n:].
func (s *Sealer) AppendAt(dst []byte, nonce [NonceSize]byte, plain, bound []byte) []byte {
	return s.aead.Seal(dst, nonce[:], plain, bound)
}

// OpenAt is the inverse of AppendAt.
func (s *Sealer) OpenAt(nonce [NonceSize]byte, sealed, bound []byte) ([]byte, error) {
	plain, err := s.aead.Open(nil, nonce[:], sealed, bound)
	if err != nil {
		return nil, ErrSeal
	}
	return plain, nil
}
