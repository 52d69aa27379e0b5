package node

import (
	"context"
	"net/http"

	"dobosh/internal/exchange/events"
	"dobosh/internal/registers"
)

// eventsAPI is where the member's information systems publish events and
// subscribe to them, over HTTP.
type eventsAPI struct {
	room    *events.Room
	tokens  tokens
	systems map[string]events.System // by name
}

// serveEvents puts the interface of events on the surface of the systems.
func (n *Node) serveEvents(mux *http.ServeMux) error {
	a := eventsAPI{room: n.events, systems: map[string]events.System{}}
	known := make([]System, 0, len(n.cfg.Events.Systems))
	for _, s := range n.cfg.Events.Systems {
		known = append(known, s.System)
		a.systems[s.Name] = s.of(n.cfg.Member)
	}
	var err error
	if a.tokens, err = readTokens(known); err != nil {
		return err
	}
	api := registers.Desk{Say: n.catalogue.Say, Log: n.log}.Routes(a.answers())
	mux.Handle("/events", api)
	mux.Handle("/events/", api)
	return nil
}

func (a eventsAPI) answers() map[string]registers.Answer {
	return map[string]registers.Answer{
		"POST /events": a.with(a.publish),
	}
}

// eventsAnswer answers a system that was recognised.
type eventsAnswer func(ctx context.Context, by events.System, q *registers.Question) (any, error)

func (a eventsAPI) with(answer eventsAnswer) registers.Answer {
	return func(ctx context.Context, q *registers.Question) (any, error) {
		name, err := a.tokens.system(q.Header("Authorization"))
		if err != nil {
			return nil, err
		}
		return answer(ctx, a.systems[name], q)
	}
}

func (a eventsAPI) publish(ctx context.Context, by events.System, q *registers.Question) (any, error) {
	body, err := q.Raw(events.MaxBatchB + 1)
	if err != nil {
		return nil, err
	}
	read, err := events.ReadEvents(q.Header("Content-Type"), body)
	if err != nil {
		return nil, err
	}
	done, err := a.room.Publish(ctx, by, read)
	if err == nil && done.New > 0 {
		return registers.Created{Answer: done}, nil
	}
	return done, err
}
