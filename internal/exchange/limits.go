package exchange

import (
	"crypto/sha256"
	"maps"
	"sync"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/registry"
)

// replays remembers the requests of each member for as long as their time
// stamp is accepted. It keeps two generations and forgets the older one, so its
// size is bounded by what arrives in two windows, at about 30 bytes each. A
// restart forgets all; what could then be replayed comes over a connection of
// the same node, which may ask the same again anyway, and is journaled again.
type replays struct {
	window time.Duration
	now    clock.Now

	mu       sync.Mutex
	turned   time.Time
	new, old map[replayKey]struct{}
}

// replayKey is the beginning of a SHA-256 over who asks and the id.
type replayKey [16]byte

func newReplays(window time.Duration, now clock.Now) *replays {
	return &replays{window: window, now: now, turned: now(), new: map[replayKey]struct{}{}}
}

// first reports whether the id was not seen from this member before, and
// remembers it.
func (r *replays) first(member registry.ID, id string) bool {
	sum := sha256.Sum256([]byte(member.String() + "\n" + id))
	key := replayKey(sum[:])
	r.mu.Lock()
	defer r.mu.Unlock()
	switch now := r.now(); {
	case now.Before(r.turned):
		r.turned = now // the clock was set back: remember longer rather than shorter
	case now.Sub(r.turned) > r.window:
		r.old, r.new, r.turned = r.new, map[replayKey]struct{}{}, now
	}
	if _, seen := r.new[key]; seen {
		return false
	}
	if _, seen := r.old[key]; seen {
		return false
	}
	r.new[key] = struct{}{}
	return true
}

// quotas counts the requests of each contract on a civil day. A restart begins
// anew: a quota holds back what runs wild, it is not an account.
type quotas struct {
	mu    sync.Mutex
	day   civil.Day
	taken map[string]int
}

func newQuotas() *quotas { return &quotas{taken: map[string]int{}} }

// take counts one more request; false when limit was reached. No limit is 0.
func (q *quotas) take(account string, limit int, now time.Time) bool {
	if limit == 0 {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if day := civil.Of(now); q.day.Before(day) {
		q.day, q.taken = day, map[string]int{}
	}
	if q.taken[account] >= limit {
		return false
	}
	q.taken[account]++
	return true
}

// rates hold back who asks faster than agreed: a bucket for each contract that
// fills by its rate and holds one second of it.
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
