package exchange

import (
	"strconv"
	"sync"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
)

// replays remembers the ids of questions for as long as their time stamp is
// accepted. It keeps two generations and forgets the older one, so its size
// is bounded by what arrives in two windows. A restart forgets all; what could
// then be replayed comes over a connection of the same node, which may ask the
// same again anyway, and is journaled again.
type replays struct {
	window time.Duration
	now    clock.Now

	mu       sync.Mutex
	turned   time.Time
	new, old map[string]struct{}
}

func newReplays(window time.Duration, now clock.Now) *replays {
	return &replays{window: window, now: now, turned: now(), new: map[string]struct{}{}}
}

// first reports whether id was not seen before, and remembers it.
func (r *replays) first(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); now.Sub(r.turned) > r.window || now.Before(r.turned) {
		r.old, r.new, r.turned = r.new, map[string]struct{}{}, now
	}
	if _, seen := r.new[id]; seen {
		return false
	}
	if _, seen := r.old[id]; seen {
		return false
	}
	r.new[id] = struct{}{}
	return true
}

// quotas counts the questions of each contract on a civil day.
type quotas struct {
	mu    sync.Mutex
	day   civil.Day
	taken map[string]int
}

func newQuotas() *quotas { return &quotas{taken: map[string]int{}} }

// take counts one more question; false when limit was reached. No limit is 0.
func (q *quotas) take(contract string, limit int, now time.Time) bool {
	if limit == 0 {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if day := civil.Of(now); day != q.day {
		q.day, q.taken = day, map[string]int{}
	}
	if q.taken[contract] >= limit {
		return false
	}
	q.taken[contract]++
	return true
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Abs().Seconds())) }
