package node

import "context"

// partFromStrangers cuts the connections of nodes that were taken out of the
// registry, at each change of it, until ctx ends.
func (n *Node) partFromStrangers(ctx context.Context) {
	for {
		size := n.registry.State().Size
		n.gateway.CloseRevoked()
		if n.registry.Wait(ctx, size) != nil {
			return
		}
	}
}
