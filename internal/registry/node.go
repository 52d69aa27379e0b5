package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strings"

	"dobosh/internal/kit/lang"

	"golang.org/x/mod/sumdb/note"
)

// Node is where a member is reached, and by which keys it is known there. A
// later statement with the same member and name replaces an earlier one; one
// without address takes the node out.
type Node struct {
	Member  ID        `json:"member"`
	Name    string    `json:"name"`
	Address string    `json:"address"`          // host:port for mutual TLS
	TLS     string    `json:"tls"`              // SHA-256 of the public key of its certificate (SubjectPublicKeyInfo), hex
	Log     string    `json:"log"`              // verifier key of its journal and its signature, as in package note
	Next    string    `json:"next,omitempty"`   // pin of the TLS key that is about to follow: both are the node's
	Former  []string  `json:"former,omitempty"` // verifier keys that signed its journal earlier, newest first
	State   string    `json:"state,omitempty"`  // NodeMaintenance, NodeDraining, or empty: it serves
	Notice  lang.Text `json:"notice,omitempty"` // what askers are told meanwhile
}

// The states in which a node takes no new questions. In maintenance it will be
// back; draining, it finishes what it began and goes.
const (
	NodeMaintenance = "maintenance"
	NodeDraining    = "draining"
)

// Bounds of what a node says about itself.
const (
	maxFormer = 32   // keys that it had before
	maxNotice = 1000 // bytes of a notice in one language
)

// Serves reports whether the node takes new questions.
func (n Node) Serves() bool { return n.State == "" }

// Keys are the verifiers of its journal: the present key first, then those that
// it had before, for what was signed while they were in use.
func (n Node) Keys() []note.Verifier {
	var known []note.Verifier
	for _, key := range append([]string{n.Log}, n.Former...) {
		if v, err := note.NewVerifier(key); err == nil {
			known = append(known, v)
		}
	}
	return known
}

// pins are the TLS keys that are the node's.
func (n Node) pins() []string {
	if n.Next == "" {
		return []string{n.TLS}
	}
	return []string{n.TLS, n.Next}
}

// check refuses a node that cannot be reached or known as it stands.
func (n Node) check() error {
	wrong := func(what string) error {
		return fmt.Errorf("%w: node %s of %s: %s", ErrStatement, n.Name, n.Member, what)
	}
	if _, port, err := net.SplitHostPort(n.Address); err != nil || port == "" {
		return wrong("the address is not host:port")
	}
	if !validPin(n.TLS) || n.Next != "" && !validPin(n.Next) || n.Next == n.TLS {
		return wrong("the TLS key is not the SHA-256 of a key in hex, or the next is the same")
	}
	if len(n.Former) > maxFormer || slices.Contains(n.Former, n.Log) || len(n.Keys()) != 1+len(n.Former) {
		return wrong("a key of its journal cannot be read or stands twice")
	}
	if n.State != "" && n.State != NodeMaintenance && n.State != NodeDraining {
		return wrong("is in no state that is known")
	}
	if !validText(n.Notice, maxNotice) {
		return wrong("the notice is too long")
	}
	return nil
}

func validPin(pin string) bool {
	raw, err := hex.DecodeString(pin)
	return err == nil && len(raw) == sha256.Size && strings.ToLower(pin) == pin
}

// maxLanguages bounds the languages of one text.
const maxLanguages = 16

// validText wants at most limit bytes in each of a few languages.
func validText(t lang.Text, limit int) bool {
	if len(t) > maxLanguages {
		return false
	}
	for language, s := range t {
		if len(language) > 35 || len(s) > limit {
			return false
		}
	}
	return true
}
