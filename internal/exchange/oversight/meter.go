package oversight

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/clock"
	"dobosh/internal/registry"
)

const (
	hours         = 24   // how far back the meter remembers
	maxDirections = 4096 // services and directions counted apart; what comes beyond is counted together
	maxCauses     = 64   // codes of problems counted apart for one of them
	otherCode     = "other"
)

// Meter counts the exchanges of the last 24 hours, by the hour. It lives in
// memory: a restart begins anew, and what must be kept longer is read from the
// metrics or from the journal. It is safe for concurrent use.
type Meter struct {
	now clock.Now

	mu         sync.RWMutex // guards the map, not the lanes
	directions map[direction]*counters
}

// direction is one direction of one service.
type direction struct {
	asking  bool
	service registry.ID
}

// counters are the hours of a lane, a ring by the hour of the clock.
type counters struct {
	mu    sync.Mutex
	hours [hours]hour
}

// hour is what happened from one full hour to the next.
type hour struct {
	at            int64 // hours since 1970; another hour in the same place is over
	ended         uint64
	refused       uint64
	requestBytes  int64 // bytes
	responseBytes int64
	took          histogram
	hops          map[string]*histogram
	causes        map[string]cause
}

type cause struct {
	count uint64
	last  time.Time
}

// NewMeter makes a meter that has seen nothing.
func NewMeter(now clock.Now) *Meter { return &Meter{now: now, directions: map[direction]*counters{}} }

// Observe counts one exchange; it is meant for [exchange.Config].Observe.
func (m *Meter) Observe(o exchange.Observation) {
	at := m.now()
	c := m.counters(direction{o.Outbound, o.Service})
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hour(hourOf(at))
	h.ended++
	h.requestBytes += o.RequestBytes
	h.responseBytes += o.ResponseBytes
	h.took.add(o.Took)
	for _, hop := range o.Hops {
		of, ok := h.hops[hop.Name]
		if !ok {
			of = &histogram{}
			h.hops[hop.Name] = of
		}
		of.add(hop.Took)
	}
	if code := o.Code; code != "" {
		h.refused++
		if _, known := h.causes[code]; !known && len(h.causes) >= maxCauses {
			code = otherCode
		}
		h.causes[code] = cause{h.causes[code].count + 1, at}
	}
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// counters finds or makes those of a lane. Beyond the bound all share one, so
// that made-up services do not fill the memory.
func (m *Meter) counters(l direction) *counters {
	m.mu.RLock()
	c, ok := m.directions[l]
	m.mu.RUnlock()
	if ok {
		return c
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, ok := m.directions[l]; ok {
		return c
	}
	if len(m.directions) >= maxDirections {
		l = direction{asking: l.asking}
	}
	if c, ok = m.directions[l]; !ok {
		c = &counters{}
		m.directions[l] = c
	}
	return c
}

// hour is the place of an hour in the ring, emptied if it held one that is over.
// The caller holds mu.
func (c *counters) hour(at int64) *hour {
	h := &c.hours[at%hours]
	if h.at != at || h.hops == nil {
		*h = hour{at: at, hops: map[string]*histogram{}, causes: map[string]cause{}}
	}
	return h
}

// Figures are what the exchanges of one service and direction were like in the
// last 24 hours.
type Figures struct {
	Asking        bool // this node asked; otherwise it answered
	Service       registry.ID
	Ended         uint64
	Refused       uint64
	RequestBytes  int64 // bytes of all requests
	ResponseBytes int64 // bytes of all answers
	P50, P99      time.Duration
	Hops          []HopFigures // in the order of the way
	Causes        []Cause      // the most frequent first
}

// HopFigures is how long one step took.
type HopFigures struct {
	Name     string // as in package exchange
	P50, P99 time.Duration
}

// Cause is why exchanges were refused.
type Cause struct {
	Code  string // of the problem
	Count uint64
	Last  time.Time
}

// Figures lists all services that had exchanges, the busiest first.
func (m *Meter) Figures() []Figures {
	since := hourOf(m.now()) - hours
	m.mu.RLock()
	lanes := make(map[direction]*counters, len(m.directions))
	for l, c := range m.directions {
		lanes[l] = c
	}
	m.mu.RUnlock()
	var all []Figures
	for l, c := range lanes {
		if f := c.figures(since); f.Ended > 0 {
			f.Asking, f.Service = l.asking, l.service
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b Figures) int {
		return cmp.Or(cmp.Compare(b.Ended, a.Ended), cmp.Compare(a.Service.String(), b.Service.String()))
	})
	return all
}

// figures draws the hours of a service and direction together that are not over.
func (c *counters) figures(since int64) (f Figures) {
	var took histogram
	hops, causes := map[string]*histogram{}, map[string]cause{}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.hours {
		h := &c.hours[i]
		if h.at <= since {
			continue
		}
		f.Ended += h.ended
		f.Refused += h.refused
		f.RequestBytes += h.requestBytes
		f.ResponseBytes += h.responseBytes
		took.merge(&h.took)
		for name, hop := range h.hops {
			if hops[name] == nil {
				hops[name] = &histogram{}
			}
			hops[name].merge(hop)
		}
		for code, of := range h.causes {
			if before := causes[code]; before.last.After(of.last) {
				of.last = before.last
			}
			of.count += causes[code].count
			causes[code] = of
		}
	}
	f.P50, f.P99 = took.percentile(.5), took.percentile(.99)
	for _, name := range []string{exchange.HopJournal, exchange.HopNetwork, exchange.HopProvider, exchange.HopSystem} {
		if h, ok := hops[name]; ok {
			f.Hops = append(f.Hops, HopFigures{Name: name, P50: h.percentile(.5), P99: h.percentile(.99)})
		}
	}
	for code, c := range causes {
		f.Causes = append(f.Causes, Cause{Code: code, Count: c.count, Last: c.last})
	}
	slices.SortFunc(f.Causes, func(a, b Cause) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code)) })
	return f
}
