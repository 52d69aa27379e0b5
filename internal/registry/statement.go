package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"dobosh/internal/kit/lang"

	"github.com/gowebpki/jcs"
)

// ErrStatement is the cause of every statement that is refused.
var ErrStatement = errors.New("statement")

// maxStatement bounds one statement, in bytes.
const maxStatement = 64 << 10

// Statement is one leaf of the registry log. Exactly one of the parts is set.
type Statement struct {
	At       time.Time `json:"at"`
	Member   *Member   `json:"member,omitempty"`
	Node     *Node     `json:"node,omitempty"`
	Service  *Service  `json:"service,omitempty"`
	Contract string    `json:"contract,omitempty"` // a note signed by both members
	End      *End      `json:"end,omitempty"`
}

// Member is an institution with its subsystems.
type Member struct {
	ID         ID        `json:"id"`
	Title      lang.Text `json:"title"`
	Subsystems []string  `json:"subsystems"`
}

// Node is where a member is reached, and by which keys it is known there. A
// later statement with the same member and name replaces an earlier one; one
// without address takes the node out.
type Node struct {
	Member  ID     `json:"member"`
	Name    string `json:"name"`
	Address string `json:"address"` // host:port for mutual TLS
	TLS     string `json:"tls"`     // SHA-256 of the public key of its certificate (SubjectPublicKeyInfo), hex
	Log     string `json:"log"`     // verifier key of its journal and its signature, as in package note
}

// Service is a data service of a subsystem.
type Service struct {
	ID    ID        `json:"id"`
	Title lang.Text `json:"title"`
}

// End takes a contract or a service out of force from its place in the log on.
// A contract that was ended does not come back by the same text.
type End struct {
	Contract string `json:"contract,omitempty"`
	Service  ID     `json:"service,omitzero"`
	Reason   string `json:"reason"`
}

// encode gives the canonical JSON that is the leaf.
func (s Statement) encode() ([]byte, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	canonical, err := jcs.Transform(raw)
	if err != nil {
		return nil, fmt.Errorf("canonical statement: %w", err)
	}
	if len(canonical) > maxStatement {
		return nil, fmt.Errorf("%w: over %d bytes", ErrStatement, maxStatement)
	}
	return canonical, nil
}

// decodeStatement reads a statement as a person may write it in a seed.
func decodeStatement(raw []byte) (s Statement, err error) {
	if len(raw) > maxStatement {
		return s, fmt.Errorf("%w: over %d bytes", ErrStatement, maxStatement)
	}
	if err := decodeStrict(raw, &s); err != nil {
		return s, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	parts := 0
	for _, there := range []bool{s.Member != nil, s.Node != nil, s.Service != nil, s.Contract != "", s.End != nil} {
		if there {
			parts++
		}
	}
	if parts != 1 {
		return s, fmt.Errorf("%w: says %d things instead of one", ErrStatement, parts)
	}
	return s, nil
}

// decodeLeaf reads a statement as it stands in the log: in canonical form, so
// that no two readers can understand one leaf differently.
func decodeLeaf(leaf []byte) (Statement, error) {
	s, err := decodeStatement(leaf)
	if err != nil {
		return s, err
	}
	again, err := s.encode()
	if err != nil {
		return s, err
	}
	if !bytes.Equal(again, leaf) {
		return s, fmt.Errorf("%w: is not in canonical form", ErrStatement)
	}
	return s, nil
}

// decodeStrict reads exactly one JSON value without unknown members.
func decodeStrict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows it")
	}
	return nil
}
