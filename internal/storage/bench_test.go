package storage_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"

	"dobosh/internal/testkit"
)

// BenchmarkWrite measures durable writes of one row: one caller after another, and
// 64 at the same time. BenchmarkRead measures reads of one row by its key.
func BenchmarkWrite(b *testing.B) {
	for _, engine := range testkit.Engines() {
		for _, writers := range []int{1, 64} {
			b.Run(engine+"/writers="+strconv.Itoa(writers), func(b *testing.B) {
				db := testkit.Database(b, engine)(notes)
				var next atomic.Int64
				spread(b, writers, func(ctx context.Context) error {
					return db.Write(ctx, add(strconv.FormatInt(next.Add(1), 10)))
				})
			})
		}
	}
}

func BenchmarkRead(b *testing.B) {
	for _, engine := range testkit.Engines() {
		b.Run(engine, func(b *testing.B) {
			db := testkit.Database(b, engine)(notes)
			if err := db.Write(b.Context(), add("a")); err != nil {
				b.Fatal(err)
			}
			spread(b, 8, func(ctx context.Context) error {
				var body string
				return db.Read(ctx).QueryRowContext(ctx, `select body from notes where id = $1`, "a").Scan(&body)
			})
		})
	}
}

// spread runs work b.N times by so many callers.
func spread(b *testing.B, callers int, work func(context.Context) error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	ended := make(chan error, callers)
	b.ResetTimer()
	for range callers {
		go func() {
			var err error
			for err == nil && left.Add(-1) >= 0 {
				err = work(b.Context())
			}
			ended <- err
		}()
	}
	for range callers {
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}
