package node

import (
	"dobosh/internal/exchange"
	"dobosh/internal/exchange/oversight"
	"dobosh/internal/journal"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/registry"
	"dobosh/internal/services"
	"dobosh/internal/web"
)

// The rooms of a node, for tests that look at what happened.
func (n *Node) Services() *services.Room     { return n.services }
func (n *Node) Journal() *journal.Log        { return n.journal }
func (n *Node) Registry() *registry.Registry { return n.registry }
func (n *Node) Oversight() *oversight.Room   { return n.oversight }

// Gateway is how the node asks others.
func (n *Node) Gateway() *exchange.Gateway { return n.gateway }

// Person names somebody in a sector.
func (n *Node) Person(sector string, number jmbg.Number) (string, error) {
	return n.sectors.Pseudonym(sector, number)
}

// Replace puts another information system behind the node and gives back the
// one that was there.
func (n *Node) Replace(service registry.ID, system exchange.System) exchange.System {
	return n.systems.put(service, system)
}

// Conditions are what the operator's page shows of the node.
func (n *Node) Conditions() web.Conditions { return conditions{n} }
