package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"dobosh/internal/kit/seal"
)

// secretSize is the length in bytes of tokens and of the sealing key.
const secretSize = 32

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

// seal closes plain with the key that the secret has for one use.
func (s secret) seal(use string, plain []byte) ([]byte, error) {
	sealer, err := seal.Derive(s[:], keyLabel+use)
	if err != nil {
		return nil, err
	}
	return sealer.Seal(plain, nil), nil
}

// open is the inverse of seal; it fails with [seal.ErrSeal] on anything else.
func (s secret) open(use string, sealed []byte) ([]byte, error) {
	sealer, err := seal.Derive(s[:], keyLabel+use)
	if err != nil {
		return nil, err
	}
	return sealer.Open(sealed, nil)
}

// keyLabel stands before each use.
const keyLabel = "dobosh identity "
