package work_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// BenchmarkJobs is the way of a job from being added, by eight rooms at once, to
// the end of the transaction that has done it.
func BenchmarkJobs(b *testing.B) {
	for _, engine := range testkit.Engines() {
		b.Run(engine, func(b *testing.B) {
			r := newRig(b, engine)
			var left atomic.Int64
			left.Store(int64(b.N))
			all := make(chan struct{})
			q := &work.Queue[work.None]{Name: "room.write", Workers: 32, Do: func(ctx context.Context, t *work.Try[work.None]) error {
				err := t.End(ctx, done(t.Ref))
				if err == nil && left.Add(-1) == 0 {
					close(all)
				}
				return err
			}}
			runner := work.New(r.db, func() time.Time { return time.Now().UTC() }, nolog(), "a")
			runner.Register(q)
			stop := r.running(runner)
			var n atomic.Int64
			b.SetParallelism(4)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					add(r, q, fmt.Sprint(n.Add(1)), work.None{})
				}
			})
			<-all
			b.StopTimer()
			stop()
		})
	}
}
