package bench

import (
	"errors"
	"strings"
	"testing"
	"time"

	"dobosh/internal/services"
)

// told is a measurement in which one birth got both offers and a decision on
// each.
func told() (*measurement, map[string]services.Brief) {
	d := &driver{ledger: newLedger(2)}
	m := &measurement{rig: &rig{driver: d, services: []string{"grant", "allowance"}}}
	offers := map[string]services.Brief{
		"o1": {ID: "o1", Service: "grant", Matter: "b1", State: services.OfferAccepted, Decision: "d1"},
		"o2": {ID: "o2", Service: "allowance", Matter: "b1", State: services.OfferAccepted, Decision: "d2"},
	}
	d.ledger.recorded("b1")
	for _, o := range offers {
		d.ledger.seen([]services.Brief{o}, time.Time{})
		d.ledger.decided(o.ID, o.Decision)
	}
	return m, offers
}

func TestCompare(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(*measurement, map[string]services.Brief)
		says  string // empty when nothing is wrong
	}{
		"all is well":       {func(*measurement, map[string]services.Brief) {}, ""},
		"an offer is lost":  {func(_ *measurement, o map[string]services.Brief) { delete(o, "o2") }, "b1 has 0 offers of allowance"},
		"an offer is twice": {func(_ *measurement, o map[string]services.Brief) { again(o, "o1", "o3", "d3") }, "b1 has 2 offers of grant"},
		"a decision is lost": {func(_ *measurement, o map[string]services.Brief) {
			o["o1"] = services.Brief{ID: "o1", Service: "grant", Matter: "b1", State: services.OfferOpen}
		}, `o1 was accepted with decision "d1" and is open`},
		"another decision": {func(_ *measurement, o map[string]services.Brief) {
			o["o1"] = services.Brief{ID: "o1", Service: "grant", Matter: "b1", State: services.OfferAccepted, Decision: "d9"}
		}, `and is accepted with decision "d9"`},
		"one decision for two":     {func(_ *measurement, o map[string]services.Brief) { again(o, "o1", "o3", "d1") }, "d1 is that of two offers"},
		"accepted without":         {func(_ *measurement, o map[string]services.Brief) { again(o, "o1", "o3", "") }, `o3 is accepted and has decision ""`},
		"a birth out of nowhere":   {func(m *measurement, _ map[string]services.Brief) { m.rig.driver.ledger.matters["b1"].recorded = false }, "b1, which nobody recorded"},
		"a birth without anything": {func(m *measurement, _ map[string]services.Brief) { m.rig.driver.ledger.recorded("b2") }, "b2 has 0 offers of grant"},
		"a loop that failed":       {func(m *measurement, _ map[string]services.Brief) { m.failures = []error{errors.New("away")} }, "came to nothing: away"},
	} {
		t.Run(name, func(t *testing.T) {
			m, offers := told()
			tc.spoil(m, offers)
			r := &Reconciliation{}
			m.compare(r, offers)
			findings := strings.Join(r.Findings, "\n")
			if r.OK() != (tc.says == "") || !strings.Contains(findings, tc.says) {
				t.Errorf("findings %q, want %q", findings, tc.says)
			}
		})
	}
}

func again(offers map[string]services.Brief, of, id, decision string) {
	o := offers[of]
	o.ID, o.Decision = id, decision
	offers[id] = o
}

func TestFindingsAreBounded(t *testing.T) {
	r := &Reconciliation{}
	for range 1000 {
		r.find("something")
	}
	if len(r.Findings) != 50 {
		t.Errorf("%d findings", len(r.Findings))
	}
}
