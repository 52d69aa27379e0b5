package mailbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// A token is a reference and a signature over it, in letters and digits that mail servers
// leave alone: 32 of them, so that a local part stays below its 64 (RFC 5321).
const (
	tokenBytes  = 20
	refBytes    = 10
	tokenLength = 32
)

// tokenLetters has no i, l, o or u, so that no word comes of it.
var tokenLetters = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// tokens makes and checks tokens. The first key signs, all of them are believed.
type tokens struct{ keys [][]byte }

func mac(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range parts {
		_, _ = h.Write([]byte(part)) // a hash takes everything
		_, _ = h.Write([]byte{0})
	}
	return h.Sum(nil)
}

// of gives the token of a notice, always the same, and its reference.
func (t tokens) of(notice string) (token, ref string) {
	raw := mac(t.keys[0], "mailbox ref", notice)[:refBytes]
	ref = tokenLetters.EncodeToString(raw)
	return tokenLetters.EncodeToString(append(raw, mac(t.keys[0], "mailbox token", ref)[:tokenBytes-refBytes]...)), ref
}

// ref gives the reference of a token that one of the keys has signed, or "".
func (t tokens) ref(token string) string {
	raw, err := tokenLetters.DecodeString(strings.ToLower(token))
	if err != nil || len(raw) != tokenBytes {
		return ""
	}
	ref := tokenLetters.EncodeToString(raw[:refBytes])
	for _, key := range t.keys {
		if hmac.Equal(raw[refBytes:], mac(key, "mailbox token", ref)[:tokenBytes-refBytes]) {
			return ref
		}
	}
	return ""
}

// within finds a token at the end of a local part or of the left side of a message id.
func (t tokens) within(local string) (before, ref string) {
	if len(local) < tokenLength {
		return "", ""
	}
	before = strings.ToLower(local[:len(local)-tokenLength])
	return before, t.ref(local[len(local)-tokenLength:])
}
