package node

import (
	"net/http"

	"dobosh/internal/api"
	"dobosh/internal/identity"
)

// openCounter serves the public services to the information systems of the
// member's own counters.
func (n *Node) openCounter() (http.Handler, error) {
	acts, err := n.services.CounterActs(n.bus, n.sectors)
	if err != nil {
		return nil, err
	}
	who, err := api.Tokens(programs(n.cfg.Services.Systems, identity.Officer))
	if err != nil {
		return nil, err
	}
	return n.surface("counter", acts, who).Handler()
}
