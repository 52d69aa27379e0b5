package clock

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// Apart is how far two clocks may differ and still agree: what two nodes
	// grant each other.
	Apart = 5 * time.Minute
	// Remembered is how long it counts what another clock said.
	Remembered = time.Hour
)

// Agreement holds a clock against those of others, as they are met. What cannot be
// undone is done only while they agree. It is safe for concurrent use.
//
// Between two meetings time passes by the machine's monotonic clock, which nobody
// sets: a jump is seen at once, and not only when somebody is met again.
type Agreement struct {
	now Now

	mu      sync.Mutex
	others  map[string]heard // guarded by mu; by name; those that were never met are zero
	counted int              // of others; they do not change
	changed chan struct{}    // guarded by mu; closed when somebody was met
}

// heard is what another clock said, and when.
type heard struct {
	theirs time.Time
	at     time.Time // with its monotonic reading
}

// NewAgreement begins with those whose clocks count, none of whom was met yet.
// Without any the clock stands by itself, and is believed.
func NewAgreement(now Now, names ...string) *Agreement {
	a := &Agreement{now: now, others: map[string]heard{}, changed: make(chan struct{})}
	for _, name := range names {
		a.others[name] = heard{}
	}
	a.counted = len(a.others)
	return a
}

// Heard takes down what another clock says now. Whoever was not named at the
// beginning does not count.
func (a *Agreement) Heard(name string, theirs time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, counts := a.others[name]; !counts || theirs.IsZero() {
		return
	}
	a.others[name] = heard{theirs, time.Now()}
	close(a.changed)
	a.changed = make(chan struct{})
}

// Difference is how far the clock is from another.
type Difference struct {
	Name string
	Off  time.Duration // positive when the clock is ahead of the other
}

// Differences lists how far the clock is from those that were met lately, the
// furthest first.
func (a *Agreement) Differences() (all []Difference) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	for name, h := range a.others {
		if since := time.Since(h.at); !h.at.IsZero() && since < Remembered {
			all = append(all, Difference{name, now.Sub(h.theirs.Add(since))})
		}
	}
	slices.SortFunc(all, func(x, y Difference) int {
		return cmp.Or(cmp.Compare(y.Off.Abs(), x.Off.Abs()), cmp.Compare(x.Name, y.Name))
	})
	return all
}

// Standing is how the clock stands among the others.
type Standing string

// A clock that differs from as many as it agrees with is not believed.
const (
	Agrees  Standing = "agrees"
	Differs Standing = "differs"
	Unknown Standing = "unknown" // there are others, and none was met lately
)

// Standing tells how the clock stands now, and how far it is from the others: the
// difference in the middle of them.
func (a *Agreement) Standing() (s Standing, off time.Duration) {
	all := a.Differences()
	if len(all) == 0 {
		if a.counted > 0 {
			return Unknown, 0
		}
		return Agrees, 0
	}
	near := 0
	for _, d := range all {
		if d.Off.Abs() <= Apart {
			near++
		}
	}
	slices.SortFunc(all, func(x, y Difference) int { return cmp.Compare(x.Off, y.Off) })
	if 2*near > len(all) {
		return Agrees, all[len(all)/2].Off
	}
	off = all[len(all)/2].Off
	if off.Abs() <= Apart { // of two that disagree with each other, the one that is far
		off = slices.MaxFunc(all, func(x, y Difference) int { return cmp.Compare(x.Off.Abs(), y.Off.Abs()) }).Off
	}
	return Differs, off
}

// Sure says whether what cannot be undone may be done by this clock.
func (a *Agreement) Sure() bool {
	s, _ := a.Standing()
	return s == Agrees
}

// Changed is closed when somebody is met next.
func (a *Agreement) Changed() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.changed
}

// Watch takes down what the clock of a server says with each answer (RFC 9110,
// 6.6.1), under its host and port. next must make sure whom it speaks to.
func (a *Agreement) Watch(next http.RoundTripper) http.RoundTripper {
	return watching{a, next}
}

type watching struct {
	agreement *Agreement
	next      http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (w watching) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(r)
	if err == nil {
		if at, bad := http.ParseTime(resp.Header.Get("Date")); bad == nil {
			w.agreement.Heard(r.URL.Host, at)
		}
	}
	return resp, err
}

// CloseIdleConnections lets a client close those of the transport behind.
func (w watching) CloseIdleConnections() {
	if c, ok := w.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
