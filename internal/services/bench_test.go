package services_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/services"
	"dobosh/internal/storage"
)

// BenchmarkAccept is one tap, from the form to the sealed decision, while
// eight others tap as well.
func BenchmarkAccept(b *testing.B) {
	r := newRig(b, storage.SQLite)
	r.restart(func(c *services.Config) { c.Pack = only(b, grant) })
	type tap struct {
		by    act.Actor
		offer services.Offer
	}
	taps := make(chan tap, b.N)
	for range b.N {
		mother, o := r.offered()
		taps <- tap{mother, o}
	}
	close(taps)
	b.SetParallelism(4)
	b.ResetTimer()
	before := processor(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			next := <-taps
			if d, err := r.Accept(b.Context(), next.by, next.offer.ID, next.offer.Version); err != nil || !d.Sealed {
				b.Error(fmt.Errorf("decision %s: %w", d.ID, err))
			}
		}
	})
	b.ReportMetric(float64((processor(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// processor is the time that this process has computed, whoever else did.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
