package events

import (
	"context"
	"slices"
	"testing"

	"dobosh/internal/bus"
	"dobosh/internal/testkit"
)

// One bit of a block of the city's stream is wrong: the event is fetched from its
// provider again. Where the provider has it no longer there is a hole.
func TestADamagedEventIsFetchedAgain(t *testing.T) {
	for _, gone := range []bool{false, true} {
		w := newWorld(t)
		dir := t.TempDir()
		stream := startBus(t, bus.Config{Dir: dir})
		w.city.Stream = stream
		publish(t, w.state.Stream, birth("first1", "80152"), birth("second2", "80152"))
		if err := w.take(); err != nil {
			t.Fatal(err)
		}
		publish(t, w.state.Stream, birth("third3", "80152"))
		if err := w.take(); err != nil {
			t.Fatal(err)
		}
		if err := stream.Close(); err != nil {
			t.Fatal(err)
		}
		testkit.FlipInStream(t, dir, `"id":"second2"`)
		stream = startBus(t, bus.Config{Dir: dir})
		w.city.Stream = stream
		if got := ids(t, stream); !slices.Equal(got, []string{"first1", "third3"}) {
			t.Fatalf("the damaged stream has %q", got)
		}
		if gone {
			w.state.Stream = startBus(t, bus.Config{Dir: t.TempDir()})
		}
		relay := testkit.Must[*bus.Relay](t)(stream.Relay(w.city.DB, w.city.clock.Now))
		for range 2 { // the second finds nothing new
			if err := relay.Mend(t.Context(), w.city.Refetch); err != nil {
				t.Fatal(err)
			}
		}
		holes := testkit.Must[[]Hole](t)(w.city.allHoles(t.Context()))
		lost := testkit.Must[int](t)(relay.Gone(t.Context()))
		want := []string{"first1", "third3", "first1", "second2"} // the page comes again as a whole
		if gone {
			want = want[:2]
		}
		if got := ids(t, stream); !slices.Equal(got, want) {
			t.Errorf("gone at the provider %v: the stream has %q", gone, got)
		}
		if gone != (lost == 1) || gone != (len(holes) == 1) {
			t.Errorf("gone at the provider %v: %d are lost, holes %v", gone, lost, holes)
		}
	}
}

// The city's stream is gone as a whole, with what nobody had handled: it comes from its
// provider again, once, and not each time.
func TestALostStreamIsFilledAgain(t *testing.T) {
	w := newWorld(t)
	first := startBus(t, bus.Config{Dir: t.TempDir()})
	w.city.Stream = first
	for _, e := range []bus.Event{birth("first1", "80152"), birth("second2", "80152")} {
		publish(t, w.state.Stream, e)
		if err := w.take(); err != nil {
			t.Fatal(err)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.city.rewind(t.Context()))
	must(w.take())
	if got := ids(t, first); !slices.Equal(got, []string{"first1", "second2"}) {
		t.Errorf("the stream that was not lost has %q", got)
	}
	second := startBus(t, bus.Config{Dir: t.TempDir()})
	w.city.Stream = second
	for range 2 {
		must(w.city.rewind(t.Context()))
		must(w.take())
		if got := ids(t, second); !slices.Equal(got, []string{"first1", "second2"}) {
			t.Errorf("the new stream has %q", got)
		}
	}
}

func (s *side) allHoles(ctx context.Context) ([]Hole, error) {
	page, err := s.holes(ctx, "", 10)
	return page.Items, err
}
