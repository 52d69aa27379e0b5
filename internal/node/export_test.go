package node

import (
	"context"
	"io/fs"
	"net/http"
	"time"

	"dobosh/internal/admission"
	"dobosh/internal/bus"
	"dobosh/internal/exchange"
	"dobosh/internal/exchange/oversight"
	exchangepages "dobosh/internal/exchange/pages"
	"dobosh/internal/journal"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/registry"
	"dobosh/internal/services"
	"dobosh/internal/services/proof"
)

// The rooms of a node, for tests that look at what happened.
func (n *Node) Services() *services.Room     { return n.rooms.services }
func (n *Node) Journal() *journal.Log        { return n.rooms.journal }
func (n *Node) Registry() *registry.Registry { return n.rooms.centre.Registry }
func (n *Node) Oversight() *oversight.Room   { return n.rooms.oversight }

// ApartOf are the folders that are in no backup.
func ApartOf(config string) ([]string, error) {
	n, err := copyOf(config)
	return n.Apart, err
}

// Gateway is how the node asks others.
func (n *Node) Gateway() *exchange.Gateway { return n.rooms.gateway }

// ClientOf reaches another node as this one does.
func (n *Node) ClientOf(to registry.Node) *http.Client { return n.rooms.gate.client(to) }

// Person names somebody in a sector.
func (n *Node) Person(sector string, number jmbg.Number) (string, error) {
	return n.rooms.sectors.Pseudonym(sector, number)
}

// Replace puts another information system behind the node and gives back the
// one that was there.
func (n *Node) Replace(service registry.ID, system exchange.System) exchange.System {
	return n.behind.put(service, system)
}

// Offer makes a token by which a node is let in, at the authority.
func (n *Node) Offer(ctx context.Context, g admission.Grant) (string, error) {
	text, _, err := n.rooms.gate.office.Offer(ctx, g, "test", time.Hour)
	return text, err
}

// Conditions are what the operator's page shows of the node.
func (n *Node) Conditions() exchangepages.Conditions { return n.rooms.conditions }

// Cosigned is the newest checkpoint of the journal that witnesses have cosigned.
func (n *Node) Cosigned() []byte { return n.rooms.conditions.witnesses.Cosigned() }

// Trust is whom decisions can be checked against.
func (n *Node) Trust() proof.Trust { return believed{n.base, n.rooms.centre}.proofs() }

// Stream is how far the stream of the member goes.
func (n *Node) Stream(ctx context.Context) (bus.State, error) { return n.rooms.stream.State(ctx) }

// Tables are those that the program makes.
func Tables() []fs.FS { return tables(nil) }
