package bench

import (
	"sync"
	"time"

	"dobosh/internal/services"
)

// ledger is what the driver was told: which births were recorded, which offers
// it saw, what it accepted. It is safe for concurrent use.
type ledger struct {
	wanted int // offers of each birth

	mu        sync.Mutex
	matters   map[string]*matter // by reference of the birth
	decisions map[string]string  // by offer
}

// matter is one birth. An offer may be seen before the answer that the birth
// is recorded has come back.
type matter struct {
	offers   map[string]services.Brief // by id
	recorded bool
	whole    chan struct{} // closed when all wanted offers were seen
	wholeAt  time.Time     // guarded by the ledger; set before whole is closed
}

func newLedger(wanted int) *ledger {
	return &ledger{wanted: wanted, matters: map[string]*matter{}, decisions: map[string]string{}}
}

// of finds the matter of a birth, or begins it. The caller holds mu.
func (l *ledger) of(reference string) *matter {
	m, ok := l.matters[reference]
	if !ok {
		m = &matter{offers: map[string]services.Brief{}, whole: make(chan struct{})}
		l.matters[reference] = m
	}
	return m
}

// recorded notes that a birth was recorded, and gives its matter to wait for.
func (l *ledger) recorded(reference string) *matter {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.of(reference)
	m.recorded = true
	return m
}

// seen notes offers that were seen, and tells how many of them are new.
func (l *ledger) seen(offers []services.Brief, at time.Time) (fresh int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range offers {
		m := l.of(o.Matter)
		if _, known := m.offers[o.ID]; !known {
			fresh++
			if len(m.offers)+1 == l.wanted {
				m.wholeAt = at
				defer close(m.whole)
			}
		}
		m.offers[o.ID] = o
	}
	return fresh
}

// offersOf lists the offers of a matter, and when the last of them was seen.
func (l *ledger) offersOf(m *matter) (offers []services.Brief, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range m.offers {
		offers = append(offers, o)
	}
	return offers, m.wholeAt
}

func (l *ledger) decided(offer, decision string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.decisions[offer] = decision
}

// counts tells how much of everything there is.
func (l *ledger) counts() (births, offers, decisions int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.matters {
		if m.recorded {
			births++
		}
		offers += len(m.offers)
	}
	return births, offers, len(l.decisions)
}
