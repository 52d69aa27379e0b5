package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/services"

	"golang.org/x/mod/sumdb/note"
)

// Reconciliation is what the nodes say in the end, held against what the
// driver was told.
type Reconciliation struct {
	Births    int      `json:"births"`    // recorded
	Offers    int      `json:"offers"`    // that the city has
	Accepted  int      `json:"accepted"`  // of them
	Decisions int      `json:"decisions"` // different ones
	Entries   int64    `json:"entries"`   // in all journals
	Exchanges int      `json:"exchanges"` // beside the loops, that were answered
	Files     int      `json:"files"`     // of payments, that were released
	Paid      int      `json:"paid"`      // instalments in them
	Named     int      `json:"named"`     // acknowledged, and gone: after the copy from which a node was put back
	Findings  []string `json:"findings"`  // what does not agree; empty when all is well
}

// OK says that everything agrees.
func (r *Reconciliation) OK() bool { return len(r.Findings) == 0 }

func (r *Reconciliation) find(format string, args ...any) {
	const enough = 50
	if len(r.Findings) < enough {
		r.Findings = append(r.Findings, fmt.Sprintf(format, args...))
	}
}

// The waits for the end of what is under way.
const (
	quietFor = time.Second
	quietMax = 20 * time.Second
)

// reconcile waits until nothing moves, asks the city for all its offers, stops
// the nodes and checks their journals.
func (m *measurement) reconcile(ctx context.Context) *Reconciliation {
	r := &Reconciliation{Findings: []string{}}
	m.quiet(ctx)
	offers, err := m.allOffers(ctx)
	if err != nil {
		r.find("the city does not list its offers: %v", err)
		return r
	}
	m.compare(r, offers)
	if err := m.rig.cashiers.settle(ctx, m.rig.driver.ledger, m.options.Drain); err != nil {
		r.find("payments: %v", err)
	}

	if err := m.rig.nodes.stop(); err != nil { // what they keep their tables in is looked at
		r.find("a node did not stop: %v", err)
	}
	for _, p := range m.rig.nodes {
		r.journal(ctx, p)
	}
	m.rig.beside.reconcile(ctx, r, m)
	m.rig.cashiers.reconcile(r, m.rig.driver.ledger, m.lost)
	if m.options.Trouble != nil {
		for _, finding := range m.options.Trouble.Audit(ctx, m.told()) {
			r.find("%s", finding)
		}
	}
	return r
}

// quiet returns when no new offer was seen for a while.
func (m *measurement) quiet(ctx context.Context) {
	deadline := time.Now().Add(quietMax)
	_, last, _ := m.rig.driver.ledger.counts()
	for since := time.Now(); time.Since(since) < quietFor && time.Now().Before(deadline); {
		if !pause(ctx, time.Now().Add(50*time.Millisecond)) {
			return
		}
		if _, offers, _ := m.rig.driver.ledger.counts(); offers != last {
			last, since = offers, time.Now()
		}
	}
}

// feedEnds is how long the feed of offers holds back an answer without news when nothing more is to come.
const feedEnds = 3 * time.Second

// allOffers reads the feed of offers from its beginning to its end, where there may be some that came when the driver waited no
// longer. A city that says that it is away is asked again.
func (m *measurement) allOffers(ctx context.Context) (map[string]services.Brief, error) {
	_, want, _ := m.rig.driver.ledger.counts()
	ctx, cancel := context.WithTimeout(ctx, quietMax)
	defer cancel()
	offers, after := map[string]services.Brief{}, uint64(0)
	for {
		var p page
		err := m.rig.driver.stubborn.do(ctx, func() (err error) {
			asking, done := context.WithTimeout(ctx, feedEnds)
			defer done()
			if p, err = m.rig.driver.offersSince(asking, after); asking.Err() != nil && len(offers) >= want {
				p, err = page{Next: after}, nil
			}
			return err
		})
		switch {
		case err != nil:
			return offers, errors.Join(err, fmt.Errorf("%d offers listed of %d seen", len(offers), want))
		case p.Next == after:
			return offers, nil
		}
		for _, o := range p.Offers {
			offers[o.ID] = o
		}
		after = p.Next
	}
}

// compare holds the offers that the city has against the ledger.
func (m *measurement) compare(r *Reconciliation, offers map[string]services.Brief) {
	l := m.rig.driver.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	type claim struct{ matter, service string }
	claims, decisions := map[claim]int{}, map[string]string{}
	for _, o := range offers {
		claims[claim{o.Matter, o.Service}]++
		if first, twice := decisions[o.Decision]; twice && o.Decision != "" {
			r.find("decision %s is that of two offers, %s and %s", o.Decision, first, o.ID)
		}
		if o.Decision != "" {
			decisions[o.Decision] = o.ID
		}
		if o.State == services.OfferAccepted {
			r.Accepted++
		}
		r.offer(o, l)
	}
	for reference, birth := range l.matters {
		if !birth.recorded {
			continue
		}
		r.Births++
		for _, service := range m.rig.services {
			n := claims[claim{reference, service}]
			if n == 0 && birth.doubtful {
				r.Named++
				continue
			}
			if n != 1 {
				r.find("birth %s has %d offers of %s, not one", reference, n, service)
			}
		}
	}
	r.Offers, r.Decisions = len(offers), len(decisions)
	if r.Offers != r.Births*len(m.rig.services) && !l.strange {
		r.find("%d births have %d offers, not %d", r.Births, r.Offers, r.Births*len(m.rig.services))
	}
	for _, offer := range l.again {
		r.find("offer %s was decided twice", offer)
	}
	for _, err := range m.failures {
		r.find("a loop came to nothing: %v", err)
	}
}

// offer holds one offer against what the driver was told about it.
func (r *Reconciliation) offer(o services.Brief, l *ledger) {
	told, accepted := l.decisions[o.ID]
	switch {
	case !l.of(o.Matter).recorded && !l.strange:
		r.find("offer %s belongs to birth %s, which nobody recorded", o.ID, o.Matter)
	case accepted && (o.State != services.OfferAccepted || o.Decision != told):
		r.find("offer %s was accepted with decision %q and is %s with decision %q", o.ID, told, o.State, o.Decision)
	case (o.State == services.OfferAccepted) != (o.Decision != ""):
		r.find("offer %s is %s and has decision %q", o.ID, o.State, o.Decision)
	}
}

func (r *Reconciliation) journal(ctx context.Context, p *process) {
	dir, key, known, err := p.cfg.Node.Evidence()
	if err != nil {
		r.find("journal of %s: %v", p.name, err)
		return
	}
	report, err := journal.Check(ctx, dir, nil, []note.Verifier{key}, known...)
	if err != nil {
		r.find("journal of %s: %v", p.name, err)
		return
	}
	r.Entries += report.Entries
	for _, f := range report.Findings {
		r.find("journal of %s: %s", p.name, f)
	}
}
