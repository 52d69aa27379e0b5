package bench

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// held is what this process holds of the memory, in MB, after everything that
// is not needed was given back.
type held struct{ rss, heap float64 }

func spent() held {
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return held{rss: round(float64(readUsage(os.Getpid()).rss) / megabyte), heap: round(float64(stats.HeapAlloc) / megabyte)}
}

// cpuSoFar is the CPU time of this process since its start.
func cpuSoFar() time.Duration { return readUsage(os.Getpid()).cpu }

// loadAverage is that of the machine over a minute, as proc(5) says it; empty where it does not.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
