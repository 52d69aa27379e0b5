package events

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// Bounds of what is fetched at once.
const (
	maxPull      = 200     // events
	maxPullBytes = 4 << 20 // of their JSON
	maxPullWait  = 20 * time.Second
)

// Pulled is what a subscription fetches: events in order, and the cursor to
// acknowledge when they are dealt with. Until then they come again.
type Pulled struct {
	Events []bus.Event `json:"events"`
	Cursor string      `json:"cursor"`
}

// Pull gives the next events of a subscription, at most limit (1 to 200). When
// there are none it waits for the first, at most wait (up to 20 s), and gives
// none in the end.
func (r *Room) Pull(ctx context.Context, by System, id string, limit int, wait time.Duration) (Pulled, error) {
	s, err := r.own(ctx, by, id)
	if err != nil {
		return Pulled{}, err
	}
	if s.Webhook != "" {
		return Pulled{}, problem.New(problem.Conflict, "subscription-pushed")
	}
	limit, wait = min(max(limit, 1), maxPull), min(max(wait, 0), maxPullWait)
	for over := time.Now().Add(wait); ; {
		found, err := r.readFor(ctx, &s, limit, max(0, time.Until(over)))
		switch {
		case errors.Is(err, errSkipped):
			continue
		case err != nil:
			return Pulled{}, err
		case len(found.events) > 0:
			return r.pulled(ctx, s, found)
		}
		if err := r.passed(ctx, &s, found.next); err != nil {
			return Pulled{}, err
		}
		if !found.more && !time.Now().Before(over) {
			return Pulled{Events: []bus.Event{}, Cursor: s.Place}, nil
		}
	}
}

// pulled gives events away, as many as fit into an answer.
func (r *Room) pulled(ctx context.Context, s Subscription, found readFrom) (Pulled, error) {
	out, size, next := Pulled{}, 0, found.next
	for _, e := range found.events {
		text, err := json.Marshal(e.Event)
		if err != nil {
			return out, err
		}
		if size += len(text); size > maxPullBytes && len(out.Events) > 0 {
			next.number = e.Sequence - 1
			break
		}
		out.Events = append(out.Events, e.Event)
	}
	out.Cursor = next.String()
	_, err := r.changeSubscription(ctx, s, nil, `delivered = delivered + $3, delivered_at = $4`, len(out.Events), storage.Micros(r.Now()))
	r.count(Count{Delivered: len(out.Events)})
	return out, err
}

// passed moves a subscription over what it does not want.
func (r *Room) passed(ctx context.Context, s *Subscription, next place) error {
	if next == s.place {
		return nil
	}
	_, err := r.changeSubscription(ctx, *s, nil, `place = $3`, next.String())
	s.place, s.Place = next, next.String()
	return err
}

// Acknowledge lets a subscription go on behind a cursor that it was given. An
// earlier one than the present changes nothing; [Room.Replay] goes back.
func (r *Room) Acknowledge(ctx context.Context, by System, id, cursor string) (Subscription, error) {
	s, err := r.own(ctx, by, id)
	if err != nil {
		return s, err
	}
	next, err := parsePlace(cursor)
	if err != nil || next == (place{}) {
		return s, problem.New(problem.Invalid, "cursor-malformed").Because(err)
	}
	state, err := r.Stream.State(ctx)
	if err != nil {
		return s, problem.New(problem.Unavailable, "events-away").Because(err)
	}
	if next.stream != state.ID || next.number > state.Last {
		return s, problem.New(problem.Conflict, "cursor-foreign")
	}
	if s.place.stream == next.stream && next.number <= s.place.number {
		return s, nil
	}
	return s, r.passed(ctx, &s, next)
}
