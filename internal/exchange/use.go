package exchange

import (
	"strings"

	"dobosh/internal/kit/civil"
)

// Used is how many requests of this day other members have put under each
// contract that has a quota.
func (g *Gateway) Used() map[string]int {
	g.quotas.mu.Lock()
	defer g.quotas.mu.Unlock()
	if g.quotas.day.Before(civil.Of(g.Now())) {
		return nil
	}
	used := make(map[string]int, len(g.quotas.taken))
	for account, n := range g.quotas.taken {
		contract, _, _ := strings.Cut(account, "\n") // each client of a group has an account of its own
		used[contract] += n
	}
	return used
}
