package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

const (
	eventsPath = "/dobosh/1/events"
	feedLimit  = 200
	feedWait   = 20 * time.Second // an answer without news is held back this long
)

// Feed reads the events of a node's stream in order. The stream may hold events
// of other nodes too.
type Feed interface {
	Fetch(ctx context.Context, types []string, after uint64, limit int, wait time.Duration) ([]bus.Sequenced, error)
}

// beginAgain tells a follower that the stream is not the one it knows, so that
// it has to read from the start. It knows by their ids what it has seen.
const beginAgain = "events-begin-again"

// feedPage is what a follower gets: the events agreed, and where to go on.
type feedPage struct {
	Events []bus.Event `json:"events"`
	Next   uint64      `json:"next"`
}

// ServeFeed gives another node the events of a contract. Events carry nothing
// about persons but an opaque reference, so reading them leaves no receipt.
func (g *Gateway) ServeFeed(feed Feed) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		contract, after, err := g.admitFollower(r)
		if err != nil {
			refuse(w, err)
			return
		}
		events, err := feed.Fetch(r.Context(), contract.Events, after, feedLimit, feedWait)
		if errors.Is(err, bus.ErrAhead) {
			refuse(w, problem.New(problem.Gone, beginAgain).Because(err))
			return
		}
		if err != nil {
			refuse(w, problem.New(problem.Unavailable, "events-away").Because(err))
			return
		}
		page := feedPage{Events: []bus.Event{}, Next: after}
		for _, e := range events {
			page.Next = e.Sequence
			if agreedEvent(contract, e.Event) {
				page.Events = append(page.Events, e.Event)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(page) // the follower may have gone; it asks again
	})
}

func (g *Gateway) admitFollower(r *http.Request) (registry.Contract, uint64, error) {
	node, err := g.Credential.Peer(r.TLS)
	if err != nil {
		return registry.Contract{}, 0, problem.New(problem.Unauthenticated, "peer-unknown").Because(err)
	}
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	if err != nil {
		return registry.Contract{}, 0, problem.New(problem.Invalid, "message-forged").Because(err)
	}
	c, ok := g.State().Contract(r.URL.Query().Get("contract"))
	if !ok || len(c.Events) == 0 || c.Consumer.Owner() != node.Member || c.Provider.Owner() != g.Member {
		return c, 0, problem.New(problem.Forbidden, "contract-missing", "client", node.Member.String(), "service", "events")
	}
	return c, after, g.standing(c)
}

// agreedEvent reports whether an event is one that the contract gives: of its
// types, of the provider's own making, and of its area. The provider asks before
// it gives the event away, the consumer before it takes it in: no other node can
// put an event into its stream that it would take for its own. The area is the
// one thing that an event's data may say.
func agreedEvent(c registry.Contract, e bus.Event) bool {
	if source, err := registry.ParseID(e.Source); err != nil || source != c.Provider || !slices.Contains(c.Events, e.Type) {
		return false
	}
	if c.Area == "" {
		return true
	}
	var data struct {
		Area string `json:"area"`
	}
	return json.Unmarshal(e.Data, &data) == nil && data.Area == c.Area
}
