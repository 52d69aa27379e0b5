package exchange

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
)

// Version is that of the protocol between nodes.
const Version = 1

// Bounds of a message, in bytes.
const (
	maxHeader = 16 << 10 // a question or reply in its header, decoded
	maxBody   = 10 << 20 // a body
)

// errMessage is the cause of every message that cannot be read.
var errMessage = errors.New("not a message of this protocol")

// Question is what an asker says: who asks what, under which contract, what
// for. Its JSON bytes are what the asker's journal commits to.
type Question struct {
	Version   int         `json:"v"`
	ID        string      `json:"id"`
	At        time.Time   `json:"at"`
	Client    registry.ID `json:"client"`  // subsystem that asks
	Service   registry.ID `json:"service"` // service that is asked
	Contract  string      `json:"contract"`
	Method    string      `json:"method"`
	Path      string      `json:"path"` // raw, after the service code, with its leading slash
	Query     string      `json:"query,omitempty"`
	Type      string      `json:"type,omitempty"` // media type of the body
	Accept    string      `json:"accept,omitempty"`
	Purpose   string      `json:"purpose"`
	Provision law.Ref     `json:"provision"`
	Matter    string      `json:"matter,omitempty"` // the case or event in which is asked
	Role      string      `json:"role"`             // who asks: RoleRule, RoleOfficer, RolePerson, RoleSystem
}

// Who may stand behind a question.
const (
	RoleRule    = "rule"    // a rule, without a person
	RoleOfficer = "officer" // an officer in a matter
	RolePerson  = "person"  // the person concerned
	RoleSystem  = "system"  // an information system at the edge
)

// Reply is what a provider says beside the body. Its JSON bytes are what the
// provider's journal commits to, so that the reply is the receipt: it has the
// members of a [journal.Receipt].
type Reply struct {
	Version   int         `json:"v"`
	ID        string      `json:"id"` // of the question
	At        time.Time   `json:"at"`
	Question  string      `json:"question"` // leaf of the question in the asker's log, base64
	Asker     registry.ID `json:"asker"`    // as the question names it
	Holder    registry.ID `json:"holder"`   // the service that was asked
	Act       string      `json:"act"`      // ActRead or ActRefused
	Contract  string      `json:"contract,omitempty"`
	Purpose   string      `json:"purpose,omitempty"`
	Provision law.Ref     `json:"provision,omitempty"`
	Matter    string      `json:"matter,omitempty"`
	Role      string      `json:"role,omitempty"`
	Status    int         `json:"status,omitempty"` // of the information system
	Type      string      `json:"type,omitempty"`
	Fields    []string    `json:"fields,omitempty"` // JSON pointers that left
	Refusal   *Refusal    `json:"refusal,omitempty"`
}

// What became of a question.
const (
	ActRead    = "read"
	ActRefused = "refused"
)

// Refusal is a problem on its way to the asker.
type Refusal struct {
	Kind problem.Kind      `json:"kind"`
	Code string            `json:"code"`
	Args map[string]string `json:"args,omitempty"`
}

func refusalOf(err error) *Refusal {
	p := problem.Of(err)
	return &Refusal{Kind: p.Kind, Code: p.Code, Args: p.Args}
}

func (r Refusal) problem() *problem.Problem {
	return &problem.Problem{Kind: r.Kind, Code: r.Code, Args: r.Args}
}

// encodeHeader and decodeHeader carry the exact bytes of a message in a
// header, since the proof is over the bytes.
func encodeHeader(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }

func decodeHeader(s string) ([]byte, error) {
	if s == "" || len(s) > base64.StdEncoding.EncodedLen(maxHeader) {
		return nil, fmt.Errorf("%w: a header is missing or too long", errMessage)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMessage, err)
	}
	return raw, nil
}

// strict reads exactly one JSON value without unknown members.
func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w: %w", errMessage, err)
	}
	if d.More() {
		return fmt.Errorf("%w: something follows it", errMessage)
	}
	return nil
}
