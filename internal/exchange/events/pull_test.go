package events

import (
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// familySystem is a system of the city that may have births.
func familySystem() System { return System{Name: "family", Subsystem: family} }

func (w *world) subscribe(by System, wanted Wanted) Subscription {
	w.tb.Helper()
	return testkit.Must[Subscription](w.tb)(w.city.Subscribe(w.tb.Context(), by, wanted))
}

// pull fetches and acknowledges.
func (w *world) pull(s Subscription, limit int) (got []string) {
	w.tb.Helper()
	p := testkit.Must[Pulled](w.tb)(w.city.Pull(w.tb.Context(), familySystem(), s.ID, limit, 0))
	if len(p.Events) > 0 {
		testkit.Must[Subscription](w.tb)(w.city.Acknowledge(w.tb.Context(), familySystem(), s.ID, p.Cursor))
	}
	for _, e := range p.Events {
		got = append(got, e.ID)
	}
	return got
}

func births5(from, to int) (all []bus.Event) {
	for i := from; i <= to; i++ {
		all = append(all, birth(fmt.Sprint(i), "80152"))
	}
	return all
}

func TestPullAndAcknowledge(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		w := newWorldOn(t, open)
		publish(t, w.city.Stream, births5(1, 2)...)
		all, now := w.subscribe(familySystem(), Wanted{From: "beginning"}), w.subscribe(familySystem(), Wanted{})
		even := w.subscribe(familySystem(), Wanted{From: "beginning", Filter: Filter{Tests: []Test{{Exact: map[string]string{"subject": "birth-4"}}}}})
		publish(t, w.city.Stream, births5(3, 5)...)
		first := testkit.Must[Pulled](t)(w.city.Pull(t.Context(), familySystem(), all.ID, 2, 0))
		if again := testkit.Must[Pulled](t)(w.city.Pull(t.Context(), familySystem(), all.ID, 2, 0)); len(again.Events) != 2 || again.Cursor != first.Cursor || again.Events[0].ID != "1" {
			t.Errorf("without an acknowledgement: %+v", again)
		}
		for name, c := range map[string]struct {
			s    Subscription
			want []string
		}{"all": {all, []string{"1", "2", "3", "4", "5"}}, "now": {now, []string{"3", "4", "5"}}, "filtered": {even, []string{"4"}}} {
			var got []string
			for more := w.pull(c.s, 2); len(more) > 0; more = w.pull(c.s, 2) {
				got = append(got, more...)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
			if s := testkit.Must[Subscription](t)(w.city.Subscription(t.Context(), familySystem(), c.s.ID)); s.Behind != 0 || s.Delivered < int64(len(c.want)) {
				t.Errorf("%s: %+v", name, s)
			}
		}
		// An acknowledgement that comes late changes nothing.
		testkit.Must[Subscription](t)(w.city.Acknowledge(t.Context(), familySystem(), all.ID, first.Cursor))
		if got := w.pull(all, 9); len(got) != 0 {
			t.Errorf("read again: %v", got)
		}
		testkit.Must[Subscription](t)(w.city.Replay(t.Context(), familySystem(), all.ID, "beginning"))
		if got := w.pull(all, 9); len(got) != 5 {
			t.Errorf("replayed: %v", got)
		}
		if list := testkit.Must[[]Subscription](t)(w.city.Subscriptions(t.Context(), familySystem())); len(list) != 3 {
			t.Errorf("%d subscriptions", len(list))
		}
		if err := w.city.Unsubscribe(t.Context(), familySystem(), all.ID); err != nil {
			t.Error(err)
		}
		_, err := w.city.Pull(t.Context(), familySystem(), all.ID, 1, 0)
		wantCode(t, err, "subscription-unknown")
	})
}

// Somebody who waits is told at once.
func TestLongPoll(t *testing.T) {
	w := newWorld(t)
	s := w.subscribe(familySystem(), Wanted{Filter: Filter{Tests: []Test{{Exact: map[string]string{"id": "2"}}}}})
	pulled := make(chan Pulled, 1)
	go func() {
		p, err := w.city.Pull(t.Context(), familySystem(), s.ID, 10, maxPullWait)
		if err != nil {
			t.Error(err)
		}
		pulled <- p
	}()
	publish(t, w.city.Stream, births5(1, 2)...)
	if p := testkit.Soon(t, "what was published", pulled); len(p.Events) != 1 || p.Events[0].ID != "2" {
		t.Errorf("%+v", p)
	}
}

// Read from an instant of the past, as far as the stream goes back.
func TestReplayFromATime(t *testing.T) {
	w := newWorld(t)
	publish(t, w.city.Stream, births5(1, 1)...)
	between := time.Now().Add(time.Millisecond)
	for !time.Now().After(between) {
		time.Sleep(time.Millisecond)
	}
	publish(t, w.city.Stream, births5(2, 3)...)
	s := w.subscribe(familySystem(), Wanted{From: between.UTC().Format(time.RFC3339Nano)})
	if got := w.pull(s, 9); !slices.Equal(got, []string{"2", "3"}) {
		t.Errorf("%v", got)
	}
	testkit.Must[Subscription](t)(w.city.Replay(t.Context(), familySystem(), s.ID, "2020-01-01T00:00:00Z"))
	if got := w.pull(s, 9); len(got) != 3 {
		t.Errorf("%v", got)
	}
}

// Only what a contract gives reaches a system, and only while it stands.
func TestSubscribersHaveWhatContractsGive(t *testing.T) {
	w := newWorld(t)
	other := System{Name: "other", Subsystem: registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY", Subsystem: "other"}}
	same := contract()
	same.ID, same.Area = "births-elsewhere", "23000"
	w.agree(same) // a second contract with the same type of events
	mine, theirs := w.subscribe(familySystem(), Wanted{From: "beginning"}), w.subscribe(other, Wanted{From: "beginning"})
	publish(t, w.city.Stream, birth("1", "80152"), birth("2", "70017"), birth("2b", "23000"))
	if got := w.pull(mine, 9); !slices.Equal(got, []string{"1", "2b"}) {
		t.Errorf("%v", got)
	}
	p := testkit.Must[Pulled](t)(w.city.Pull(t.Context(), other, theirs.ID, 9, 0))
	if len(p.Events) != 0 {
		t.Errorf("a subsystem without a contract got %+v", p)
	}
	_, err := w.city.Pull(t.Context(), other, mine.ID, 9, 0)
	wantCode(t, err, "subscription-unknown")
	w.law.lapse("zfpp/48")
	publish(t, w.city.Stream, birth("3", "80152"))
	if got := w.pull(mine, 9); len(got) != 0 {
		t.Errorf("after the provision ended: %v", got)
	}
}

// What is no longer kept is a hole, for a subscriber as for a node.
func TestASubscribersHole(t *testing.T) {
	w := newWorld(t)
	stream := startBus(t, bus.Config{Dir: t.TempDir(), MaxBytes: 8 << 10})
	w.city.Stream = stream
	s := w.subscribe(familySystem(), Wanted{From: "beginning"})
	publish(t, stream, births5(1, 100)...)
	got := w.pull(s, maxPull)
	if len(got) == 0 || got[0] == "1" || got[len(got)-1] != "100" {
		t.Fatalf("%v", got)
	}
	holes := testkit.Must[[]Hole](t)(allHoles(t, w.city.Room))
	if len(holes) != 1 || holes[0].Kind != readerSubscription || holes[0].Reader != s.ID || holes[0].Available.IsZero() {
		t.Errorf("%+v", holes)
	}
}

func allHoles(tb testing.TB, r *Room) ([]Hole, error) {
	tb.Helper()
	found, err := r.holes(tb.Context(), "", 100)
	return found.Items, err
}

// A stream that was lost is read from its beginning; the ids tell what is known.
func TestASubscriberOfALostStream(t *testing.T) {
	w := newWorld(t)
	s := w.subscribe(familySystem(), Wanted{})
	publish(t, w.city.Stream, births5(1, 3)...)
	w.pull(s, 9)
	w.city.Stream = startBus(t, bus.Config{Dir: t.TempDir()})
	publish(t, w.city.Stream, births5(4, 4)...)
	if got := w.pull(s, 9); !slices.Equal(got, []string{"4"}) {
		t.Errorf("%v", got)
	}
}

func TestSubscriptionsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.city.Hosts = []Host{testkit.Must[Host](t)(ParseHost("erp.example"))}
	for code, wanted := range map[string]Wanted{
		"filter-malformed": {Filter: Filter{Types: []string{"a b"}}},
		"from-malformed":   {From: "yesterday"},
		"webhook-host":     {Webhook: "https://erp.example:8443/hook"},
	} {
		_, err := w.city.Subscribe(t.Context(), familySystem(), wanted)
		wantCode(t, err, code)
	}
	for _, address := range []string{"http://erp.example/", "https://erp.example@evil.example/", "https://evil.example/?erp.example", "ftp://erp.example/", "https://erp.example/#a", "//erp.example/", "https://u:p@erp.example/"} {
		_, err := w.city.Subscribe(t.Context(), familySystem(), Wanted{Webhook: address})
		wantCode(t, err, "webhook-host")
	}
	s := w.subscribe(familySystem(), Wanted{Webhook: "https://ERP.example/hook?x=1"})
	if _, err := w.city.Pull(t.Context(), familySystem(), s.ID, 1, 0); !problem.HasCode(err, "subscription-pushed") {
		t.Error(err)
	}
	for cursor, code := range map[string]string{"": "cursor-malformed", "x": "cursor-malformed", "other-1": "cursor-foreign"} {
		_, err := w.city.Acknowledge(t.Context(), familySystem(), s.ID, cursor)
		wantCode(t, err, code)
	}
	for range maxSystemsOwn - 1 {
		w.subscribe(familySystem(), Wanted{})
	}
	_, err := w.city.Subscribe(t.Context(), familySystem(), Wanted{})
	wantCode(t, err, "subscriptions-too-many")
}

// A subscriber that comes back after a day catches up with twenty thousand events
// in order; no answer holds more than it may.
func TestASubscriberADayAway(t *testing.T) {
	const many = 20000
	w := newWorld(t)
	s := w.subscribe(familySystem(), Wanted{})
	for from := 1; from <= many; from += 1000 {
		publish(t, w.city.Stream, births5(from, from+999)...)
	}
	w.city.clock.Advance(24 * time.Hour)
	next := 1
	for next <= many {
		got := w.pull(s, 1000)
		if len(got) == 0 || len(got) > maxPull {
			t.Fatalf("%d events behind %d", len(got), next)
		}
		for _, id := range got {
			if id != fmt.Sprint(next) {
				t.Fatalf("%s came, want %d", id, next)
			}
			next++
		}
	}
}
