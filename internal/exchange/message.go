package exchange

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/strict"
	"dobosh/internal/law"
	"dobosh/internal/registry"
)

// Version is that of the protocol between nodes.
const Version = 1

// Bounds of a message, in bytes.
const (
	maxBody = 10 << 20 // a body that travels whole; longer ones travel in parts
	maxID   = 64       // an id of an exchange
	maxText = 200      // a media type, matter, role or message id
)

// errMessage is the cause of every message that cannot be read.
var errMessage = errors.New("not a message of this protocol")

// RequestMeta is what an asker says: who asks what, under which contract, what
// for. Its JSON bytes are what the asker's journal commits to.
type RequestMeta struct {
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
	Matter    string      `json:"matter,omitempty"`  // the case or event in which is asked
	Role      string      `json:"role"`              // who asks: RoleRule, RoleOfficer, RolePerson, RoleSystem
	Message   string      `json:"message,omitempty"` // X-Road-Id that the information system gave the request
	Behalf    registry.ID `json:"behalf,omitzero"`   // consumer for whom a delegate asks
	Headers   []Header    `json:"headers,omitempty"` // for the information system
	Trace     string      `json:"trace,omitempty"`   // W3C traceparent
	Parts     bool        `json:"parts,omitempty"`   // whether the body follows in parts
	Opening   int         `json:"opening,omitempty"` // bytes before the body that hold Query and Headers, which are then not here; see opening
}

// check refuses a request that no node of this version could have meant. It
// says nothing about the right to ask.
func (q RequestMeta) check() error {
	switch {
	case q.Version != Version:
		return fmt.Errorf("%w: version %d", errMessage, q.Version)
	case !plainID(q.ID):
		return fmt.Errorf("%w: the id is none", errMessage)
	case q.Client.Subsystem == "" || q.Client.Service != "" || q.Service.Service == "":
		return fmt.Errorf("%w: not a subsystem that asks a service", errMessage)
	case q.Behalf != registry.ID{} && (q.Behalf.Subsystem == "" || q.Behalf.Service != ""):
		return fmt.Errorf("%w: not a subsystem on whose behalf is asked", errMessage)
	case !plainPath(q.Path) || !plainQuery(q.Query):
		return fmt.Errorf("%w: the path or the query is none", errMessage)
	case !soundOpening(q.Opening, q.Query != "" || len(q.Headers) > 0):
		return fmt.Errorf("%w: an opening of %d bytes", errMessage, q.Opening)
	}
	for _, text := range []string{q.Method, q.Type, q.Accept, q.Matter, q.Role, q.Message, q.Trace} {
		if !plainText(text) {
			return fmt.Errorf("%w: a text is too long or has control characters", errMessage)
		}
	}
	return checkHeaders(q.Headers, travels)
}

func plainID(s string) bool {
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

func plainText(s string) bool {
	return len(s) <= maxText && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' })
}

// plainQuery reports whether a raw query has only visible ASCII characters and
// none that would end it.
func plainQuery(s string) bool {
	return len(s) <= maxPath && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' })
}

// Who may stand behind a request.
const (
	RoleRule    = "rule"    // a rule, without a person
	RoleOfficer = "officer" // an officer in a matter
	RolePerson  = "person"  // the person concerned
	RoleSystem  = "system"  // an information system at the edge
)

// Meta is what a provider says beside the body. Its JSON bytes are what the
// provider's journal commits to, so that the response is the receipt: it has the
// members of a [journal.Receipt].
type ResponseMeta struct {
	Version   int         `json:"v"`
	ID        string      `json:"id"` // of the request
	At        time.Time   `json:"at"`
	Request   string      `json:"question"` // leaf of the request in the asker's log, base64
	Asker     registry.ID `json:"asker"`    // as the request names it
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
	Behalf    registry.ID `json:"behalf,omitzero"`
	Headers   []Header    `json:"headers,omitempty"` // of the information system, as far as they may leave
	Parts     bool        `json:"parts,omitempty"`   // whether the body follows in parts
	Hidden    *Hidden     `json:"hidden,omitempty"`  // when the person concerned does not see it at once
	Opening   int         `json:"opening,omitempty"` // bytes before the body that hold Headers, which are then not here; see opening
}

// Hidden says until when the person concerned does not see an exchange, and why.
type Hidden struct {
	Until     civil.Day `json:"until"` // the first day on which it is seen
	Provision law.Ref   `json:"provision"`
}

// What became of a request.
const (
	ActRead    = "read"
	ActRefused = "refused"
)

// check refuses a response that says neither what came back nor why nothing did.
func (r ResponseMeta) check() error {
	answered := r.Act == ActRead && r.Refusal == nil && r.Status >= 200 && r.Status < 600
	refused := r.Act == ActRefused && r.Refusal != nil && r.Refusal.Code != "" && len(r.Refusal.Args) <= maxArguments && (r.Status == 0 || r.Status >= 400 && r.Status < 600)
	if r.Version != Version || !plainText(r.Type) || !answered && !refused || refused && r.Parts {
		return fmt.Errorf("%w: neither an answer nor a refusal", errMessage)
	}
	if !soundOpening(r.Opening, len(r.Headers) > 0) {
		return fmt.Errorf("%w: an opening of %d bytes", errMessage, r.Opening)
	}
	return checkHeaders(r.Headers, anyHeader)
}

// ReadMessage reads what a journal committed to, so that its bytes mean the same
// to every reader.
//
// A reader and a writer of this protocol's own, forty members numbered by hand,
// stood here until they were measured (BenchmarkMessage): to write and to read a
// question took 3 µs of CPU time by them and 6.5 µs so. An exchange does that
// twice, which is 7 of its some 300 µs: far less than the tenth for which they
// might have stayed. docs/performance.md has the figures.
func ReadMessage(raw []byte, into any) error {
	if err := strict.Upto(maxMeta).Decode(raw, into); err != nil {
		return fmt.Errorf("%w: %w", errMessage, err)
	}
	return nil
}
