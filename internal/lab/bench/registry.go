package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"time"

	"dobosh/internal/registry"
)

// RegistryOptions are the choices of "dobosh-lab bench registry".
type RegistryOptions struct {
	Dir     string    // where the copies of the registry are kept; must be empty or missing
	Systems int       // subsystems, each with a service and a contract with another; 1 to 100,000
	Nodes   int       // that follow, each of another member; 1 to 5,000, and no more than systems
	Changes int       // that are said one after the other while all follow; 1 to 1,000
	Starts  int       // how often a node begins from nothing; 1 to 20
	Log     io.Writer // progress for people
}

func (o RegistryOptions) check() error {
	return errors.Join(within("systems", o.Systems, 1, 100_000), within("nodes", o.Nodes, 1, min(5000, o.Systems)),
		within("changes", o.Changes, 1, 1000), within("starts", o.Starts, 1, 20))
}

// RegistryResult is what the measurement says, one JSON object. Bytes are those
// of TLS records in both directions.
type RegistryResult struct {
	Systems    int     `json:"systems"`
	Nodes      int     `json:"nodes"`
	Statements int64   `json:"statements"`  // in the log at the end
	LogMB      float64 `json:"log_mb"`      // of their text
	DatabaseMB float64 `json:"database_mb"` // of the authority, on disk
	TakenPerS  float64 `json:"taken_per_s"` // statements that the authority takes in, verified and durable, many at once
	Changes    int     `json:"changes"`     // one statement each
	ChangeP50  float64 `json:"change_ms"`   // from the call of Append until the last node knows it; median of the changes
	ChangeMax  float64 `json:"change_max_ms"`
	NodeP50    float64 `json:"node_ms"`       // until one node knows it; median of all nodes and changes
	ChangeCPU  float64 `json:"change_cpu_ms"` // CPU time of all nodes and the authority, for one change
	Bytes      float64 `json:"change_bytes"`  // for each node and change, until it waits for the next
	Connect    float64 `json:"connect_s"`     // until all nodes have shaken hands and wait
	Start      float64 `json:"start_s"`       // until a node that knows nothing is current and has it on disk; median
	StartCPU   float64 `json:"start_cpu_s"`   // CPU time that this takes, with what the authority does for it; median
	StartMB    float64 `json:"start_mb"`      // that this takes on the wire
	Open       float64 `json:"open_s"`        // until a node that was current is open again
	Service    float64 `json:"service_us"`    // to find a service by its id
	Contracts  float64 `json:"contracts_us"`  // to find the contracts between two subsystems
	Peer       float64 `json:"peer_us"`       // to find a node by its TLS key
	NodeRSS    float64 `json:"node_rss_mb"`   // resident memory that the process gains by one whole follower
	NodeHeap   float64 `json:"node_heap_mb"`  // of which Go's heap, after a collection
	Agreed     int     `json:"agreed"`        // nodes that end with the authority's checkpoint
	Errors     int     `json:"errors"`        // complaints of nodes
	FirstErr   string  `json:"first_error,omitempty"`
	Cores      int     `json:"cores"`
}

// OK says that every node ends with the history that the authority signed,
// whatever it complained of on the way.
func (r RegistryResult) OK() bool { return r.Agreed == r.Nodes }

// Write says it for people.
func (r RegistryResult) Write(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%d systems, %d nodes: %d statements of %.1f MB, %.1f MB on disk; %.0f statements/s taken in on %d cores\n",
		r.Systems, r.Nodes, r.Statements, r.LogMB, r.DatabaseMB, r.TakenPerS, r.Cores)
	_, _ = fmt.Fprintf(w, "a change reaches every node in %.0f ms (median of %d), %.0f ms at most; one node in %.0f ms; %.0f bytes a node\n",
		r.ChangeP50, r.Changes, r.ChangeMax, r.NodeP50, r.Bytes)
	_, _ = fmt.Fprintf(w, "a new node is current after %.2f s and %.1f MB, an old one is open after %.2f s; it takes %.1f MB of memory\n", r.Start, r.StartMB, r.Open, r.NodeRSS)
	_, _ = fmt.Fprintf(w, "to find a service %.2f µs, the contracts of two %.2f µs, a node by its key %.2f µs\n", r.Service, r.Contracts, r.Peer)
	_, _ = fmt.Fprintf(w, "%d of %d nodes end with the same checkpoint\n", r.Agreed, r.Nodes)
	if r.Errors > 0 {
		_, _ = fmt.Fprintf(w, "%d complaints, the first: %s\n", r.Errors, r.FirstErr)
	}
}

// RunRegistry measures an authority and those who follow it, all in this
// process, and cleans up behind itself except for the folder.
//
// The authority is whole: real signatures, SQLite, mutual TLS over loopback by
// the keys that the registry itself names. One follower is whole too, with a
// database of its own; it is measured alone first, then among the others. The
// others are twins of it ([registry.Follower.Twin]): each has its own TLS key,
// connection and long poll, reads every answer, verifies the checkpoint and the
// signatures of what is new, recomputes the root and makes its own next state.
// They are simulated in this: they share the state that they begin with, write
// nothing to disk, and share two things that nodes have for themselves, the
// processors and the loopback instead of a network.
func RunRegistry(ctx context.Context, o RegistryOptions) (result RegistryResult, err error) {
	if err := o.check(); err != nil {
		return result, err
	}
	result = RegistryResult{Systems: o.Systems, Nodes: o.Nodes, Changes: o.Changes, Cores: runtime.NumCPU()}
	rig, err := newRegistryRig(ctx, o.Dir, o.Systems, o.Nodes)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, rig.stop()) }()
	_, _ = fmt.Fprintf(o.Log, "saying who is there: %d systems of %d members\n", o.Systems, o.Nodes)
	if result.TakenPerS, err = rig.found(ctx); err != nil {
		return result, err
	}
	_, _ = fmt.Fprintln(o.Log, "beginning from nothing")
	first, err := rig.starts(ctx, o.Starts, &result)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, first.close()) }()
	if err := rig.lookups(first.State(), &result); err != nil {
		return result, err
	}
	if err := rig.changes(ctx, o, first, &result); err != nil {
		return result, err
	}
	result.LogMB, result.Statements, err = rig.size(ctx)
	result.DatabaseMB = megabytesOf(rig.path("authority.db"), rig.path("authority.db-wal"))
	result.Errors, result.FirstErr = rig.complaints.said()
	return result, errors.Join(err, ctx.Err())
}

// starts lets a node begin from nothing several times, then from what it had,
// and leaves that one open.
func (r *registryRig) starts(ctx context.Context, times int, result *RegistryResult) (*wholeNode, error) {
	var took, cpu []float64
	var node *wholeNode
	before, alone := spent(), runtime.NumGoroutine()
	for i := range times {
		if node != nil {
			if err := node.close(); err != nil {
				return nil, err
			}
			node = nil
			forgotten(alone)
			before = spent()
		}
		sent, busy, begun := r.wire.Load(), cpuSoFar(), time.Now()
		var err error
		if node, err = r.openNode(ctx, fmt.Sprintf("node-%d.db", i)); err != nil {
			return nil, err
		}
		if err := node.Sync(ctx, false); err != nil {
			return nil, errors.Join(err, node.close())
		}
		took, cpu = append(took, time.Since(begun).Seconds()), append(cpu, (cpuSoFar()-busy).Seconds())
		result.StartMB = round(float64(r.wire.Load()-sent) / megabyte)
	}
	after := spent()
	result.Start, result.StartCPU, result.NodeRSS, result.NodeHeap = round(median(took)), round(median(cpu)), round(after.rss-before.rss), round(after.heap-before.heap)
	if err := node.close(); err != nil {
		return nil, err
	}
	begun := time.Now()
	node, err := r.openNode(ctx, filepath.Base(node.path))
	result.Open = round(time.Since(begun).Seconds())
	return node, err
}

// forgotten returns when nobody is left of a node that was closed: its connections
// hold what it knew until they have ended. After a second it is not waited for.
func forgotten(alone int) {
	for range 100 {
		if runtime.NumGoroutine() <= alone {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// lookupCount is how often each thing is looked up.
const lookupCount = 500_000

// lookups measures what every exchange asks the state, in CPU time: it waits for
// nothing.
func (r *registryRig) lookups(state *registry.State, result *RegistryResult) error {
	n := r.country.systems
	services, askers, pins := make([]registry.ID, n), make([]registry.ID, n), make([]string, n)
	for i := range n {
		services[i], askers[i], pins[i] = r.country.service(i), r.country.asker(i), r.country.owner(i).pin
	}
	missed := 0
	each := func(found func(i int) bool) float64 {
		busy := cpuSoFar()
		for i := range lookupCount {
			if !found(i * 7919 % n) { // a prime: far from one to the next
				missed++
			}
		}
		return round(float64((cpuSoFar() - busy).Nanoseconds()) / lookupCount / 1000)
	}
	result.Service = each(func(i int) bool { _, ok := state.Service(services[i]); return ok })
	result.Contracts = each(func(i int) bool { return len(state.Between(askers[i], services[i])) > 0 })
	result.Peer = each(func(i int) bool { _, ok := state.NodeByTLS(pins[i]); return ok })
	if missed > 0 {
		return fmt.Errorf("%d look-ups found nothing", missed)
	}
	return nil
}
