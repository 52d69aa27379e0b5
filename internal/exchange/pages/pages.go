// Package pages is what operators and auditors see of a node and of its exchanges:
// what is wrong and what to do about it, figures, every exchange without anything
// about the persons in it, what contracts hide for a while, and events that were
// not taken.
//
// What waits for a person stands before every figure. Who looks after the lawfulness
// of it, an auditor, takes evidence and reviews; who keeps the node going, an
// operator, starts what has stopped.
package pages

import (
	"context"
	"embed"

	"dobosh/internal/act"
	"dobosh/internal/exchange/events"
	"dobosh/internal/exchange/oversight"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/law"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

//go:embed templates
var templates embed.FS

// Oversight is what operators and auditors see of exchanges; [oversight.Room]
// is one.
type Oversight interface {
	Figures(ctx context.Context, by act.Actor) ([]oversight.Figures, error)
	Exchanges(ctx context.Context, by act.Actor, f oversight.Filter, after page.Key) (page.Page[oversight.Exchange], error)
	Exchange(ctx context.Context, by act.Actor, index int64) (oversight.Exchange, error)
	CanExport() bool
	Evidence(ctx context.Context, by act.Actor, index int64) (name string, file []byte, err error)
	Hidden(ctx context.Context, by act.Actor) ([]oversight.Hidden, error)
	ReviewHidden(ctx context.Context, by act.Actor, contract, finding string) error
}

// Conditions tell how the node itself is.
type Conditions interface {
	Condition(ctx context.Context, by act.Actor) (Condition, error)
	Title(service registry.ID) lang.Text
}

// Events are what operators and auditors see of events, and what operators do
// about them; [events.Room] is one.
type Events interface {
	Watch(ctx context.Context, by act.Actor) (events.Overview, error)
	WatchOne(ctx context.Context, by act.Actor, id string) (events.Subscription, error)
	WatchDead(ctx context.Context, by act.Actor, id string, after page.Key) (page.Page[events.Dead], error)
	StartFor(ctx context.Context, by act.Actor, id string) error
	RetryDeadFor(ctx context.Context, by act.Actor, id, event string) error
	DropDeadFor(ctx context.Context, by act.Actor, id, event string) error
}

// Deps is what the pages call.
type Deps struct {
	Oversight  Oversight
	Conditions Conditions
	Events     Events    // nil where the node has none
	Pack       *law.Pack // purposes and provisions; may be nil
}

type pages struct{ Deps }

// visit is one request for one of the pages.
type visit struct {
	*portal.Visit
	*pages
}

// New brings the pages.
func New(d Deps) portal.Room {
	p := &pages{d}
	page := func(pattern string, right act.Right, do func(*visit) error) portal.Page {
		return portal.Page{Pattern: pattern, Right: right, Do: func(v *portal.Visit) error { return do(&visit{v, p}) }}
	}
	watch, review := oversight.RightToWatch(), oversight.RightToReview()
	room := portal.Room{
		Templates: templates,
		Pages: []portal.Page{
			page("GET /desk/operate", watch, (*visit).operate),
			page("GET /desk/exchanges", watch, (*visit).exchanges),
			page("GET /desk/exchanges/{index}", watch, (*visit).exchange),
			page("GET /desk/exchanges/{index}/evidence", review, (*visit).evidence),
			page("GET /desk/hidden", watch, (*visit).hidden),
			page("GET /desk/hidden/{contract}/review", watch, (*visit).askReview),
			page("POST /desk/hidden/{contract}/review", review, (*visit).reviewHidden),
		},
		Nav: []portal.Nav{
			{Path: "/desk/operate", Key: "nav.operate", Order: 400, Setting: portal.Engineers, Whom: watch.Lets},
			{Path: "/desk/exchanges", Key: "nav.exchanges", Order: 410, Setting: portal.Engineers, Whom: watch.Lets},
			{Path: "/desk/hidden", Key: "nav.hidden", Order: 430, Setting: portal.Staff, Whom: watch.Lets},
		},
		Home: []portal.Home{{Order: 500, Whom: watch.Lets, Do: func(v *portal.Visit) error { return v.To("/desk/operate") }}},
	}
	if d.Events == nil {
		return room
	}
	see, operate := events.RightToWatch(), events.RightToOperate()
	room.Pages = append(room.Pages,
		page("GET /desk/events", see, (*visit).events),
		page("GET /desk/events/{id}", see, (*visit).subscription),
		page("POST /desk/events/{id}/start", operate, (*visit).startSubscription),
		page("POST /desk/events/{id}/letters/retry", operate, (*visit).retryLetter),
		page("POST /desk/events/{id}/letters/{letter}/retry", operate, (*visit).retryLetter),
		page("GET /desk/events/{id}/letters/{letter}/drop", see, (*visit).askDropLetter),
		page("POST /desk/events/{id}/letters/{letter}/drop", operate, (*visit).dropLetter),
	)
	room.Nav = append(room.Nav, portal.Nav{Path: "/desk/events", Key: "nav.events", Order: 420, Setting: portal.Engineers, Whom: see.Lets})
	return room
}
