package exchange

import (
	"maps"

	"dobosh/internal/kit/civil"
)

// Used is how many questions of this day other members have put under each
// contract that has a quota.
func (g *Gateway) Used() map[string]int {
	g.quotas.mu.Lock()
	defer g.quotas.mu.Unlock()
	if g.quotas.day.Before(civil.Of(g.Now())) {
		return nil
	}
	return maps.Clone(g.quotas.taken)
}
