package exchange

import (
	"time"

	"dobosh/internal/registry"
)

// Hop is one step of an exchange and how long it took.
type Hop struct {
	Name string // one of the constants below
	Took time.Duration
}

// The steps of an exchange.
const (
	HopJournal  = "journal"          // the question becomes durable here
	HopNetwork  = "network"          // to the other node and back, without what follows
	HopProvider = "provider-journal" // question and answer become durable there
	HopSystem   = "system"           // the information system
)

// Observation is what one exchange was like, without anything about persons.
type Observation struct {
	Asking   bool // seen by the asker; otherwise by the provider
	Client   registry.ID
	Service  registry.ID
	Contract string
	Code     string // of the problem; empty when the question was answered
	Status   int    // of the information system; 0 for none
	Hops     []Hop
	Took     time.Duration
	Question int64 // bytes of the body
	Answer   int64 // bytes of the body
}
