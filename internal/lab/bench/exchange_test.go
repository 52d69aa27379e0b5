package bench_test

import (
	"context"
	"testing"
	"time"

	"dobosh/internal/lab/bench"
)

// What was acknowledged before a node was killed is in both journals afterwards,
// and the system behind was asked once.
func TestNoAcknowledgedExchangeIsLost(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and runs three processes for half a minute")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	dir := t.TempDir()
	result, err := bench.RunExchange(ctx, bench.ExchangeOptions{
		Binary: build(t), Dir: dir, Seconds: 12, Rounds: 1, Connections: 16, Rate: 150, Kill: true, Log: t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	a := result.Acknowledged
	if a == nil || !a.OK() {
		t.Fatalf("after the kills: %+v %+v", result, a)
	}
	if a.Exchanges < 200 || a.Entries < int64(3*a.Exchanges) {
		t.Errorf("%d exchanges were acknowledged and both journals hold %d entries", a.Exchanges, a.Entries)
	}
	if a.Failed == 0 {
		t.Error("no question failed: were the nodes killed at all?")
	}
	nobodyIsLeft(t, dir)
}

// A body of any size flows through both nodes, both ways, in the memory that
// they have anyway.
func TestALargeBodyFlows(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and runs three processes")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	const size = 256 << 20
	result, err := bench.RunExchange(ctx, bench.ExchangeOptions{Binary: build(t), Dir: t.TempDir(), Seconds: 1, Rounds: 1, Connections: 1, File: size, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	f := result.File
	if f == nil || !f.OK() {
		t.Fatalf("%+v %+v", result, f)
	}
	for name, peak := range f.PeakMB {
		if peak > 200 {
			t.Errorf("%s had %.0f MB for a body of %d", name, peak, size>>20)
		}
	}
}

func TestBadOptionsOfAnExchangeAreRefused(t *testing.T) {
	for what, o := range map[string]bench.ExchangeOptions{
		"no time":        {Rounds: 1, Connections: 1},
		"no rounds":      {Seconds: 1, Connections: 1},
		"no connections": {Seconds: 1, Rounds: 1},
		"a huge rate":    {Seconds: 1, Rounds: 1, Connections: 1, Rate: 1e9},
		"a huge file":    {Seconds: 1, Rounds: 1, Connections: 1, File: 1 << 60},
		"file and kill":  {Seconds: 1, Rounds: 1, Connections: 1, Rate: 1, Kill: true, File: 1},
		"kill, no rate":  {Seconds: 1, Rounds: 1, Connections: 1, Kill: true},
	} {
		if _, err := bench.RunExchange(t.Context(), o); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
}
