package exchange

import (
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/trace"
	"dobosh/internal/registry"
)

// Hop is one step of an exchange and how long it took.
type Hop struct {
	Name string // one of the constants below
	Took time.Duration
}

// The steps of an exchange.
const (
	HopJournal  = "journal"          // the request becomes durable here
	HopNetwork  = "network"          // to the other node and back, without what follows
	HopProvider = "provider-journal" // request and response become durable there
	HopSystem   = "system"           // the information system
)

// Observation is what one exchange was like, without anything about persons.
type Observation struct {
	Outbound      bool // seen by the asker; otherwise by the provider
	Client        registry.ID
	Service       registry.ID
	Contract      string
	Code          string // of the problem; empty when the request was answered
	Status        int    // of the information system; 0 for none
	Hops          []Hop
	Took          time.Duration
	Trace         trace.Context // of this step; zero where traces are not kept
	Parent        [8]byte       // the step that it belongs to
	Begun         time.Time
	RequestBytes  int64 // bytes of the body
	ResponseBytes int64 // bytes of the body
}

// observe tells what an exchange was like.
func (g *Gateway) observe(o Observation, begun time.Time, err error) {
	o.Begun = begun
	if o.Took = time.Since(begun); err != nil {
		o.Code = problem.Of(err).Code
	}
	g.Observe(o)
}

// step is this node's step in the trace that a header names, and its parent there; what
// follows belongs to it. Where traces are not kept the header stays as it is.
func (g *Gateway) step(header string) (own trace.Context, parent [8]byte, passed string) {
	if !g.Traces {
		return own, parent, header
	}
	before, _ := trace.Parse(header) // what is none begins a new one
	own = before.Child()
	return own, before.Span, own.String()
}
