package events

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

const (
	// Path is where the events of a node are followed.
	Path = "/dobosh/1/events"
	// nextHeader says where to go on when there is no page.
	nextHeader = "Dobosh-Next"
	// feedWait is how long an answer without news is held back.
	feedWait = 20 * time.Second
)

// Refusals to a follower. After the first it has to read from the oldest event,
// and knows by their ids what it has seen; after the second there is a hole.
const (
	beginAgain = "events-begin-again"
	gone       = "events-gone"
)

// asked is what a follower wants.
type asked struct {
	contract registry.Contract
	after    place
	from     time.Time // begin at this instant instead
	wait     time.Duration
}

// Feed gives other nodes the events of their contracts. It must be served behind
// the node's mutual TLS. Events name no person, so reading them leaves no receipt.
func (r *Room) Feed() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ask, err := r.admit(req)
		if err == nil {
			err = r.give(req.Context(), w, ask)
		}
		if err != nil {
			exchange.Refuse(w, err)
		}
	})
}

func (r *Room) admit(req *http.Request) (asked, error) {
	node, err := r.Gateway.Peer(req)
	if err != nil {
		return asked{}, err
	}
	forged := problem.New(problem.Invalid, "message-forged")
	query := req.URL.Query()
	var ask asked
	if ask.after, err = parsePlace(query.Get("after")); err != nil {
		return ask, forged.Because(err)
	}
	if from := query.Get("from"); from != "" {
		if ask.from, err = time.Parse(time.RFC3339Nano, from); err != nil {
			return ask, forged.Because(err)
		}
	}
	if query.Get("wait") == "1" {
		ask.wait = feedWait
	}
	state := r.Gateway.State()
	c, known := state.Contract(query.Get("contract"))
	if !known || c.Provider.Owner() != r.Gateway.Member || !follows(state, c, node.Member) {
		return ask, problem.New(problem.Forbidden, "contract-missing", "client", node.Member.String(), "service", "events")
	}
	ask.contract = c
	return ask, r.Gateway.Stands(c)
}

// give answers with a page, once it is in the journal, or without one when there
// is no news.
func (r *Room) give(ctx context.Context, w http.ResponseWriter, ask asked) error {
	found, err := r.readAsked(ctx, ask)
	if err != nil {
		return feedProblem(err)
	}
	meta, body, err := r.write(ask.contract, found)
	if err != nil {
		return err
	}
	if body == nil {
		w.Header().Set(nextHeader, found.next.String())
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	message, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	stamp, err := r.Gateway.Journal.Append(ctx, journal.Entry{Kind: "events", ID: meta.ID, At: meta.At, Meta: message, Body: body})
	if err != nil {
		return problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	exchange.SetMessage(w.Header(), message, stamp)
	w.Header().Set("Content-Type", "application/cloudevents-batch+json")
	_, _ = w.Write(body) // the follower may have gone; it asks again
	return nil
}

func (r *Room) readAsked(ctx context.Context, ask asked) (readFrom, error) {
	if !ask.from.IsZero() {
		var err error
		if ask.after, err = r.at(ctx, ask.from); err != nil {
			return readFrom{}, err
		}
	}
	return r.read(ctx, ask.contract.Events, ask.after, maxPage, ask.wait)
}

// at finds the place of an instant. When the stream does not go back so far, the
// error is a *goneError.
func (r *Room) at(ctx context.Context, from time.Time) (place, error) {
	state, err := r.Stream.State(ctx)
	if err != nil {
		return place{}, err
	}
	number, err := r.Stream.Place(ctx, from)
	if err != nil {
		return place{}, err
	}
	p := place{state.ID, number}
	if number+1 == state.First && state.First > 1 && from.Before(state.Oldest) {
		return p, r.gone(p, state)
	}
	return p, nil
}

// feedProblem says what a follower can do about an error of the stream.
func feedProblem(err error) error {
	if errors.Is(err, bus.ErrAhead) {
		return problem.New(problem.Gone, beginAgain).Because(err)
	}
	if lost, ok := errors.AsType[*goneError](err); ok {
		return problem.New(problem.Gone, gone, "next", lost.next.String(), "from", lost.available.UTC().Format(time.RFC3339Nano)).Because(err)
	}
	return problem.New(problem.Unavailable, "events-away").Because(err)
}

// write makes a page of what was read and agreed. Without anything agreed there
// is no body. What would make the page too large stays for the next one.
func (r *Room) write(c registry.Contract, found readFrom) (page, []byte, error) {
	meta := page{Version: exchange.Version, ID: id.New(), Contract: c.ID, After: found.after, Next: found.next, At: r.Now()}
	var body []byte
	for _, e := range found.events {
		if !agreed(c, e.Event) {
			continue
		}
		text, err := json.Marshal(e.Event)
		if err != nil {
			return meta, nil, err
		}
		if len(body) > 0 && len(body)+len(text) > maxPageBytes {
			meta.Next.number = e.Sequence - 1
			break
		}
		if body == nil {
			body = append(body, '[')
		} else {
			body = append(body, ',')
		}
		body = append(body, text...)
	}
	if body == nil {
		return meta, nil, nil
	}
	return meta, append(body, ']'), nil
}
