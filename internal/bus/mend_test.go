package bus_test

import (
	"context"
	"slices"
	"testing"

	"dobosh/internal/bus"
	"dobosh/internal/testkit"
)

// One bit of a block is wrong: the stream gives all but one event, and says nothing.
// It is found missing and published again from the outbox; consumers handle it.
func TestADamagedEventIsPublishedAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.enqueue(events(0, 50)...)
		testkit.Eventually(t, "all are published", func() bool { n, _ := w.relay.Waiting(t.Context()); return n == 0 })
		w.stop()
		testkit.FlipInStream(t, w.dir, `"id":"e0020"`)
		w.start()
		w.consume(bus.Consumer{Name: "c", Handle: effect("c")})
		testkit.Reaches(t, "handled", func() int { return len(w.effectsOf("c")) }, 49)
		if got := fetch(t, w.bus, 0, 1000); len(got) != 49 {
			t.Fatalf("the stream gives %d events; this test damaged none of them", len(got))
		}
		nobody := func(_ context.Context, _ string, missing []uint64) ([]uint64, error) { return missing, nil }
		for range 2 { // the second finds nothing new
			if err := w.relay.Mend(t.Context(), nobody); err != nil {
				t.Fatal(err)
			}
			testkit.Reaches(t, "handled", func() int { return len(w.effectsOf("c")) }, 50)
		}
		if got := w.effectsOf("c"); !slices.Equal(got, events(0, 50)) {
			t.Errorf("handled are %q", got)
		}
		if state := testkit.Must[bus.State](t)(w.bus.State(t.Context())); state.Last != 51 {
			t.Errorf("the stream goes to %d, want 51", state.Last)
		}
		w.stop()
		w.start() // and the outbox knows the stream still
		w.enqueue("one more")
		testkit.Eventually(t, "one more is published", func() bool { return len(fetch(t, w.bus, 51, 10)) > 0 })
		if state := testkit.Must[bus.State](t)(w.bus.State(t.Context())); state.Last != 52 {
			t.Errorf("the stream goes to %d, want 52: a start published again what it had", state.Last)
		}
	})
}

// What came from elsewhere is brought back by others; what they have not is counted
// as gone, once.
func TestADamagedEventOfOthers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, id := range events(0, 5) {
			if err := w.bus.Publish(t.Context(), event(id)); err != nil {
				t.Fatal(err)
			}
		}
		w.stop()
		testkit.FlipInStream(t, w.dir, `"id":"e0002"`)
		w.start()
		var asked [][]uint64
		others := func(_ context.Context, _ string, missing []uint64) ([]uint64, error) {
			asked = append(asked, missing)
			return missing, nil
		}
		for range 2 {
			if err := w.relay.Mend(t.Context(), others); err != nil {
				t.Fatal(err)
			}
		}
		if len(asked) != 1 || !slices.Equal(asked[0], []uint64{3}) {
			t.Errorf("others were asked for %v, want once for 3", asked)
		}
		if n := testkit.Must[int](t)(w.relay.Gone(t.Context())); n != 1 {
			t.Errorf("%d are gone, want 1", n)
		}
	})
}
