package bus_test

import (
	"slices"
	"testing"
	"time"

	"dobosh/internal/bus"
)

func TestPlaceFindsTheInstant(t *testing.T) {
	b := startBus(t, t.TempDir())
	if at, err := b.Place(t.Context(), morning); err != nil || at != 0 {
		t.Errorf("in an empty stream: %d, %v", at, err)
	}
	if _, err := b.PublishAll(t.Context(), []bus.Event{event("a"), event("b"), event("c")}); err != nil {
		t.Fatal(err)
	}
	all := fetch(t, b, 0, 10)
	for name, c := range map[string]struct {
		at   time.Time
		want uint64
	}{
		"long ago":             {morning.AddDate(-50, 0, 0), 0},
		"of the second":        {all[1].At, 1},
		"just behind the last": {all[2].At.Add(time.Nanosecond), 3},
	} {
		if got, err := b.Place(t.Context(), c.at); err != nil || got != c.want {
			t.Errorf("%s: %d, %v; want %d", name, got, err, c.want)
		}
	}
}

func TestStateNamesTheStream(t *testing.T) {
	dir := t.TempDir()
	b := startBus(t, dir)
	empty, err := b.State(t.Context())
	if err != nil || empty.ID == "" || empty.First != 1 || empty.Last != 0 || !empty.Oldest.IsZero() {
		t.Errorf("empty: %+v, %v", empty, err)
	}
	if _, err := b.PublishAll(t.Context(), []bus.Event{event("a"), event("b")}); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = startBus(t, dir)
	again, err := b.State(t.Context())
	if err != nil || again.ID != empty.ID || again.First != 1 || again.Last != 2 || again.Oldest.IsZero() {
		t.Errorf("after a restart: %+v, %v", again, err)
	}
	other, err := startBus(t, t.TempDir()).State(t.Context())
	if err != nil || other.ID == empty.ID {
		t.Errorf("another stream has the same name: %+v, %v", other, err)
	}
}

// Each source counts its own ids.
func TestSameIDOfAnotherSourceIsAnotherEvent(t *testing.T) {
	b := startBus(t, t.TempDir())
	other := event("a")
	other.Source = "RS-DEMO/GOV/CITY/family"
	if _, err := b.PublishAll(t.Context(), []bus.Event{event("a"), other, event("a"), other}); err != nil {
		t.Fatal(err)
	}
	var sources []string
	for _, s := range fetch(t, b, 0, 10) {
		sources = append(sources, s.Event.Source)
	}
	if !slices.Equal(sources, []string{event("a").Source, other.Source}) {
		t.Errorf("%q", sources)
	}
}

func TestPublishAllStopsAtWhatIsNoEvent(t *testing.T) {
	b := startBus(t, t.TempDir())
	broken := event("b")
	broken.Subject = "line\nfeed"
	if _, err := b.PublishAll(t.Context(), []bus.Event{event("a"), broken, event("c")}); err == nil {
		t.Error("no error")
	}
	if got := fetch(t, b, 0, 10); len(got) != 1 || got[0].Event.ID != "a" {
		t.Errorf("%v", got)
	}
}
