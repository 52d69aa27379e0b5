package bench

import (
	"strings"
	"sync"
	"time"

	"dobosh/internal/services"
)

// ledger is what the driver was told: which births were recorded, which offers
// it saw, what it accepted. It is safe for concurrent use.
type ledger struct {
	wanted int // offers of each birth

	mu        sync.Mutex
	matters   map[string]*matter   // by reference of the birth
	decisions map[string]string    // by offer
	at        map[string]time.Time // when each birth, offer, decision and exchange was heard of first
	codes     map[string]string    // of decisions, as people have them
	exchanges []string             // numbers of questions that were answered
	again     []string             // offers that were decided a second time, and otherwise
	strange   bool                 // the registers were put back from a copy: births may be known to the city alone
}

// matter is one birth. An offer may be seen before the answer that the birth
// is recorded has come back.
type matter struct {
	offers   map[string]services.Brief // by id
	recorded bool
	doubtful bool          // the registers were put back from a copy that was made before it
	whole    chan struct{} // closed when all wanted offers were seen
	wholeAt  time.Time     // guarded by the ledger; set before whole is closed
	turned   chan struct{} // closed when a node was put back from a copy that lacks something of it
}

func newLedger(wanted int) *ledger {
	return &ledger{wanted: wanted, matters: map[string]*matter{}, decisions: map[string]string{}, at: map[string]time.Time{}, codes: map[string]string{}}
}

// of finds the matter of a birth, or begins it. The caller holds mu.
func (l *ledger) of(reference string) *matter {
	m, ok := l.matters[reference]
	if !ok {
		m = &matter{offers: map[string]services.Brief{}, whole: make(chan struct{}), turned: make(chan struct{})}
		l.matters[reference] = m
	}
	return m
}

// recorded notes that a birth was recorded, and gives its matter to wait for.
func (l *ledger) recorded(reference string) *matter {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.of(reference)
	if !m.recorded {
		m.recorded, l.at[reference] = true, time.Now()
	}
	return m
}

// signs are what a loop waits for.
func (l *ledger) signs(m *matter) (whole, turned <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return m.whole, m.turned
}

// doubtful says whether the birth has to be recorded again.
func (l *ledger) doubtful(m *matter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return m.doubtful
}

// seen notes offers that were seen, and tells how many of them are new.
func (l *ledger) seen(offers []services.Brief, at time.Time) (fresh int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range offers {
		m := l.of(o.Matter)
		if _, known := m.offers[o.ID]; !known {
			l.at[o.ID] = at
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
	if told, known := l.decisions[offer]; known && told != decision {
		l.again = append(l.again, offer)
	}
	l.decisions[offer], l.at[decision] = decision, time.Now()
}

// coded notes the code of a decision.
func (l *ledger) coded(decision, code string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.codes[decision] = code
}

// stands says whether a decision is still to be there. The caller holds mu.
func (l *ledger) stands(decision string) bool {
	for _, d := range l.decisions {
		if d == decision {
			return true
		}
	}
	return false
}

// pays says whether the first instalment of a decision is paid. The caller holds mu.
func (l *ledger) pays(paid map[[2]string]PaidFile, code string) bool {
	reference := code[:max(strings.LastIndexByte(code, '-'), 0)] // as banks carry it
	for of := range paid {
		if of[0] == reference && strings.HasPrefix(of[1], "1/") {
			return true
		}
	}
	return false
}

// unpaid counts the decisions that are in no file.
func (l *ledger) unpaid(files []PaidFile) (n int) {
	paid := map[[2]string]PaidFile{}
	for _, f := range files {
		for _, t := range f.Transfers {
			reference, which := instalment(t)
			paid[[2]string{reference, which}] = f
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, decision := range l.decisions {
		if !l.pays(paid, l.codes[decision]) {
			n++
		}
	}
	return n
}

// exchanged notes that a question was answered.
func (l *ledger) exchanged(number string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.exchanges, l.at[number] = append(l.exchanges, number), time.Now()
}

// cityBack notes that the city was put back from a copy made at an instant. What it
// offered since may come under other names. What was decided stays where the journal
// was not lost with the rest.
func (l *ledger) cityBack(copied time.Time, journal bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.matters {
		turned := false
		for offer := range m.offers {
			decision, decided := l.decisions[offer]
			switch {
			case l.at[offer].Before(copied), decided && (journal || l.at[decision].Before(copied)):
				continue
			}
			delete(m.offers, offer)
			turned = true
		}
		if turned {
			m.turn()
		}
	}
	if journal {
		return
	}
	for offer, decision := range l.decisions {
		if !l.at[decision].Before(copied) {
			delete(l.decisions, offer)
		}
	}
}

// registersBack notes that the registers were put back from a copy made at an
// instant: a birth that was recorded since may be gone, or be known to the city alone.
func (l *ledger) registersBack(copied time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.strange = true
	for reference, m := range l.matters {
		if m.recorded && !l.at[reference].Before(copied) {
			m.doubtful = true
			m.turn()
		}
	}
}

// turn lets whoever waits for the offers of a matter look again. The caller holds mu.
func (m *matter) turn() {
	close(m.turned)
	m.turned = make(chan struct{})
	select {
	case <-m.whole:
		m.whole = make(chan struct{})
	default:
	}
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
