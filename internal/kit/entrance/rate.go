package entrance

import (
	"sync"
	"time"

	"dobosh/internal/kit/clock"
)

// maxKeys bounds the memory of a rate; beyond it keys are forgotten, in no order.
const maxKeys = 1 << 16

// Rate is what each key may do: a burst at once, and then one each interval. It is safe
// for concurrent use.
type Rate struct {
	burst int
	each  time.Duration
	now   clock.Now

	mu   sync.Mutex
	full map[string]time.Time // guarded by mu; when a key has its whole burst again
}

// NewRate makes a rate. burst is at least 1, each more than 0.
func NewRate(burst int, each time.Duration, now clock.Now) *Rate {
	return &Rate{burst: burst, each: each, now: now, full: map[string]time.Time{}}
}

// Take takes one from what a key may do. Where there is none it takes nothing and says
// how long to wait for it; 0 when it was taken.
func (r *Rate) Take(key string) (wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	full, known := r.full[key]
	whole := time.Duration(r.burst) * r.each
	if !known || full.Before(now) || full.Sub(now) > whole { // the last: the clock was turned back
		full = now
	}
	next := full.Add(r.each)
	if over := next.Sub(now) - whole; over > 0 {
		return over
	}
	if !known && len(r.full) >= maxKeys {
		r.forget(now)
	}
	r.full[key] = next
	return 0
}

// forget drops the keys that have their whole burst, or some others where none has. The
// caller holds mu.
func (r *Rate) forget(now time.Time) {
	for key, full := range r.full {
		if !full.After(now) {
			delete(r.full, key)
		}
	}
	for key := range r.full {
		if len(r.full) < maxKeys*7/8 {
			return
		}
		delete(r.full, key)
	}
}
