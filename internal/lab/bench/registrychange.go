package bench

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"dobosh/internal/registry"
)

// crowd are the followers that are under way, the first of which is whole.
type crowd struct {
	nodes   []*registry.Follower
	clients []*http.Client
	running sync.WaitGroup
	stop    context.CancelFunc
}

// gather lets everybody follow and returns when all wait for a change.
func (r *registryRig) gather(ctx context.Context, first *wholeNode) (*crowd, error) {
	following, stop := context.WithCancel(ctx)
	c := &crowd{nodes: []*registry.Follower{first.Follower}, stop: stop}
	for _, m := range r.country.members[1:] {
		client := r.client(m, first.State)
		c.nodes, c.clients = append(c.nodes, first.Twin(r.url, client)), append(c.clients, client)
	}
	for _, node := range c.nodes {
		c.running.Go(func() { node.Run(following) })
	}
	if err := r.settle(ctx, len(c.nodes)); err != nil {
		c.end()
		return nil, err
	}
	return c, nil
}

func (c *crowd) end() {
	c.stop()
	c.running.Wait()
	for _, client := range c.clients {
		client.CloseIdleConnections()
	}
}

// settlePatience is how long it may take until all followers wait.
const settlePatience = 2 * time.Minute

// settle returns when so many followers wait for a change.
func (r *registryRig) settle(ctx context.Context, nodes int) error {
	ctx, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for r.waiting.Load() < int64(nodes) {
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d nodes follow: %w", r.waiting.Load(), nodes, ctx.Err())
		}
	}
	return nil
}

// changes says one thing after the other and measures until all know it.
func (r *registryRig) changes(ctx context.Context, o RegistryOptions, first *wholeNode, result *RegistryResult) error {
	_, _ = fmt.Fprintf(o.Log, "%d nodes begin to follow\n", o.Nodes)
	begun := time.Now()
	c, err := r.gather(ctx, first)
	if err != nil {
		return err
	}
	defer c.end()
	result.Connect = round(time.Since(begun).Seconds())
	_, _ = fmt.Fprintf(o.Log, "%d changes\n", o.Changes)
	var last, each []time.Duration
	var bytes int64
	var cpu time.Duration
	for n := range o.Changes {
		st, err := r.country.change(n)
		if err != nil {
			return err
		}
		before, busy := r.wire.Load(), cpuSoFar()
		reached, err := r.change(ctx, c, st)
		if err != nil {
			return err
		}
		if err := r.settle(ctx, o.Nodes); err != nil {
			return err
		}
		bytes, cpu = bytes+r.wire.Load()-before, cpu+cpuSoFar()-busy
		last, each = append(last, quantile(reached, 1)), append(each, reached...)
	}
	result.ChangeP50, result.ChangeMax, result.NodeP50 = milliseconds(quantile(last, .5)), milliseconds(quantile(last, 1)), milliseconds(quantile(each, .5))
	result.ChangeCPU = milliseconds(cpu / time.Duration(o.Changes))
	result.Bytes = round(float64(bytes) / float64(o.Changes) / float64(o.Nodes))
	for _, node := range c.nodes {
		if node.Checkpoint() == r.authority.Checkpoint() && node.State().Size == r.authority.State().Size {
			result.Agreed++
		}
	}
	return nil
}

// change says one thing and gives how long it took until each node knew it.
func (r *registryRig) change(ctx context.Context, c *crowd, st registry.Statement) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	size := r.authority.State().Size
	at, errs := make([]time.Time, len(c.nodes)), make([]error, len(c.nodes))
	var know sync.WaitGroup
	for i, node := range c.nodes {
		know.Go(func() {
			errs[i] = node.Wait(ctx, size)
			at[i] = time.Now()
		})
	}
	begun := time.Now()
	if err := r.authority.Append(ctx, st); err != nil {
		cancel()
		know.Wait()
		return nil, err
	}
	know.Wait()
	reached := make([]time.Duration, len(at))
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("node %d hears nothing of a change: %w", i, err)
		}
		reached[i] = at[i].Sub(begun)
	}
	return reached, nil
}

// complaints collects what followers warn of.
type complaints struct {
	mu    sync.Mutex
	count int    // guarded by mu
	first string // guarded by mu
}

func (c *complaints) add(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count++; c.first == "" {
		c.first = what
	}
}

func (c *complaints) said() (count int, first string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count, c.first
}

// Enabled implements slog.Handler.
func (c *complaints) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn
}

// Handle implements slog.Handler.
func (c *complaints) Handle(_ context.Context, record slog.Record) error {
	what := record.Message
	record.Attrs(func(a slog.Attr) bool { what += ": " + a.Value.String(); return true })
	c.add(what)
	return nil
}

// WithAttrs implements slog.Handler.
func (c *complaints) WithAttrs([]slog.Attr) slog.Handler { return c }

// WithGroup implements slog.Handler.
func (c *complaints) WithGroup(string) slog.Handler { return c }
