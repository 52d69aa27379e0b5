package oversight

import (
	"math"
	"time"
)

// The buckets of a histogram grow by a fifth each, from 50 µs to beyond a
// minute, so that a percentile is off by a tenth at the most.
const (
	buckets   = 80
	shortest  = 50 * time.Microsecond
	growth    = 1.2
	lastIndex = buckets - 1
)

// histogram counts durations by their size. The zero histogram is empty.
type histogram struct {
	counts [buckets]uint32
	total  uint64
}

func (h *histogram) add(d time.Duration) {
	h.counts[bucketOf(d)]++
	h.total++
}

func bucketOf(d time.Duration) int {
	if d <= shortest {
		return 0
	}
	return min(int(math.Log(float64(d)/float64(shortest))/math.Log(growth))+1, lastIndex)
}

// merge adds what another histogram counted.
func (h *histogram) merge(other *histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
}

// percentile is the duration that a share of all (0 to 1) does not exceed; 0
// when nothing was counted.
func (h *histogram) percentile(share float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	rank, seen := uint64(math.Ceil(share*float64(h.total))), uint64(0)
	for i, n := range h.counts {
		if seen += uint64(n); seen >= max(rank, 1) {
			return upperBound(i)
		}
	}
	return upperBound(lastIndex)
}

func upperBound(bucket int) time.Duration {
	return time.Duration(float64(shortest) * math.Pow(growth, float64(bucket)))
}
