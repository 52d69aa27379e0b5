package exchange

import "dobosh/internal/registry"

// Continued forgets the checkpoints that the log of a node showed: it goes on from fewer
// entries, and what it signs from now on may have the size of one that it gave up.
func (g *Gateway) Continued(node registry.Node) {
	origin := node.Member.String() + "/" + node.Name
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, v := range g.verifiers {
		if v.origin == origin {
			delete(g.verifiers, key)
		}
	}
}
