package registry

import (
	"sync"
	"time"
)

// The rate at which a member may submit statements: as many as a catalogue has
// at once, and then a few a second.
const (
	submitBurst  = 500
	submitPerSec = 5
)

// rates counts what members submit. It grows by one entry for each member that
// ever did, of which there are a few thousand.
type rates struct {
	mu      sync.Mutex
	buckets map[ID]bucket
}

// bucket holds what was left at a time.
type bucket struct {
	left float64
	at   time.Time
}

// take reports whether a member may submit one more.
func (r *rates) take(member ID, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, known := r.buckets[member]
	if !known {
		b = bucket{submitBurst, now}
	}
	b.left = min(submitBurst, b.left+max(0, now.Sub(b.at).Seconds())*submitPerSec)
	b.at = now
	allowed := b.left >= 1
	if allowed {
		b.left--
	}
	if r.buckets == nil {
		r.buckets = map[ID]bucket{}
	}
	r.buckets[member] = b
	return allowed
}
