package journal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkAppend measures durable appends of a 1 kB body by several appenders at once.
func BenchmarkAppend(b *testing.B) {
	for _, appenders := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("appenders=%d", appenders), func(b *testing.B) {
			l := openLog(b, testConfig(b.TempDir()))
			body := bytes.Repeat([]byte("a"), 1024)
			var next atomic.Int64
			var group sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range appenders {
				group.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						e := testEntry(int(i))
						e.Body = body
						if _, err := l.Append(context.Background(), e); err != nil {
							b.Error(err)
						}
					}
				})
			}
			group.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
		})
	}
}

// BenchmarkOpenKeys measures the opening of the content keys of many persons: the time, and the heap that the open keys hold.
func BenchmarkOpenKeys(b *testing.B) {
	for _, keys := range []int{100_000, 1_000_000, 7_000_000} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			dir := b.TempDir()
			writeKeys(b, dir, keys)
			heap := int64(0)
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				before := heapNow()
				b.StartTimer()
				k, err := openKeyring(dir)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				heap = heapNow() - before
				if err := k.file.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(heap)/1e6, "MB")
			b.ReportMetric(float64(heap)/float64(keys), "B/key")
		})
	}
}

// writeKeys writes a keys file with the key of the log itself and of so many others. Their ids are evenly spread, as hashes are.
func writeKeys(tb testing.TB, dir string, keys int) {
	tb.Helper()
	file, err := os.Create(filepath.Join(dir, keysFile))
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	out := bufio.NewWriterSize(file, 1<<20)
	var errs []error
	put := func(b []byte) {
		if _, err := out.Write(b); err != nil {
			errs = append(errs, err)
		}
	}
	put(newKeysHead())
	for i := range keys {
		id := spreadID(i)
		b := [slotSize]byte{0: slotUsed}
		copy(b[12:], id[:])
		copy(b[28:], id[:])
		putSum(b[:])
		put(b[:])
	}
	if err := out.Flush(); err != nil || len(errs) > 0 {
		tb.Fatal(err, errs)
	}
}

// spreadID is the id with a number.
func spreadID(i int) (id subjectID) {
	binary.BigEndian.PutUint64(id[:], uint64(i)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(id[8:], uint64(i))
	return id
}

func heapNow() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
