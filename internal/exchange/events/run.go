package events

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"dobosh/internal/kit/clock"
)

// look is how often the room looks whether the registry has changed.
const look = 200 * time.Millisecond

// followName and deliverName are held by the node of several that follows others,
// and that calls webhooks.
const followName, deliverName = "events.follow", "events.deliver"

// Follow follows the events of every contract that gives this member some, at
// every node of their providers, as the registry comes to know them, until ctx
// ends. Of several nodes of the member one does.
func (r *Room) Follow(ctx context.Context) { r.DB.Lead(ctx, followName, r.Log, r.followAll) }

func (r *Room) followAll(ctx context.Context) {
	for {
		err := r.rewind(ctx)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return
		}
		r.Log.WarnContext(ctx, "it was not found out whether the stream is the one of before", slog.Any("error", err))
		_ = clock.Pause(ctx, lastPause) // then its end is seen
	}
	var followers sync.WaitGroup
	defer followers.Wait()
	running := map[source]context.CancelFunc{}
	defer func() {
		for _, stop := range running {
			stop()
		}
	}()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for seen := int64(-1); ; {
		if state := r.Gateway.State(); state.Size != seen {
			seen = state.Size
			wanted := r.sources()
			for s, stop := range running {
				if !wanted[s] {
					stop()
					delete(running, s)
				}
			}
			for s := range wanted {
				if running[s] == nil {
					within, stop := context.WithCancel(ctx)
					running[s] = stop
					followers.Go(func() { r.follow(within, s) })
				}
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// sources are the streams that this node is to follow.
func (r *Room) sources() map[source]bool {
	state, wanted := r.Gateway.State(), map[source]bool{}
	for _, c := range state.Contracts() {
		if !follows(state, c, r.Gateway.Member) {
			continue
		}
		for _, node := range state.Nodes(c.Provider) {
			wanted[source{c.ID, node.Name}] = true
		}
	}
	return wanted
}
