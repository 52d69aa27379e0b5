package admission

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
	"dobosh/internal/registry"

	"golang.org/x/mod/sumdb/note"
)

// The form of a token's text: the mark, then the unpadded base64url of a
// checksum and the JSON of the token.
const (
	tokenMark     = "dobosh-join-1."
	checksumBytes = 6    // 48 bits find what copying does to a text
	secretBytes   = 32   // 256 random bits
	maxToken      = 8192 // characters
	maxWitnesses  = 8
)

// Token is what a joiner has to know, and the secret that lets it in. Its text
// is one line to copy.
type Token struct {
	Address   string      `json:"address"`             // of the authority, host:port for mutual TLS
	Pin       string      `json:"pin"`                 // of the authority's TLS key
	Key       string      `json:"key"`                 // verifies the checkpoints of the registry
	Issuer    string      `json:"issuer,omitempty"`    // SHA-256 of the issuer's key (SubjectPublicKeyInfo), hex; empty where none issues
	Witnesses []Witness   `json:"witnesses,omitempty"` // who cosigns the journal of the node
	Member    registry.ID `json:"member"`              // whose node it admits
	Node      string      `json:"node"`                // under which name
	Secret    []byte      `json:"secret"`              // 32 bytes
}

// Witness leads to a node that cosigns journals.
type Witness struct {
	Address string `json:"address"`
	Pin     string `json:"pin"`
	Key     string `json:"key"`
}

// Text is the token as one line.
func (t Token) Text() (string, error) {
	raw, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	text := tokenMark + base64.RawURLEncoding.EncodeToString(append(checksum(raw), raw...))
	if len(text) > maxToken {
		return "", fmt.Errorf("the token would have %d characters, more than %d", len(text), maxToken)
	}
	return text, nil
}

func checksum(raw []byte) []byte {
	sum := sha256.Sum256(append([]byte(tokenMark), raw...))
	return sum[:checksumBytes]
}

// ParseToken reads the text of a token, forgiving blanks around it and line
// ends that a mail program put in.
func ParseToken(text string) (Token, error) {
	malformed := func(why error) (Token, error) {
		return Token{}, problem.New(problem.Invalid, "join-token-malformed").Because(why)
	}
	if len(text) > 2*maxToken {
		return malformed(errors.New("too long"))
	}
	text = strings.Join(strings.Fields(text), "")
	coded, marked := strings.CutPrefix(text, tokenMark)
	if !marked || len(text) > maxToken {
		return malformed(errors.New("does not begin like a token, or is too long"))
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(coded)
	if err != nil {
		return malformed(err)
	}
	if len(raw) < checksumBytes || subtle.ConstantTimeCompare(checksum(raw[checksumBytes:]), raw[:checksumBytes]) != 1 {
		return malformed(errors.New("the checksum does not fit: something is missing or was changed"))
	}
	t, err := decode[Token](raw[checksumBytes:])
	if err != nil {
		return malformed(err)
	}
	if err := t.check(); err != nil {
		return malformed(err)
	}
	return t, nil
}

func (t Token) check() error {
	errs := []error{checkPeer(t.Address, t.Pin), checkName(t.Member, t.Node)}
	if _, err := note.NewVerifier(t.Key); err != nil {
		errs = append(errs, fmt.Errorf("key of the registry: %w", err))
	}
	if t.Issuer != "" && !isHash(t.Issuer) {
		errs = append(errs, errors.New("the fingerprint of the issuer is no SHA-256 in hex"))
	}
	if len(t.Secret) != secretBytes {
		errs = append(errs, fmt.Errorf("the secret has %d bytes", len(t.Secret)))
	}
	if len(t.Witnesses) > maxWitnesses {
		errs = append(errs, fmt.Errorf("more than %d witnesses", maxWitnesses))
	}
	for _, w := range t.Witnesses {
		_, err := journal.ParseKey(w.Key)
		errs = append(errs, checkPeer(w.Address, w.Pin), err)
	}
	return errors.Join(errs...)
}

func checkPeer(address, pin string) error {
	if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
		return fmt.Errorf("%.80q is no host:port", address)
	}
	if !isHash(pin) {
		return errors.New("a pin is no SHA-256 in hex")
	}
	return nil
}

func checkName(member registry.ID, node string) error {
	if member.Member == "" || member != member.Owner() {
		return fmt.Errorf("%s is not a member", member)
	}
	if !validName(node) {
		return fmt.Errorf("%.80q cannot name a node: 1 to 64 letters, digits, points, hyphens and underscores", node)
	}
	return nil
}

// validName keeps the name of a node such that it can name a journal, a folder
// and a certificate.
func validName(s string) bool {
	return s != "" && len(s) <= 64 && s[0] != '.' && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789.-_") == ""
}

func isHash(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == sha256.Size && strings.ToLower(s) == s
}

func decode[T any](raw []byte) (value T, err error) {
	err = strict.Upto(maxMessage).Decode(raw, &value)
	return value, err
}
