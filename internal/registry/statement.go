package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/kit/canonical"
	"dobosh/internal/kit/strict"
)

// ErrStatement is the cause of every statement that is refused.
var ErrStatement = errors.New("statement")

// maxStatement bounds one statement, in bytes.
const maxStatement = 64 << 10

// Statement is one leaf of the registry log. Exactly one of the parts is set.
//
// A statement that a member makes about its own matters carries its signature
// ([Statement.Sign]); one without is the authority's, whose checkpoint signs it.
type Statement struct {
	At         time.Time   `json:"at"`
	By         string      `json:"by,omitempty"` // signature line of the member's node: "NAME base64"
	Member     *Member     `json:"member,omitempty"`
	Node       *Node       `json:"node,omitempty"`
	Service    *Service    `json:"service,omitempty"`
	Group      *Group      `json:"group,omitempty"`
	Contract   string      `json:"contract,omitempty"` // a note signed by both members
	End        *End        `json:"end,omitempty"`
	Instrument *Instrument `json:"instrument,omitempty"`
	Issuer     *Issuer     `json:"issuer,omitempty"`
	Class      *Class      `json:"class,omitempty"`
	Recovery   *Recovery   `json:"recovery,omitempty"`
	// Continuation is a note signed by keys of recovery, see [Continuation].
	Continuation string `json:"continuation,omitempty"`
}

// parts counts what a statement says.
func (s Statement) parts() (n int) {
	for _, there := range []bool{
		s.Member != nil, s.Node != nil, s.Service != nil, s.Group != nil, s.Contract != "", s.End != nil, s.Instrument != nil, s.Issuer != nil, s.Class != nil,
		s.Recovery != nil, s.Continuation != "",
	} {
		if there {
			n++
		}
	}
	return n
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
	leaf, err := canonical.Transform(raw)
	if err != nil {
		return nil, fmt.Errorf("canonical statement: %w", err)
	}
	if len(leaf) > maxStatement {
		return nil, fmt.Errorf("%w: over %d bytes", ErrStatement, maxStatement)
	}
	return leaf, nil
}

// decodeStatement reads a statement as a person may write it in a seed.
func decodeStatement(raw []byte) (s Statement, err error) {
	if len(raw) > maxStatement {
		return s, fmt.Errorf("%w: over %d bytes", ErrStatement, maxStatement)
	}
	if err := strict.Upto(maxStatement).Decode(raw, &s); err != nil {
		return s, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	if n := s.parts(); n != 1 {
		return s, fmt.Errorf("%w: says %d things instead of one", ErrStatement, n)
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
