package bench

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"dobosh/internal/journal"
)

// sample is an entry that was read, as its reader would verify it.
type sample struct {
	stamp      journal.Stamp
	meta, body [sha256.Size]byte
}

// prove reads entries spread over the whole journal, with their stamps, and
// verifies these as somebody does who has only the message and the key.
func (r *journalRig) prove(ctx context.Context, result *JournalResult) error {
	size := r.log.Size()
	result.Samples = int(min(int64(r.options.Samples), size))
	samples := make([]sample, 0, result.Samples)
	var proving, reading []time.Duration
	for i := range int64(result.Samples) {
		index := i * (size - 1) / max(int64(result.Samples)-1, 1)
		begun := time.Now()
		path, err := r.log.ProveInclusion(index, size)
		proving = append(proving, time.Since(begun))
		if err != nil {
			return err
		}
		begun = time.Now()
		entry, stamp, err := r.log.Read(ctx, index)
		reading = append(reading, time.Since(begun))
		if err != nil {
			return err
		}
		result.PathHashes, result.StampBytes = max(result.PathHashes, len(path)), max(result.StampBytes, len(stamp.Bytes()))
		samples = append(samples, sample{stamp, sha256.Sum256(entry.Meta), entry.BodyHash()})
	}
	result.Prove, result.Read = microseconds(quantile(proving, .5)), microseconds(quantile(reading, .5))
	result.verify(samples, r.log)
	return nil
}

// verify checks all samples twice: each by itself, and as a reader does who has
// seen the checkpoint before.
func (r *JournalResult) verify(samples []sample, log *journal.Log) {
	known := journal.NewVerifier(log.Key())
	r.VerifyPerS = perSecond(len(samples), func(i int) {
		s := samples[i]
		if err := journal.Verify(s.stamp, s.meta, s.body, log.Key()); err == nil {
			r.Verified++
		} else if r.FirstErr == "" {
			r.FirstErr = fmt.Sprintf("entry %d: %v", s.stamp.Index, err)
		}
	})
	r.KnownPerS = perSecond(len(samples), func(i int) {
		s := samples[i]
		if err := known.Verify(s.stamp, s.meta, s.body); err != nil && r.FirstErr == "" {
			r.Verified--
			r.FirstErr = fmt.Sprintf("entry %d of a known checkpoint: %v", s.stamp.Index, err)
		}
	})
}

// perSecond does something so many times and says how many were done a second.
func perSecond(times int, do func(i int)) float64 {
	begun := time.Now()
	for i := range times {
		do(i)
	}
	return round(float64(times) / max(time.Since(begun).Seconds(), 1e-9))
}

func microseconds(d time.Duration) float64 { return round(float64(d) / float64(time.Microsecond)) }

// appendSingly lets appenders append to the full journal, each one entry after
// the other as soon as the last is durable.
func (r *journalRig) appendSingly(ctx context.Context, result *JournalResult) error {
	window := time.Duration(r.options.Seconds * float64(time.Second))
	var mu sync.Mutex
	var latencies []time.Duration // guarded by mu
	var next atomic.Int64
	next.Store(r.options.Entries)
	busy, begun := cpuSoFar(), time.Now()
	err := together(ctx, r.options.Appenders, func(ctx context.Context) error {
		body := make([]byte, r.options.Body)
		_, _ = rand.Read(body) // never fails
		var mine []time.Duration
		for time.Since(begun) < window {
			entry, sent := r.entry(next.Add(1)-1, body), time.Now()
			if _, err := r.log.Append(ctx, entry); err != nil {
				return err
			}
			mine = append(mine, time.Since(sent))
		}
		mu.Lock()
		defer mu.Unlock()
		latencies = append(latencies, mine...)
		return nil
	})
	result.AppendsPerS = round(float64(len(latencies)) / time.Since(begun).Seconds())
	result.AppendCPU = round(float64((cpuSoFar() - busy).Microseconds()) / float64(max(len(latencies), 1)))
	result.AppendP50, result.AppendP99 = milliseconds(quantile(latencies, .5)), milliseconds(quantile(latencies, .99))
	return err
}
