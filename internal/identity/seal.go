package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
)

// secretSize is the length in bytes of tokens and of the sealing key.
const secretSize = 32

var errSeal = errors.New("the seal does not fit")

// secret is a random token; its text is what a cookie carries.
type secret [secretSize]byte

func newSecret() secret {
	var s secret
	_, _ = rand.Read(s[:]) // never fails: crypto/rand ends the program instead
	return s
}

func parseSecret(text string) (secret, bool) {
	if len(text) != base64.RawURLEncoding.EncodedLen(secretSize) {
		return secret{}, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return secret{}, false
	}
	return secret(raw), true
}

func (s secret) text() string { return base64.RawURLEncoding.EncodeToString(s[:]) }

// hash is how the table knows a token.
func (s secret) hash() string { return hash(s[:]) }

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// seal encrypts and authenticates plain with a key derived from the secret for
// one use; AES-256-GCM, the random nonce in front.
func (s secret) seal(use string, plain []byte) ([]byte, error) {
	aead, err := s.aead(use)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return aead.Seal(nil, nil, plain, nil), nil
}

// open is the inverse of seal; it fails with errSeal on anything else.
func (s secret) open(use string, sealed []byte) ([]byte, error) {
	aead, err := s.aead(use)
	if err != nil {
		return nil, fmt.Errorf("open seal: %w", err)
	}
	plain, err := aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, errSeal
	}
	return plain, nil
}

func (s secret) aead(use string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, s[:], nil, "dobosh identity "+use, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
