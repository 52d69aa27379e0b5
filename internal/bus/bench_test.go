package bus_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"dobosh/internal/bus"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// BenchmarkOutboxToConsumer measures events from the transaction that enqueues them
// to the commit of the consumer: one at a time, which is the time each takes, and
// many together, which is how many the bus carries.
func BenchmarkOutboxToConsumer(b *testing.B) {
	for _, engine := range testkit.Engines() {
		for _, together := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/together=%d", engine, together), func(b *testing.B) { benchmarkBus(b, engine, together) })
		}
	}
}

func benchmarkBus(b *testing.B, engine string, together int) {
	w := &world{t: b, open: testkit.Database(b, engine), dir: b.TempDir()}
	w.start()
	done := make(chan struct{}, together)
	w.consume(bus.Consumer{Name: "bench", Workers: min(together, 16), Handle: func(context.Context, bus.Event) (bus.Commit, error) {
		return func(_ context.Context, tx *storage.Tx) error {
			tx.AfterCommit(func() { done <- struct{}{} })
			return nil
		}, nil
	}})
	var next atomic.Int64
	b.ResetTimer()
	for range together {
		go func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				w.enqueueOne(fmt.Sprintf("e%09d", n))
			}
		}()
	}
	for range b.N {
		<-done
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func (w *world) enqueueOne(id string) { w.enqueueEvent(event(id)) }

func (w *world) enqueueEvent(ev bus.Event) {
	err := w.db.Write(w.t.Context(), func(ctx context.Context, tx *storage.Tx) error { return bus.Enqueue(ctx, tx, ev) })
	if err != nil {
		w.t.Error(err)
	}
}
