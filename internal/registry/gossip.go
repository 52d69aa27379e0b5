package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"
)

// CheckpointHandler shows other nodes the newest checkpoint that this one
// knows, as text: when two compare, no authority can show each its own history.
func (r *Registry) CheckpointHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, r.Checkpoint()) // the other node may have gone
	})
}

// Gossip compares what this node is shown with what others are.
type Gossip struct {
	Registry *Registry
	Self     ID            // whose nodes are not asked
	Every    time.Duration // between two questions
	// Ask gets the checkpoint of a node, from its CheckpointHandler.
	Ask func(ctx context.Context, n Node) ([]byte, error)
	Log *slog.Logger
}

// Run asks one node after another, drawn by lot, until ctx ends.
func (g Gossip) Run(ctx context.Context) {
	tick := time.NewTicker(g.Every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		err := g.Round(ctx)
		switch {
		case errors.Is(err, ErrForked):
			g.Log.ErrorContext(ctx, "the registry shows others another history", slog.Any("error", err))
		case err != nil && ctx.Err() == nil:
			g.Log.DebugContext(ctx, "no checkpoint from another node", slog.Any("error", err))
		}
	}
}

// gossipLimit is how long a node may take to show its checkpoint.
const gossipLimit = 10 * time.Second

// Round asks one node.
func (g Gossip) Round(ctx context.Context) error {
	n, ok := g.draw()
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, gossipLimit)
	defer cancel()
	checkpoint, err := g.Ask(ctx, n)
	if err != nil {
		return fmt.Errorf("ask %s of %s for its checkpoint: %w", n.Name, n.Member, err)
	}
	if len(checkpoint) == 0 {
		return nil // it knows nothing yet
	}
	return g.Registry.Compare(ctx, checkpoint)
}

// draw takes one node of another member by lot.
func (g Gossip) draw() (drawn Node, ok bool) {
	count := 0
	for _, m := range g.Registry.State().members.All() {
		if m.ID == g.Self {
			continue
		}
		for _, n := range m.nodes {
			if count++; rand.IntN(count) == 0 {
				drawn = *n.is
			}
		}
	}
	return drawn, count > 0
}

// maxGossip bounds a checkpoint with its cosignatures, in bytes.
const maxGossip = 64 << 10

// Fetch sends a request for a checkpoint to a node and reads the answer.
func Fetch(client *http.Client, req *http.Request) ([]byte, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read only
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxGossip))
}
