package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"
)

// ExchangeOptions are the choices of "dobosh-lab bench exchange".
type ExchangeOptions struct {
	Binary      string    // the program that serves
	Dir         string    // where the nodes keep everything; must be empty or missing
	Seconds     float64   // of one round, 1 to 600
	Rounds      int       // of each way, one after the other in turn; 1 to 20
	Connections int       // to the edge, each with one question under way; 1 to 1024
	Rate        float64   // questions a second of the round in which latency counts, up to 10,000; 0 for none
	Nginx       string    // program for the same way without signatures and journals; empty for none
	Kill        bool      // kill each node in turn at Rate, then check what was acknowledged
	File        int64     // instead of all rounds: bytes of one body that is fetched and sent, up to 64 GiB; 0 for none
	Profile     string    // folder for the profiles of the nodes; empty for none
	Log         io.Writer // progress for people
}

func (o ExchangeOptions) check() error {
	switch {
	case o.File > 0 && o.Kill:
		return errors.New("file: not together with kill")
	case o.Kill && o.Rate == 0:
		return errors.New("kill: wants a rate")
	}
	return errors.Join(within("seconds", o.Seconds, 1, 600), within("rounds", o.Rounds, 1, 20), within("connections", o.Connections, 1, 1024),
		within("rate a second", o.Rate, 0, 10_000), within("file", o.File, 0, largestFile))
}

// ExchangeResult is what the measurement says, one JSON object.
type ExchangeResult struct {
	ExchangesPerS float64 `json:"exchanges_per_s"` // median of the rounds
	P50           float64 `json:"p50_ms"`          // with all connections busy; median of the rounds
	P99           float64 `json:"p99_ms"`
	Rate          float64 `json:"rate,omitempty"`        // questions a second that were asked for
	RatePerS      float64 `json:"rate_per_s,omitempty"`  // that were answered
	RateP50       float64 `json:"rate_p50_ms,omitempty"` // from when each was due
	RateP99       float64 `json:"rate_p99_ms,omitempty"`
	NginxPerS     float64 `json:"nginx_per_s,omitempty"`    // the same question through nginx → mutual TLS → nginx; median of the rounds
	RatioToNginx  float64 `json:"ratio_to_nginx,omitempty"` // median of the rounds, each against the round of nginx that follows it
	// CPURatio compares processor time instead of speed, which says less about what else the machine did meanwhile: that of nginx and
	// its client for one question, divided by that of the nodes and their client for one exchange. Client and system behind are this
	// process both times.
	CPURatio float64 `json:"cpu_ratio,omitempty"`

	Connections int             `json:"connections"`
	Rounds      int             `json:"rounds"`
	Seconds     float64         `json:"seconds"`             // of each round
	CPUExchange float64         `json:"cpu_us_per_exchange"` // both nodes
	CPUDriver   float64         `json:"cpu_us_driver"`       // this process, for one exchange
	CPUNginx    float64         `json:"cpu_us_nginx,omitempty"`
	CPUClient   float64         `json:"cpu_us_nginx_driver,omitempty"` // this process, for one question to nginx
	Nodes       map[string]Node `json:"nodes"`                         // and the driver, which asks and is the system that is asked
	Cores       int             `json:"cores"`
	Errors      int             `json:"errors"`
	FirstErr    string          `json:"first_error,omitempty"`
	// Acknowledged is there when nodes were killed.
	Acknowledged *Acknowledgement `json:"acknowledged,omitempty"`
	// File is there when a large body was what was measured.
	File *FileFlow `json:"file,omitempty"`
}

// OK says that nothing went wrong. Questions fail while a node is killed.
func (r ExchangeResult) OK() bool {
	if r.Acknowledged != nil {
		return r.Acknowledged.OK()
	}
	if r.File != nil {
		return r.File.OK()
	}
	return r.Errors == 0
}

// Write says it for people.
func (r ExchangeResult) Write(w io.Writer) {
	if f := r.File; f != nil {
		_, _ = fmt.Fprintf(w, "%d MB fetched in %.1f s (%.0f MB/s), sent in %.1f s (%.0f MB/s), the same at both ends: %t; most memory in MB: %v\n",
			f.Bytes/megabyte, f.FetchedS, f.FetchMBS, f.SentS, f.SendMBS, f.Same, f.PeakMB)
		return
	}
	_, _ = fmt.Fprintf(w, "%.0f exchanges/s on %d connections: %.2f ms (median), %.2f ms (99%%); %.0f µs of CPU time an exchange, and %.0f µs of the driver, on %d cores\n",
		r.ExchangesPerS, r.Connections, r.P50, r.P99, r.CPUExchange, r.CPUDriver, r.Cores)
	if r.Rate > 0 {
		_, _ = fmt.Fprintf(w, "at %.0f/s (%.0f/s answered): %.2f ms (median), %.2f ms (99%%)\n", r.Rate, r.RatePerS, r.RateP50, r.RateP99)
	}
	if r.NginxPerS > 0 {
		_, _ = fmt.Fprintf(w, "nginx → mutual TLS → nginx in the same run: %.0f/s, %.0f µs of CPU time and %.0f µs of the driver; ratio %.2f, of CPU time %.2f\n",
			r.NginxPerS, r.CPUNginx, r.CPUClient, r.RatioToNginx, r.CPURatio)
	}
	if a := r.Acknowledged; a != nil {
		_, _ = fmt.Fprintf(w, "%d acknowledged, all in both journals: %t\n", a.Exchanges, a.OK())
		for _, finding := range a.Findings {
			_, _ = fmt.Fprintln(w, "  "+finding)
		}
	}
	if r.Errors > 0 {
		_, _ = fmt.Fprintf(w, "%d questions failed, the first: %s\n", r.Errors, r.FirstErr)
	}
}

// RunExchange measures two nodes that ask each other, and cleans up behind
// itself except for the folder.
func RunExchange(ctx context.Context, o ExchangeOptions) (result ExchangeResult, err error) {
	if err := o.check(); err != nil {
		return result, err
	}
	origin, err := startOrigin()
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, origin.close()) }()
	rig, err := newExchangeRig(o, origin.address())
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, rig.stop()) }()
	_, _ = fmt.Fprintln(o.Log, "starting the nodes")
	if err := rig.start(ctx); err != nil {
		return result, err
	}
	load := newLoad(rig.edge, o.Connections, rig.request)
	if err := load.warmUp(ctx); err != nil {
		return result, err
	}
	if o.File > 0 {
		return rig.flow(ctx, o.File, o.Log)
	}
	if o.Kill {
		return rig.underKills(ctx, o, load, origin)
	}
	var chain *nginxChain
	if o.Nginx != "" {
		if chain, err = startNginx(ctx, o.Nginx, o.Dir, origin.address()); err != nil {
			return result, err
		}
		defer func() { err = errors.Join(err, chain.stop()) }()
	}
	return rig.measure(ctx, o, load, chain)
}

// measure lets the nodes and nginx take turns, so that a machine whose speed
// changes changes both.
func (r *exchangeRig) measure(ctx context.Context, o ExchangeOptions, load *load, chain *nginxChain) (ExchangeResult, error) {
	result := ExchangeResult{Connections: o.Connections, Rounds: o.Rounds, Seconds: o.Seconds, Cores: runtime.NumCPU(), Nodes: map[string]Node{}, Rate: o.Rate}
	window := time.Duration(o.Seconds * float64(time.Second))
	var rates, nginx, ratios, p50, p99 []float64
	cpu := map[string]time.Duration{} // of the rounds of the nodes
	var chainCPU, clientCPU time.Duration
	exchanges, asked := 0, 0
	for round := range o.Rounds {
		_, _ = fmt.Fprintf(o.Log, "round %d of %d\n", round+1, o.Rounds)
		before := r.usage()
		m := load.full(ctx, window)
		after := r.usage()
		for name, u := range after {
			cpu[name] += u.cpu - before[name].cpu
		}
		result.take(m)
		exchanges += len(m.latencies)
		rates, p50, p99 = append(rates, m.perSecond()), append(p50, milliseconds(quantile(m.latencies, .5))), append(p99, milliseconds(quantile(m.latencies, .99)))
		if chain == nil {
			continue
		}
		chainBefore, driverBefore := chain.cpu(), r.usage()[driverName].cpu
		n := newLoad(chain.address, o.Connections, chain.request).full(ctx, window)
		result.take(n)
		chainCPU, clientCPU, asked = chainCPU+chain.cpu()-chainBefore, clientCPU+r.usage()[driverName].cpu-driverBefore, asked+len(n.latencies)
		nginx, ratios = append(nginx, n.perSecond()), append(ratios, m.perSecond()/max(n.perSecond(), 1))
	}
	result.ExchangesPerS, result.P50, result.P99 = round(median(rates)), median(p50), median(p99)
	result.NginxPerS, result.RatioToNginx = round(median(nginx)), round(median(ratios))
	if o.Rate > 0 {
		_, _ = fmt.Fprintf(o.Log, "at %.0f a second\n", o.Rate)
		m := load.atRate(ctx, window, o.Rate)
		result.take(m)
		result.RatePerS, result.RateP50, result.RateP99 = round(m.perSecond()), milliseconds(quantile(m.latencies, .5)), milliseconds(quantile(m.latencies, .99))
	}
	r.account(&result, cpu, exchanges)
	if asked > 0 {
		result.CPUNginx, result.CPUClient = perOne(chainCPU, asked), perOne(clientCPU, asked)
		result.CPURatio = round((result.CPUNginx + result.CPUClient) / max(result.CPUExchange+result.CPUDriver, 1))
	}
	return result, ctx.Err()
}

// account writes down what the processes took.
func (r *exchangeRig) account(result *ExchangeResult, cpu map[string]time.Duration, exchanges int) {
	var nodes time.Duration
	for name, u := range r.usage() {
		result.Nodes[name] = Node{RSS: round(float64(u.rss) / megabyte), PSS: round(float64(u.pss) / megabyte), CPU: round(cpu[name].Seconds())}
		if name != driverName {
			nodes += cpu[name]
		}
	}
	result.CPUExchange, result.CPUDriver = perOne(nodes, exchanges), perOne(cpu[driverName], exchanges)
}

// perOne is processor time for one of n, in µs.
func perOne(cpu time.Duration, n int) float64 {
	return round(float64(cpu.Microseconds()) / float64(max(n, 1)))
}

func (r *ExchangeResult) take(m measured) {
	r.Errors += m.errors
	if r.FirstErr == "" {
		r.FirstErr = m.firstErr
	}
}

// median of no values is 0.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
