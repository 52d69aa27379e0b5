package node_test

import (
	"testing"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/people"
	"dobosh/internal/registry"
	"dobosh/internal/testkit"
)

// residence asks whether a mother of the stories is a resident, as the city does
// when it decides.
func (w *town) residence() (exchange.Response, error) {
	w.t.Helper()
	stories, err := people.Stories(w.pack())
	if err != nil {
		w.t.Fatal(err)
	}
	jovana, ok := stories.Find("jovana")
	if !ok {
		w.t.Fatal("no jovana in the stories")
	}
	person, err := w.nodes[demo.City].Person("family", jovana.Number)
	if err != nil {
		w.t.Fatal(err)
	}
	client, service := w.id("RS-DEMO/GOV/ZRENJANIN/family"), w.id("RS-DEMO/GOV/REGISTERS/residence/residents")
	return w.nodes[demo.City].Gateway().Ask(w.t.Context(), exchange.Request{
		Client: client, Service: service, Method: "GET", Path: "/v1/residents/" + person, Purpose: "family-support", Matter: "a test", Role: exchange.RoleRule,
	})
}

func (w *town) id(text string) registry.ID {
	w.t.Helper()
	id, err := registry.ParseID(text)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// proved holds that an answer stands in the provider's journal as the asker was
// told.
func (w *town) proved(a exchange.Response) {
	w.t.Helper()
	entry, err := w.nodes[demo.Registers].Journal().Logged(w.t.Context(), a.Index)
	if err != nil || entry.Entry.ID != a.Meta.ID || entry.Entry.Kind != "answer" {
		w.t.Errorf("entry %d of the provider is %s %s, want the answer %s: %v", a.Index, entry.Entry.Kind, entry.Entry.ID, a.Meta.ID, err)
	}
}

// The centre is the registry's authority, the witness and the authority that
// stamps the time. Nobody may notice that it is away, for an hour at least.
func TestTheExchangeGoesOnWithoutTheCentre(t *testing.T) {
	w := newTown(t)
	at := clock.NewManual(clock.System())
	for _, name := range []string{demo.City, demo.Registers, demo.Supervisor} {
		w.now[name] = at.Now
	}
	w.all()
	mayAsk := func() bool {
		at.Advance(100 * time.Millisecond) // witnesses are asked once a second at most
		_, err := w.residence()
		return err == nil
	}
	testkit.Eventually(w.t, "the city may ask", mayAsk)
	w.stop(demo.Supervisor)
	for range 12 {
		at.Advance(5 * time.Minute)
		answer, err := w.residence()
		if err != nil {
			t.Fatalf("without the centre, %s later: %v", at.Now(), err)
		}
		w.proved(answer)
	}
	at.Advance(24 * time.Hour)
	if _, err := w.residence(); !problem.HasCode(err, "registry-outdated") {
		t.Errorf("a day without the centre: %v", err)
	}
	w.start(demo.Supervisor)
	testkit.Eventually(w.t, "the centre is back and the city may ask", mayAsk)
	testkit.Eventually(w.t, "the witness has cosigned what it missed", func() bool {
		at.Advance(100 * time.Millisecond)
		seen, err := journal.PeekCheckpoint(w.nodes[demo.City].Cosigned())
		return err == nil && seen.Size >= w.nodes[demo.City].Journal().Size()-2
	})
}
