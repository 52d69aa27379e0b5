package exchange

import (
	"maps"

	"dobosh/internal/exchange/link"
	"dobosh/internal/registry"
)

// CloseRevoked ends the connections of nodes that the registry does not
// have any more, with whatever was on them: from the statement that takes a node
// out nothing is asked of it, nor answered to it. A connection to a node that
// only changed its key ends when what is on it is answered. It is called after
// each change of the registry.
func (g *Gateway) CloseRevoked() {
	state := g.State()
	for c, peer := range g.served.all() {
		if _, err := g.Credential.Peer(peer.tls); err != nil {
			leaveStranger(c, state, peer.node)
		}
	}
	for _, p := range g.peers.gone(state) {
		for _, c := range p.letGo() {
			leaveStranger(c, state, p.node)
		}
	}
}

// leaveStranger ends a connection to a node that is not what it was.
func leaveStranger(c *link.Conn, state *registry.State, was registry.Node) {
	if _, known := state.Node(was.Member, was.Name); known {
		c.Leave()
		return
	}
	c.Close()
}

func (s *served) all() map[*link.Conn]asker {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.conns)
}

// letGo gives the connections to a node that is not asked any more.
func (p *peer) letGo() []*link.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	conns := p.conns
	p.conns = nil
	return conns
}

// gone takes out and gives the nodes that have another address or another key
// than the registry says.
func (ps *peers) gone(state *registry.State) (list []*peer) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for key, p := range ps.byNode {
		if n, known := state.NodeByTLS(key.pin); known && n.Address == key.address {
			continue
		}
		delete(ps.byNode, key)
		list = append(list, p)
	}
	return list
}

// Connections counts those that are open: over which this node asks, over which
// it is asked, and the exchanges under way on them.
func (g *Gateway) Connections() (asking, answering, streams int) {
	g.peers.mu.Lock()
	for c := range g.peers.open {
		asking, streams = asking+1, streams+c.Load()
	}
	g.peers.mu.Unlock()
	g.served.mu.Lock()
	defer g.served.mu.Unlock()
	for c := range g.served.conns {
		answering, streams = answering+1, streams+c.Load()
	}
	return asking, answering, streams
}
