package journal

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/mod/sumdb/note"
)

// Signature types of C2SP signed-note.
const (
	algEd25519     = 1
	algCosignature = 4
)

// NewSigner makes the signer of a log from its Ed25519 key, which may live in a hardware module; the name is the log's origin.
func NewSigner(origin string, key crypto.Signer) (note.Signer, error) {
	pub, err := ed25519Public(key.Public())
	if err != nil {
		return nil, err
	}
	if err := checkName(origin); err != nil {
		return nil, err
	}
	return signer{name: origin, hash: keyID(origin, algEd25519, pub), key: key}, nil
}

// NewKey makes the verifier of a log's signatures from its public key (C2SP signed-note, type 0x01).
func NewKey(origin string, pub ed25519.PublicKey) (note.Verifier, error) {
	if _, err := ed25519Public(pub); err != nil {
		return nil, err
	}
	if err := checkName(origin); err != nil {
		return nil, err
	}
	return key{name: origin, hash: keyID(origin, algEd25519, pub), pub: pub}, nil
}

type signer struct {
	name string
	hash uint32
	key  crypto.Signer
}

func (s signer) Name() string    { return s.name }
func (s signer) KeyHash() uint32 { return s.hash }
func (s signer) Sign(msg []byte) ([]byte, error) {
	return s.key.Sign(rand.Reader, msg, crypto.Hash(0))
}

type key struct {
	name string
	hash uint32
	pub  ed25519.PublicKey
}

func (k key) Name() string                { return k.name }
func (k key) KeyHash() uint32             { return k.hash }
func (k key) Verify(msg, sig []byte) bool { return ed25519.Verify(k.pub, msg, sig) }

// keyID is SHA-256(name || 0x0A || type || key)[:4] (C2SP signed-note).
func keyID(name string, alg byte, pub []byte) uint32 {
	sum := sha256.Sum256(append(append([]byte(name), '\n', alg), pub...))
	return binary.BigEndian.Uint32(sum[:])
}

func ed25519Public(pub crypto.PublicKey) (ed25519.PublicKey, error) {
	p, ok := pub.(ed25519.PublicKey)
	if !ok || len(p) != ed25519.PublicKeySize {
		return nil, errors.New("not an Ed25519 public key")
	}
	return p, nil
}

func checkName(name string) error {
	if name == "" || len(name) > 255 || strings.ContainsFunc(name, func(r rune) bool {
		return r == '+' || unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar
	}) {
		return fmt.Errorf("%.60q cannot name a key: 1 to 255 bytes without spaces and plus signs", name)
	}
	return nil
}
