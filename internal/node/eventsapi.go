package node

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"dobosh/internal/api"
	"dobosh/internal/exchange/events"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
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
	answers := registers.Desk{Say: n.catalogue.Say, Log: n.log}.Routes(a.answers())
	mux.Handle("/events", answers)
	mux.Handle("/events/", answers)
	return nil
}

func (a eventsAPI) answers() map[string]registers.Answer {
	return map[string]registers.Answer{
		"POST /events":                                           a.with(a.publish),
		"POST /events/subscriptions":                             a.with(a.subscribe),
		"GET /events/subscriptions":                              a.with(a.subscriptions),
		"GET /events/subscriptions/{id}":                         a.with(a.subscription),
		"DELETE /events/subscriptions/{id}":                      a.with(a.unsubscribe),
		"GET /events/subscriptions/{id}/events":                  a.with(a.pull),
		"POST /events/subscriptions/{id}/cursor":                 a.with(a.acknowledge),
		"POST /events/subscriptions/{id}/replay":                 a.with(a.replay),
		"POST /events/subscriptions/{id}/start":                  a.with(a.start),
		"GET /events/subscriptions/{id}/dead-letters":            a.with(a.deadLetters),
		"POST /events/subscriptions/{id}/dead-letters/retry":     a.with(a.retry),
		"POST /events/subscriptions/{id}/dead-letters/{d}/retry": a.with(a.retry),
		"DELETE /events/subscriptions/{id}/dead-letters/{d}":     a.with(a.drop),
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

func (a eventsAPI) subscribe(ctx context.Context, by events.System, q *registers.Question) (any, error) {
	var wanted events.Wanted
	if err := q.Read(&wanted); err != nil {
		return nil, err
	}
	s, err := a.room.Subscribe(ctx, by, wanted)
	return registers.Created{Answer: s}, err
}

func (a eventsAPI) subscriptions(ctx context.Context, by events.System, _ *registers.Question) (any, error) {
	found, err := a.room.Subscriptions(ctx, by)
	return api.List[events.Subscription]{Items: found}, err
}

func (a eventsAPI) subscription(ctx context.Context, by events.System, q *registers.Question) (any, error) {
	return a.room.Subscription(ctx, by, q.Part("id"))
}

// done is the answer to what needs none.
type done struct {
	Done bool `json:"done"`
}

func (a eventsAPI) unsubscribe(ctx context.Context, by events.System, q *registers.Question) (any, error) {
	return done{true}, a.room.Unsubscribe(ctx, by, q.Part("id"))
}

// The events of one answer when nobody says how many.
const pullLimit = 100

func (a eventsAPI) pull(ctx context.Context, by events.System, q *registers.Question) (any, error) {
	limit, err := whole(q.Query("limit"), pullLimit)
	seconds, err2 := whole(q.Query("wait"), 0)
	if err != nil || err2 != nil {
		return nil, problem.New(problem.Invalid, "pull-malformed")
	}
	return a.room.Pull(ctx, by, q.Part("id"), limit, time.Duration(seconds)*time.Second)
}

// whole reads a number of a query that may be missing.
func whole(text string, missing int) (int, error) {
	if text == "" {
		return missing, nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return int(n), err
}

func (a eventsAPI) acknowledge(ctx context.Context, by events.System, q *registers.Question) (any, error) {
	var form struct {
		Cursor string `json:"cursor"`
	}
	if err := q.Read(&form); err != nil {
		return nil, err
	}
	return a.room.Acknowledge(ctx, by, q.Part("id"), form.Cursor)
}

func (a eventsAPI) replay(ctx context.Context, by events.System, q *registers.Question) (any, error) {
	var form struct {
		From string `json:"from"`
	}
	if err := q.Read(&form); err != nil {
		return nil, err
	}
	return a.room.Replay(ctx, by, q.Part("id"), form.From)
}

func (a eventsAPI) start(ctx context.Context, by events.System, q *registers.Question) (any, error) {
	return a.room.Start(ctx, by, q.Part("id"))
}

func (a eventsAPI) deadLetters(ctx context.Context, by events.System, q *registers.Question) (any, error) {
	found, err := a.room.DeadLetters(ctx, by, q.Part("id"), page.Key(q.Query("after")))
	return api.ListOf(found, err)
}

func (a eventsAPI) retry(ctx context.Context, by events.System, q *registers.Question) (any, error) {
	return done{true}, a.room.RetryDeadLetter(ctx, by, q.Part("id"), q.Part("d"))
}

func (a eventsAPI) drop(ctx context.Context, by events.System, q *registers.Question) (any, error) {
	return done{true}, a.room.DropDeadLetter(ctx, by, q.Part("id"), q.Part("d"))
}
