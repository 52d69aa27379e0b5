package events

import (
	"context"
	"testing"
	"time"

	"dobosh/internal/bus"
)

// lagging is a stream in a cluster: who reads from it is served by a server that does
// not have the newest events yet.
type lagging struct {
	Stream
	has uint64 // number of the last event that the server has
}

// Fetch implements Stream.
func (l lagging) Fetch(ctx context.Context, types []string, after uint64, limit int, wait time.Duration) ([]bus.Sequenced, error) {
	events, err := l.Stream.Fetch(ctx, types, after, limit, wait)
	for i, e := range events {
		if e.Sequence > l.has {
			return events[:i], err
		}
	}
	return events, err
}

// Four births that a server did not have yet, of which another one knew, were passed
// over.
func TestWhatAServerDoesNotHaveYetIsNotPassedOver(t *testing.T) {
	b := startBus(t, bus.Config{Dir: t.TempDir()})
	ctx := t.Context()
	other := birth("3", "a")
	other.Type = "rs.other.kind"
	if _, err := b.PublishAll(ctx, []bus.Event{birth("1", "a"), birth("2", "a"), other}); err != nil {
		t.Fatal(err)
	}
	state, err := b.State(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		has, after, want uint64
		events           int
	}{{0, 0, 0, 0}, {1, 0, 1, 1}, {3, 0, 3, 2}, {0, 1, 1, 0}, {3, 2, 3, 0}} {
		r := &Room{Config: Config{Stream: lagging{b, tc.has}}}
		found, err := r.read(ctx, []string{born}, place{state.ID, tc.after}, 10, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(found.events) != tc.events || found.next.number != tc.want {
			t.Errorf("a server with %d of 3, after %d: %d events, and the next are those after %d, want %d and %d", tc.has, tc.after, len(found.events), found.next.number, tc.events, tc.want)
		}
	}
}
