package exchange

import "strings"

// Used is how many requests of this day other members have put under each
// contract that has a quota, to all nodes of the member as far as this one knows.
func (g *Gateway) Used() map[string]int {
	used := map[string]int{}
	for account, n := range g.passes.Used() {
		contract, _, _ := strings.Cut(account, "\n") // each client of a group has an account of its own
		used[contract] += n
	}
	return used
}
