package node

import (
	"context"

	"dobosh/internal/exchange/events"
)

// openEvents opens what carries events to other nodes and from them.
func (n *Node) openEvents(context.Context) error {
	n.events = events.New(events.Config{Gateway: n.gateway, DB: n.db, Stream: n.bus, Now: n.now, Log: n.log})
	return nil
}
