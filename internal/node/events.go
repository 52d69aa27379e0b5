package node

import (
	"context"
	"strings"
	"sync"
	"time"

	"dobosh/internal/registry"
)

// followEvents follows the events of every contract that gives this member
// some, as the registry comes to know them, until ctx ends. Contracts that
// give the same events of the same provider are followed once.
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
				if key := feedKey(c); c.Consumer.Owner() == n.cfg.Member && len(c.Events) > 0 && !followed[key] {
					followed[key] = true
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

func feedKey(c registry.Contract) string {
	return c.Provider.String() + " " + c.Area + " " + strings.Join(c.Events, " ")
}
