package services_test

import (
	"fmt"
	"testing"

	"dobosh/internal/identity"
	"dobosh/internal/services"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// BenchmarkAccept is one tap, from the form to the sealed decision, while
// eight others tap as well.
func BenchmarkAccept(b *testing.B) {
	r := newRig(b, testkit.Database(b, storage.SQLite))
	r.restart(func(c *services.Config) { c.Pack = only(b, grant) })
	type tap struct {
		by    identity.Actor
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
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			next := <-taps
			if d, err := r.Accept(b.Context(), next.by, next.offer.ID, next.offer.Version); err != nil || !d.Sealed {
				b.Error(fmt.Errorf("decision %s: %w", d.ID, err))
			}
		}
	})
}
