package oversight_test

import (
	"fmt"
	"testing"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/exchange/oversight"
	"dobosh/internal/kit/clock"
	"dobosh/internal/registry"
)

func births() registry.ID { return id("REGISTERS", "civil", "births") }
func family() registry.ID { return id("ZRENJANIN", "family", "") }
func id(member, subsystem, service string) registry.ID {
	return registry.ID{Instance: "RS-TEST", Class: "GOV", Member: member, Subsystem: subsystem, Service: service}
}

func observed(took time.Duration, code string) exchange.Observation {
	return exchange.Observation{Outbound: true, Client: family(), Service: births(), Code: code, Took: took, ResponseBytes: 100,
		Hops: []exchange.Hop{{Name: exchange.HopSystem, Took: took / 2}, {Name: exchange.HopJournal, Took: took / 4}}}
}

func TestTheMeterTellsHowExchangesWere(t *testing.T) {
	at := clock.NewManual(time.Date(2026, 11, 23, 8, 59, 0, 0, time.UTC))
	m := oversight.NewMeter(at.Now)
	for i := 1; i <= 100; i++ {
		m.Observe(observed(time.Duration(i)*time.Millisecond, ""))
	}
	at.Advance(2 * time.Minute) // another hour
	m.Observe(observed(time.Millisecond, "node-away"))
	m.Observe(observed(time.Millisecond, "node-away"))
	m.Observe(observed(time.Millisecond, "contract-ended"))
	figures := m.Figures()
	if len(figures) != 1 {
		t.Fatalf("%d rows, want 1", len(figures))
	}
	f := figures[0]
	if f.Ended != 103 || f.Refused != 3 || f.ResponseBytes != 10_300 || !f.Asking || f.Service != births() {
		t.Errorf("figures %+v", f)
	}
	near(t, "p50", f.P50, 49*time.Millisecond)
	near(t, "p99", f.P99, 99*time.Millisecond)
	if len(f.Hops) != 2 || f.Hops[0].Name != exchange.HopJournal || f.Hops[1].Name != exchange.HopSystem {
		t.Errorf("hops are not in the order of the way: %+v", f.Hops)
	}
	if len(f.Causes) != 2 || f.Causes[0].Code != "node-away" || f.Causes[0].Count != 2 || !f.Causes[0].Last.Equal(at.Now()) {
		t.Errorf("causes %+v", f.Causes)
	}
}

// near wants a percentile within the width of a bucket.
func near(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if got < want || got > want*12/10+want/100 {
		t.Errorf("%s is %v, want %v to a fifth more", what, got, want)
	}
}

func TestTheMeterForgetsAfterADay(t *testing.T) {
	at := clock.NewManual(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))
	m := oversight.NewMeter(at.Now)
	m.Observe(observed(time.Millisecond, ""))
	at.Advance(23 * time.Hour)
	m.Observe(observed(time.Millisecond, ""))
	if f := m.Figures(); len(f) != 1 || f[0].Ended != 2 {
		t.Errorf("within a day: %+v", f)
	}
	at.Advance(time.Hour)
	m.Observe(observed(time.Millisecond, "")) // takes the place of the first hour
	if f := m.Figures(); len(f) != 1 || f[0].Ended != 2 {
		t.Errorf("after a day: %+v", f)
	}
	at.Advance(48 * time.Hour)
	if f := m.Figures(); len(f) != 0 {
		t.Errorf("after three days: %+v", f)
	}
}

func TestTheMeterIsBounded(t *testing.T) {
	at := clock.NewManual(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))
	m := oversight.NewMeter(at.Now)
	for i := range 5000 {
		m.Observe(exchange.Observation{Service: id("MADE-UP", "s", fmt.Sprint(i)), Code: fmt.Sprint("code-", i)})
	}
	for i := range 500 {
		m.Observe(observed(time.Millisecond, fmt.Sprint("code-", i)))
	}
	figures, total := m.Figures(), uint64(0)
	if len(figures) > 4098 {
		t.Errorf("%d services are counted apart", len(figures))
	}
	for _, f := range figures {
		total += f.Ended
		if len(f.Causes) > 65 {
			t.Errorf("%d causes are counted apart", len(f.Causes))
		}
	}
	if total != 5500 {
		t.Errorf("%d exchanges counted of 5500", total)
	}
}
