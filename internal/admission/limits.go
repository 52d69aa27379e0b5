package admission

import (
	"net/netip"
	"sync"
	"time"

	"dobosh/internal/kit/clock"
)

// What one source, and all together, may ask without being a node of the
// registry.
const (
	sourceBurst = 10              // at once
	sourceEvery = 2 * time.Second // one more in this time
	totalBurst  = 100
	totalEvery  = 100 * time.Millisecond
	maxSources  = 4096 // that are remembered; beyond them only the total counts
)

// limits counts the attempts of strangers. It is safe for concurrent use.
type limits struct {
	now clock.Now

	mu      sync.Mutex
	total   bucket                  // guarded by mu
	sources map[netip.Prefix]bucket // guarded by mu
}

// bucket holds the instant until which everything is used up. It begins in the
// past.
type bucket struct{ until time.Time }

func newLimits(now clock.Now) *limits {
	return &limits{now: now, sources: map[netip.Prefix]bucket{}}
}

// take counts an attempt from an address and reports whether it is allowed, or
// else after how long.
func (l *limits) take(from netip.Addr) (allowed bool, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, source := l.now(), sourceOf(from)
	if len(l.sources) >= maxSources {
		l.forget(now)
	}
	one, known := l.sources[source]
	if wait := one.take(now, sourceEvery, sourceBurst); wait > 0 {
		return false, wait
	}
	if wait := l.total.take(now, totalEvery, totalBurst); wait > 0 {
		return false, wait
	}
	if known || len(l.sources) < maxSources {
		l.sources[source] = one
	}
	return true, 0
}

// take uses one place, or says how long there is none.
func (b *bucket) take(now time.Time, every time.Duration, burst int) time.Duration {
	next := b.until
	if next.Before(now) {
		next = now
	}
	if ahead := next.Sub(now); ahead > every*time.Duration(burst-1) {
		return ahead - every*time.Duration(burst-1)
	}
	b.until = next.Add(every)
	return 0
}

// forget drops the sources that have all their places again.
func (l *limits) forget(now time.Time) {
	for source, b := range l.sources {
		if !b.until.After(now) {
			delete(l.sources, source)
		}
	}
}

// sourceOf is an IPv4 address, or the network of an IPv6 address, of which one
// household has 2^64.
func sourceOf(from netip.Addr) netip.Prefix {
	from = from.Unmap()
	bits := 64
	if from.Is4() {
		bits = 32
	}
	prefix, err := from.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // no address: all such share one place
	}
	return prefix
}
