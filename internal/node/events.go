package node

import (
	"context"
	"sync"
	"time"
)

// followEvents follows the events of every contract that gives this member
// some, as the registry comes to know them, until ctx ends. Two contracts may
// give the same events: each is followed for itself, since one of them may
// stop, and an event that comes twice is one.
func (n *Node) followEvents(ctx context.Context) {
	var followers sync.WaitGroup
	defer followers.Wait()
	followed := map[string]bool{}
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for seen := int64(-1); ; {
		if state := n.registry.State(); state.Size != seen {
			seen = state.Size
			for _, c := range state.Contracts() {
				if c.Consumer.Owner() == n.cfg.Member && len(c.Events) > 0 && !followed[c.ID] {
					followed[c.ID] = true
					followers.Go(func() { n.gateway.Follow(ctx, c.ID, n.db, n.bus) })
				}
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
