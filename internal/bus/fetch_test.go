package bus_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/testkit"
)

// fetch waits for the next events of all types.
func fetch(t *testing.T, b *bus.Bus, after uint64, limit int) []bus.Sequenced {
	t.Helper()
	got, err := b.Fetch(t.Context(), nil, after, limit, testkit.Patience)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestFetchPagesInOrder(t *testing.T) {
	b := startBus(t, t.TempDir())
	want := events(0, 25)
	for i, id := range want {
		ev := event(id)
		if i%5 == 4 {
			ev.Type = "rs.deaths.registered"
		}
		if err := b.Publish(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
	}
	for _, types := range [][]string{nil, {"rs.births.registered", "rs.deaths.registered"}} {
		var got []string
		for after := uint64(0); ; {
			page, err := b.Fetch(t.Context(), types, after, 10, 0)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, s := range page {
				if s.Sequence <= after {
					t.Fatalf("%d after %d", s.Sequence, after)
				}
				after = s.Sequence
				got = append(got, s.Event.ID)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("types %q: %q", types, got)
		}
	}
	deaths, err := b.Fetch(t.Context(), []string{"rs.deaths.registered"}, 5, 100, 0)
	if err != nil || len(deaths) != 4 || deaths[0].Event.ID != "e0009" || deaths[0].Sequence != 10 {
		t.Errorf("deaths after the fifth event: %v, %v", deaths, err)
	}
}

func TestFetchWaitsForTheFirst(t *testing.T) {
	b := startBus(t, t.TempDir())
	answer := make(chan []bus.Sequenced)
	go func() {
		got, err := b.Fetch(t.Context(), []string{"rs.births.registered"}, 0, 10, testkit.Patience)
		if err != nil {
			t.Error(err)
		}
		answer <- got
	}()
	other := event("other")
	other.Type = "rs.deaths.registered"
	for _, ev := range []bus.Event{other, event("a")} {
		if err := b.Publish(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-answer; len(got) != 1 || got[0].Event.ID != "a" || !got[0].Event.Time.Equal(morning) {
		t.Errorf("got %v", got)
	}
}

func TestFetchReturnsNothingInTheEnd(t *testing.T) {
	b := startBus(t, t.TempDir())
	if got, err := b.Fetch(t.Context(), nil, 0, 10, time.Millisecond); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestFetchRefuses(t *testing.T) {
	b := startBus(t, t.TempDir())
	if err := b.Publish(t.Context(), event("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Fetch(t.Context(), nil, 2, 10, 0); !errors.Is(err, bus.ErrAhead) {
		t.Errorf("ahead of the stream: %v", err)
	}
	if _, err := b.Fetch(t.Context(), []string{"*"}, 0, 10, 0); err == nil {
		t.Error("no error for a type that is none")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Fetch(ctx, nil, 0, 10, testkit.Patience); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestCloseEndsAFetch(t *testing.T) {
	b := startBus(t, t.TempDir())
	ended := make(chan error)
	go func() {
		_, err := b.Fetch(t.Context(), nil, 0, 10, time.Minute)
		ended <- err
	}()
	testkit.Eventually(t, "the fetch waits", func() bool { return bus.Readers(t.Context(), b) == 1 })
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, bus.ErrClosed) {
		t.Errorf("error %v, want ErrClosed", err)
	}
	if _, err := b.Fetch(t.Context(), nil, 0, 1, 0); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := b.Publish(t.Context(), event("a")); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
