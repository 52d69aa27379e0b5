package events

import (
	"context"
	"net/http"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/api"
	listing "dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
)

// pullLimit is how many events one answer has when nobody says how many.
const pullLimit = 100

// inquiry is what the acts on subscriptions ask for, each a part of it.
type inquiry struct {
	Wanted

	ID, Event, Cursor string
	After             listing.Key
	Limit, Wait       int // events; seconds
}

// done is the answer to what needs none.
type done struct {
	Done bool `json:"done"`
}

// Acts are what information systems of the member do here. systems are those that
// may, by the name under which they are known.
func (r *Room) Acts(systems map[string]System) ([]act.Act, error) {
	right := act.SignedIn() // every system that is known; what it may publish and follow says its subsystem
	of := func(by act.Actor) System { return systems[by.Name] }
	id := act.OfCode("id", func(in *inquiry) *string { return &in.ID }, act.InPath())
	event := act.OfCode("event", func(in *inquiry) *string { return &in.Event }, act.InPath())
	on := func(name, route string, do func(ctx context.Context, by System, in inquiry) (Subscription, error), fields ...act.Field[inquiry]) func() (act.Act, error) {
		return act.Def[inquiry, Subscription]{Name: name, Route: route, Right: right, Fields: append([]act.Field[inquiry]{id}, fields...),
			Do: func(ctx context.Context, by act.Actor, in inquiry) (Subscription, error) { return do(ctx, of(by), in) }}.Act
	}
	end := func(name, route string, do func(ctx context.Context, by System, in inquiry) error, fields ...act.Field[inquiry]) func() (act.Act, error) {
		return act.Def[inquiry, done]{Name: name, Route: route, Right: right, Fields: append([]act.Field[inquiry]{id}, fields...),
			Do: func(ctx context.Context, by act.Actor, in inquiry) (done, error) {
				return done{true}, do(ctx, of(by), in)
			}}.Act
	}

	return act.All(
		act.Def[inquiry, Subscription]{
			Name: "event.subscribe", Route: "POST /subscriptions", Right: right, Made: true,
			Fields: []act.Field[inquiry]{
				act.OfStructure("filter", func(in *inquiry) *Filter { return &in.Filter }, decodeFilter, act.Optional(), act.Most(maxFilter)),
				act.OfLine("webhook", func(in *inquiry) *string { return &in.Webhook }, act.Optional(), act.Most(2000)),
				act.OfCode("from", func(in *inquiry) *string { return &in.From }, act.Optional()),
			},
			Do: func(ctx context.Context, by act.Actor, in inquiry) (Subscription, error) {
				return r.Subscribe(ctx, of(by), in.Wanted)
			},
		}.Act,
		act.Def[inquiry, api.List[Subscription]]{
			Name: "event.subscriptions", Route: "GET /subscriptions", Right: right,
			Do: func(ctx context.Context, by act.Actor, _ inquiry) (api.List[Subscription], error) {
				found, err := r.Subscriptions(ctx, of(by))
				return api.List[Subscription]{Items: found}, err
			},
		}.Act,
		on("event.subscription", "GET /subscriptions/{id}", func(ctx context.Context, by System, in inquiry) (Subscription, error) {
			return r.Subscription(ctx, by, in.ID)
		}),
		end("event.unsubscribe", "DELETE /subscriptions/{id}", func(ctx context.Context, by System, in inquiry) error {
			return r.Unsubscribe(ctx, by, in.ID)
		}),
		act.Def[inquiry, Pulled]{
			Name: "event.pull", Route: "GET /subscriptions/{id}/events", Right: right,
			Fields: []act.Field[inquiry]{id,
				act.OfCount("limit", func(in *inquiry) *int { return &in.Limit }, act.Optional()),
				act.OfCount("wait", func(in *inquiry) *int { return &in.Wait }, act.Optional(), act.Most(3600)),
			},
			Do: func(ctx context.Context, by act.Actor, in inquiry) (Pulled, error) {
				if in.Limit == 0 {
					in.Limit = pullLimit
				}
				return r.Pull(ctx, of(by), in.ID, in.Limit, time.Duration(in.Wait)*time.Second)
			},
		}.Act,
		on("event.acknowledge", "POST /subscriptions/{id}/cursor", func(ctx context.Context, by System, in inquiry) (Subscription, error) {
			return r.Acknowledge(ctx, by, in.ID, in.Cursor)
		}, act.OfCode("cursor", func(in *inquiry) *string { return &in.Cursor }, act.Optional(), act.Most(500))),
		on("event.replay", "POST /subscriptions/{id}/replay", func(ctx context.Context, by System, in inquiry) (Subscription, error) {
			return r.Replay(ctx, by, in.ID, in.From)
		}, act.OfCode("from", func(in *inquiry) *string { return &in.From }, act.Optional())),
		on("event.start", "POST /subscriptions/{id}/start", func(ctx context.Context, by System, in inquiry) (Subscription, error) {
			return r.Start(ctx, by, in.ID)
		}),
		act.Def[inquiry, api.List[Dead]]{
			Name: "event.dead-letters", Route: "GET /subscriptions/{id}/dead-letters", Right: right,
			Fields: []act.Field[inquiry]{id, act.OfCode("after", func(in *inquiry) *listing.Key { return &in.After }, act.Optional(), act.Most(512))},
			Do: func(ctx context.Context, by act.Actor, in inquiry) (api.List[Dead], error) {
				return api.ListOf(r.DeadLetters(ctx, of(by), in.ID, in.After))
			},
		}.Act,
		end("event.retry-all", "POST /subscriptions/{id}/dead-letters/retry", func(ctx context.Context, by System, in inquiry) error {
			return r.RetryDeadLetter(ctx, by, in.ID, "")
		}),
		end("event.retry", "POST /subscriptions/{id}/dead-letters/{event}/retry", func(ctx context.Context, by System, in inquiry) error {
			return r.RetryDeadLetter(ctx, by, in.ID, in.Event)
		}, event),
		end("event.drop", "DELETE /subscriptions/{id}/dead-letters/{event}", func(ctx context.Context, by System, in inquiry) error {
			return r.DropDeadLetter(ctx, by, in.ID, in.Event)
		}, event),
	)
}

// Bodies are the routes that take events as CloudEvents has them.
func (r *Room) Bodies(systems map[string]System) []api.Body {
	return []api.Body{{
		Name: "event.publish", Route: "POST /", Right: act.SignedIn(), Takes: []string{EventType, BatchType, anyType}, Most: MaxBatchB + 1, Out: Published{},
		Do: func(ctx context.Context, by act.Actor, header http.Header, body []byte) (made bool, out any, err error) {
			read, err := ReadEvents(header, body)
			if err != nil {
				return false, nil, err
			}
			published, err := r.Publish(ctx, systems[by.Name], read)
			return published.New > 0, published, err
		},
	}}
}

func decodeFilter(raw []byte, into *Filter) error {
	if err := strict.Upto(maxFilter).Decode(raw, into); err != nil {
		return problem.New(problem.Invalid, "filter-malformed").Because(err)
	}
	return nil
}
