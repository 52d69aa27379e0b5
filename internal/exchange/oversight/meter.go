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
	hours     = 24   // how far back the meter remembers
	maxLanes  = 4096 // services and directions counted apart; what comes beyond is counted together
	maxCauses = 64   // codes of problems counted apart for one of them
	otherCode = "other"
)

// Meter counts the exchanges of the last 24 hours, by the hour. It lives in
// memory: a restart begins anew, and what must be kept longer is read from the
// metrics or from the journal. It is safe for concurrent use.
type Meter struct {
	now clock.Now

	mu    sync.RWMutex // guards the map, not the lanes
	lanes map[lane]*counters
}

// lane is one direction of one service.
type lane struct {
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
	at       int64 // hours since 1970; another hour in the same place is over
	ended    uint64
	refused  uint64
	question int64 // bytes
	answer   int64
	took     histogram
	hops     map[string]*histogram
	causes   map[string]cause
}

type cause struct {
	count uint64
	last  time.Time
}

// NewMeter makes a meter that has seen nothing.
func NewMeter(now clock.Now) *Meter { return &Meter{now: now, lanes: map[lane]*counters{}} }

// Observe counts one exchange; it is meant for [exchange.Config].Observe.
func (m *Meter) Observe(o exchange.Observation) {
	at := m.now()
	c := m.counters(lane{o.Outbound, o.Service})
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hour(hourOf(at))
	h.ended++
	h.question += o.RequestBytes
	h.answer += o.ResponseBytes
	h.took.add(o.Took)
	for _, hop := range o.Hops {
		of, ok := h.hops[hop.Name]
		if !ok {
			of = &histogram{}
			h.hops[hop.Name] = of
		}
		of.add(hop.Took)
	}
	if o.Code != "" {
		h.refuse(o.Code, at)
	}
}

func (h *hour) refuse(code string, at time.Time) {
	h.refused++
	if _, known := h.causes[code]; !known && len(h.causes) >= maxCauses {
		code = otherCode
	}
	c := h.causes[code]
	h.causes[code] = cause{c.count + 1, at}
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// counters finds or makes those of a lane. Beyond the bound all share one, so
// that made-up services do not fill the memory.
func (m *Meter) counters(l lane) *counters {
	m.mu.RLock()
	c, ok := m.lanes[l]
	m.mu.RUnlock()
	if ok {
		return c
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, ok := m.lanes[l]; ok {
		return c
	}
	if len(m.lanes) >= maxLanes {
		l = lane{asking: l.asking}
	}
	if c, ok = m.lanes[l]; !ok {
		c = &counters{}
		m.lanes[l] = c
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
	Asking   bool // this node asked; otherwise it answered
	Service  registry.ID
	Ended    uint64
	Refused  uint64
	Question int64 // bytes of all requests
	Answer   int64 // bytes of all answers
	P50, P99 time.Duration
	Hops     []HopFigures // in the order of the way
	Causes   []Cause      // the most frequent first
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
	lanes := make(map[lane]*counters, len(m.lanes))
	for l, c := range m.lanes {
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
		f.Question += h.question
		f.Answer += h.answer
		took.merge(&h.took)
		for name, hop := range h.hops {
			if hops[name] == nil {
				hops[name] = &histogram{}
			}
			hops[name].merge(hop)
		}
		for code, of := range h.causes {
			causes[code] = cause{causes[code].count + of.count, later(causes[code].last, of.last)}
		}
	}
	f.P50, f.P99 = took.percentile(.5), took.percentile(.99)
	f.Hops, f.Causes = hopFigures(hops), sortedCauses(causes)
	return f
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func hopFigures(hops map[string]*histogram) (figures []HopFigures) {
	for _, name := range []string{exchange.HopJournal, exchange.HopNetwork, exchange.HopProvider, exchange.HopSystem} {
		if h, ok := hops[name]; ok {
			figures = append(figures, HopFigures{Name: name, P50: h.percentile(.5), P99: h.percentile(.99)})
		}
	}
	return figures
}

func sortedCauses(causes map[string]cause) []Cause {
	list := make([]Cause, 0, len(causes))
	for code, c := range causes {
		list = append(list, Cause{Code: code, Count: c.count, Last: c.last})
	}
	slices.SortFunc(list, func(a, b Cause) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code)) })
	return list
}
