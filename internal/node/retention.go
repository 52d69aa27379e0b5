package node

import (
	"context"
	"log/slog"
	"time"
)

// sweepEvery is how often the node looks whether a day is over until which
// bodies of its journal were to be kept.
const sweepEvery = time.Hour

// sweep destroys the keys of the days that are over, until ctx ends.
func (n *Node) sweep(ctx context.Context) {
	for {
		switch periods, err := n.journal.Sweep(ctx, n.now()); {
		case ctx.Err() != nil:
			return
		case err != nil:
			n.log.ErrorContext(ctx, "bodies whose retention has ended are still there", slog.Any("error", err))
		case periods > 0:
			n.log.InfoContext(ctx, "bodies of the journal were erased, since their retention has ended", slog.Int("days", periods))
		}
		select {
		case <-time.After(sweepEvery):
		case <-ctx.Done():
			return
		}
	}
}
