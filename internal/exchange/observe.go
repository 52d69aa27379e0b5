package exchange

import (
	"time"

	"dobosh/internal/kit/problem"
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
	RequestBytes  int64 // bytes of the body
	ResponseBytes int64 // bytes of the body
}

// observe tells what an exchange was like.
func (g *Gateway) observe(o Observation, begun time.Time, err error) {
	if o.Took = time.Since(begun); err != nil {
		o.Code = problem.Of(err).Code
	}
	g.Observe(o)
}
