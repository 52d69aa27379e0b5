package events

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/exchange"
	"dobosh/internal/kit/strict"
	"dobosh/internal/registry"
)

// Bounds of a page. The one of bytes keeps a page far below what a journal takes.
const (
	maxPage      = 1000     // events
	maxPageBytes = 4 << 20  // of their JSON
	maxPageBody  = 10 << 20 // bytes of a body that travels whole
	maxPageID    = 64
)

var errPage = errors.New("not a page of events")

// page is what a provider says about a page of events. Its JSON bytes are the
// message that the journals commit to; the body is the events, as a batch
// (CloudEvents JSON format 1.0.2, section 4).
type page struct {
	Version  int       `json:"v"`
	ID       string    `json:"id"`
	Contract string    `json:"contract"`
	After    place     `json:"after"` // the events of the page follow this place
	Next     place     `json:"next"`  // where to go on
	At       time.Time `json:"at"`
}

// readPage reads a page that was proved to be its sender's. It must be one that
// was asked for.
func readPage(meta, body []byte, contract string, after place) (page, []bus.Event, error) {
	var p page
	if err := exchange.ReadMessage(meta, &p); err != nil {
		return p, nil, err
	}
	switch {
	case p.Version != exchange.Version || p.ID == "" || len(p.ID) > maxPageID:
		return p, nil, fmt.Errorf("%w: version %d", errPage, p.Version)
	case p.Contract != contract:
		return p, nil, fmt.Errorf("%w: of another contract", errPage)
	case after != place{} && p.After != after:
		return p, nil, fmt.Errorf("%w: after %s, not %s", errPage, p.After, after)
	case p.Next.stream == "" || p.Next.stream != p.After.stream || p.Next.number <= p.After.number:
		return p, nil, fmt.Errorf("%w: leads from %s to %s", errPage, p.After, p.Next)
	}
	var events []bus.Event
	// Their data is kept as it is, so many values in it take no memory.
	if err := (strict.Bounds{Bytes: maxPageBody, Depth: strict.Depth + 2, Values: maxPageBody}).Decode(body, &events); err != nil || len(events) == 0 || len(events) > maxPage {
		return p, nil, fmt.Errorf("%w: %d events, %w", errPage, len(events), err)
	}
	return p, events, nil
}

// agreed reports whether an event is one that the contract gives: of its types,
// of the provider's own making, and of its area. The provider asks before it
// gives the event away, the consumer before it takes it in: no other node can
// put an event into its stream that it would take for its own. The area is the
// one thing that an event's data may say.
func agreed(c registry.Contract, e bus.Event) bool {
	if source, err := registry.ParseID(e.Source); err != nil || source != c.Provider || !slices.Contains(c.Events, e.Type) {
		return false
	}
	if c.Area == "" {
		return true
	}
	var data struct {
		Area string `json:"area"`
	}
	return strict.Upto(bus.MaxData).AllowUnknown().Decode(e.Data, &data) == nil && data.Area == c.Area
}

// follows reports whether a member may have the events of a contract.
func follows(s *registry.State, c registry.Contract, member registry.ID) bool {
	if len(c.Events) == 0 {
		return false
	}
	m, known := s.Member(member)
	return known && slices.ContainsFunc(m.Subsystems, func(name string) bool {
		system := m.ID
		system.Subsystem = name
		return s.Lets(&c, system, registry.ID{})
	})
}
