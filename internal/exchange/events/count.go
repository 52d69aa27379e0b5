package events

// Count is how often something happened.
type Count struct {
	Published int // events of this member's systems
	Delivered int // events that a subscriber took
	Retried   int // attempts that failed and are to be made again
	Dead      int // events that were put aside
}

// count tells the node, if it listens.
func (r *Room) count(c Count) {
	if r.Count != nil {
		r.Count(c)
	}
}
