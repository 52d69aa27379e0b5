package bench

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// killing kills each node in turn, spread over the window, and starts it
// again. The result comes when all are back; at once when nothing is to be
// killed.
func (m *measurement) killing(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	if !m.options.Kill {
		done <- nil
		return done
	}
	begun := time.Now()
	go func() { done <- m.killAll(ctx, begun) }()
	return done
}

func (m *measurement) killAll(ctx context.Context, begun time.Time) error {
	victims := slices.Clone(m.rig.nodes)
	slices.Reverse(victims) // the city first: it has the most to lose
	step := m.options.window() / time.Duration(len(victims)+1)
	for i, victim := range victims {
		if !pause(ctx, begun.Add(step*time.Duration(i+1))) {
			return ctx.Err()
		}
		_, _ = fmt.Fprintf(m.options.Log, "killing %s\n", victim.name)
		if err := victim.kill(); err != nil {
			return err
		}
		if err := victim.start(ctx); err != nil {
			return fmt.Errorf("start again after a kill: %w", err)
		}
	}
	return nil
}
