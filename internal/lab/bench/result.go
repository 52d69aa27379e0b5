package bench

import (
	"fmt"
	"io"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Result is what a measurement says, one JSON object.
type Result struct {
	LoopsPerS float64         `json:"loops_per_s"` // loops that ended within the window, by its length
	P50       float64         `json:"p50_ms"`      // birth recorded to all its offers seen
	P99       float64         `json:"p99_ms"`
	Births    int             `json:"births"`
	Offers    int             `json:"offers"`
	Decisions int             `json:"decisions"`
	Seconds   float64         `json:"seconds"`
	Rate      float64         `json:"rate,omitempty"`  // births a second that were asked for
	RSS       float64         `json:"rss_mb"`          // of the three nodes, at the end of the window; the program counts three times
	PSS       float64         `json:"pss_mb"`          // the same, and the program, which they share, counts once
	CPULoop   float64         `json:"cpu_ms_per_loop"` // nodes and driver, by the loops that ended within the window
	Nodes     map[string]Node `json:"nodes"`           // and the driver
	Cores     int             `json:"cores"`
	Retries   int64           `json:"retries"`               // questions that were put again
	Repeated  *float64        `json:"rolled_back,omitempty"` // share of the transactions on PostgreSQL
	Errors    int             `json:"errors"`                // loops that came to nothing
	FirstErr  string          `json:"first_error,omitempty"`
	// Reconciled is there when nodes were killed.
	Reconciled *Reconciliation `json:"reconciled,omitempty"`
}

// Node is what one process took.
type Node struct {
	RSS float64 `json:"rss_mb"`
	PSS float64 `json:"pss_mb"`
	CPU float64 `json:"cpu_s"` // within the window
}

// OK says that nothing went wrong.
func (r Result) OK() bool {
	return r.Errors == 0 && (r.Reconciled == nil || r.Reconciled.OK())
}

const megabyte = 1 << 20

func (m *measurement) result(took time.Duration, before, after map[string]usage) Result {
	m.mu.Lock()
	defer m.mu.Unlock()
	result := Result{
		LoopsPerS: round(float64(len(m.latencies)) / took.Seconds()), Seconds: round(took.Seconds()), Rate: m.options.Rate,
		P50: milliseconds(quantile(m.latencies, 0.50)), P99: milliseconds(quantile(m.latencies, 0.99)),
		Nodes: map[string]Node{}, Cores: runtime.NumCPU(), Retries: m.rig.driver.stubborn.again.Load(), Errors: len(m.failures),
	}
	if len(m.failures) > 0 {
		result.FirstErr = m.failures[0].Error()
	}
	var cpu time.Duration
	for name, u := range after {
		spent := u.cpu - before[name].cpu
		cpu += spent
		result.Nodes[name] = Node{RSS: round(float64(u.rss) / megabyte), PSS: round(float64(u.pss) / megabyte), CPU: round(spent.Seconds())}
		if name != driverName {
			result.RSS = round(result.RSS + float64(u.rss)/megabyte)
			result.PSS = round(result.PSS + float64(u.pss)/megabyte)
		}
	}
	result.Births, result.Offers, result.Decisions = m.rig.driver.ledger.counts()
	if n := len(m.latencies); n > 0 {
		result.CPULoop = milliseconds(cpu / time.Duration(n))
	}
	return result
}

// quantile gives the smallest value that a share q of all is not above; zero
// of nothing.
func quantile(values []time.Duration, q float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

func milliseconds(d time.Duration) float64 { return round(float64(d) / float64(time.Millisecond)) }

func round(f float64) float64 { return math.Round(f*100) / 100 }

// Write says it for people.
func (r Result) Write(w io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "%.1f loops/s over %.1f s: %d births, %d offers, %d decisions (with warming up)\n", r.LoopsPerS, r.Seconds, r.Births, r.Offers, r.Decisions)
	fmt.Fprintf(&b, "birth recorded to offers seen: %.1f ms (median), %.1f ms (99%%)\n", r.P50, r.P99)
	fmt.Fprintf(&b, "%.1f MB resident in the three nodes, %.1f MB counting shared pages once; %.2f ms of CPU time a loop on %d cores\n", r.RSS, r.PSS, r.CPULoop, r.Cores)
	for _, name := range slices.Sorted(maps.Keys(r.Nodes)) {
		fmt.Fprintf(&b, "  %-10s %7.1f MB %7.2f s CPU\n", name, r.Nodes[name].RSS, r.Nodes[name].CPU)
	}
	if r.Repeated != nil {
		fmt.Fprintf(&b, "%.3f %% of the transactions were rolled back\n", 100**r.Repeated)
	}
	if r.Retries > 0 {
		fmt.Fprintf(&b, "%d questions were put again\n", r.Retries)
	}
	if r.Errors > 0 {
		fmt.Fprintf(&b, "%d loops came to nothing, the first: %s\n", r.Errors, r.FirstErr)
	}
	if c := r.Reconciled; c != nil {
		fmt.Fprintf(&b, "after the kills: %d births, %d offers, %d accepted, %d decisions, %d journal entries, %d findings\n", c.Births, c.Offers, c.Accepted, c.Decisions, c.Entries, len(c.Findings))
		for _, f := range c.Findings {
			fmt.Fprintf(&b, "  %s\n", f)
		}
	}
	_, _ = io.WriteString(w, b.String()) // nobody reads what cannot be written
}
