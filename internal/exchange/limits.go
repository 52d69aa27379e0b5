package exchange

import (
	"maps"
	"sync"
	"time"
)

// rates hold back who asks faster than agreed: a bucket for each contract that
// fills by its rate and holds one second of it. Each node of a member has its own.
type rates struct {
	mu      sync.Mutex
	swept   time.Time
	buckets map[string]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newRates() *rates { return &rates{buckets: map[string]bucket{}} }

// take counts one more request; false when there were more than rate a second.
// No limit is 0.
func (r *rates) take(account string, rate int, now time.Time) bool {
	if rate == 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.swept) >= time.Minute { // those that are full again are forgotten
		r.swept = now
		maps.DeleteFunc(r.buckets, func(_ string, b bucket) bool { return now.Sub(b.at) > time.Minute })
	}
	b, ok := r.buckets[account]
	if !ok {
		b = bucket{tokens: float64(rate), at: now}
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens, b.at = min(float64(rate), b.tokens+passed.Seconds()*float64(rate)), now
	}
	taken := b.tokens >= 1
	if taken {
		b.tokens--
	}
	r.buckets[account] = b
	return taken
}
