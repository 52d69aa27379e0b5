package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

const (
	// takers is how many pages are taken in at the same time. A source that has
	// much to catch up waits for its turn behind the others after every page.
	takers = 4
	// idle is the pause after an answer without news, so that a node that answers
	// at once is not asked without end.
	idle = 50 * time.Millisecond
	// The pauses after a failure grow from the one to the other.
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
	// besidePause is how often a source looks whether another one, which gives the
	// same, still does.
	besidePause = time.Second
	// fetchPatience bounds one request for a page.
	fetchPatience = feedWait + 10*time.Second
)

// follow brings the events of a source into this node until ctx ends. The place
// reached is kept in storage, so a node that was away catches up in order. Where
// the other node cannot be reached it tries again with growing patience.
func (r *Room) follow(ctx context.Context, s source) {
	wait, more := firstPause, true
	for ctx.Err() == nil {
		var err error
		if more, err = r.step(ctx, s, more); err == nil {
			wait = firstPause
			continue
		}
		if ctx.Err() != nil {
			return
		}
		r.Log.WarnContext(ctx, "events not fetched", slog.String("contract", s.contract), slog.String("node", s.node), slog.Any("error", err))
		if err := r.ail(ctx, s, problem.Of(err).Code); err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "what is wrong with a source was not noted", slog.Any("error", err))
		}
		_ = clock.Pause(ctx, wait) // the loop sees the end of ctx
		wait, more = min(2*wait, lastPause), true
	}
}

// step asks for one page and takes it in. It does not wait for news when there
// may be more to catch up, and reports whether there may be.
func (r *Room) step(ctx context.Context, s source, catchUp bool) (more bool, err error) {
	c, node, err := r.provider(s)
	if err != nil {
		return false, err
	}
	at, err := r.followed(ctx, s)
	if err != nil {
		return false, err
	}
	if follows, err := r.followedBeside(ctx, at); follows || err != nil {
		return false, err
	}
	got, err := r.fetch(ctx, c, node, at, catchUp)
	switch {
	case problem.HasCode(err, beginAgain) && at.place != place{}:
		return true, r.reached(ctx, s, place{}, 0, nil)
	case problem.HasCode(err, gone):
		return true, r.hole(ctx, s, node, at.place, problem.Of(err))
	case err != nil:
		return false, err
	case got.next == at.place && at.fault == "" && at.again.IsZero():
		return false, clock.Pause(ctx, idle)
	}
	return len(got.events) > 0, r.takeIn(ctx, c, s, got)
}

// followedBeside reports whether what comes from a source comes from another node of
// the provider already, which gives the same stream. The source then takes over
// its place, and rests.
func (r *Room) followedBeside(ctx context.Context, at followed) (bool, error) {
	if at.place == (place{}) || !at.again.IsZero() {
		return false, nil
	}
	beside, err := r.followedOf(ctx, at.contract)
	if err != nil {
		return false, err
	}
	wanted := r.sources()
	for _, f := range beside {
		if f.node >= at.node || !wanted[f.source] || f.fault != "" || !f.again.IsZero() || f.place.stream != at.place.stream || f.place.number < at.place.number {
			continue
		}
		if f.place != at.place || at.fault != "" {
			if err := r.reached(ctx, at.source, f.place, 0, nil); err != nil {
				return false, err
			}
		}
		return true, clock.Pause(ctx, besidePause)
	}
	return false, nil
}

// provider finds the contract of a source and the node that has its events.
func (r *Room) provider(s source) (registry.Contract, registry.Node, error) {
	state := r.Gateway.State()
	c, known := state.Contract(s.contract)
	if !known {
		return c, registry.Node{}, problem.New(problem.Forbidden, "contract-missing", "client", r.Gateway.Member.String(), "service", "events")
	}
	nodes := state.Nodes(c.Provider)
	i := slices.IndexFunc(nodes, func(n registry.Node) bool { return n.Name == s.node })
	if i < 0 {
		return c, registry.Node{}, problem.New(problem.NotFound, "provider-unknown", "service", c.Provider.String())
	}
	return c, nodes[i], r.Gateway.Stands(c)
}

// hole notes that events are gone, and goes on behind them.
func (r *Room) hole(ctx context.Context, s source, node registry.Node, after place, p *problem.Problem) error {
	next, err := parsePlace(p.Args["next"])
	available, err2 := time.Parse(time.RFC3339Nano, p.Args["from"])
	if err := errors.Join(err, err2); err != nil || next == (place{}) || next.stream == after.stream && next.number <= after.number {
		return problem.New(problem.BadGateway, "node-answer-broken", "body", node.Member.String()).Because(err)
	}
	r.Log.ErrorContext(ctx, "events are gone before they were followed", slog.String("contract", s.contract), slog.String("node", s.node), slog.Time("available", available))
	return r.missed(ctx, s, after, next, available)
}

// got is a page as it came, or an answer without news.
type got struct {
	id         string
	after      place
	next       place
	events     []bus.Event
	meta, body []byte
	stamp      journal.Stamp
}

// fetch asks a node for what follows, and believes only what is in its log.
func (r *Room) fetch(ctx context.Context, c registry.Contract, node registry.Node, at followed, catchUp bool) (got, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	query := url.Values{"contract": {c.ID}, "after": {at.place.String()}}
	after := at.place
	if !at.again.IsZero() {
		query.Set("from", at.again.UTC().Format(time.RFC3339Nano))
		after = place{}
	}
	if !catchUp {
		query.Set("wait", "1")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+node.Address+Path+"?"+query.Encode(), nil)
	if err != nil {
		return got{}, err
	}
	resp, err := r.Gateway.Reach(node).Do(req)
	if err != nil {
		return got{}, exchange.Away(ctx, node, err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	payload, err := io.ReadAll(io.LimitReader(resp.Body, 2*maxPageBytes+1))
	if err != nil {
		return got{}, exchange.Away(ctx, node, err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return r.open(c, node, resp.Header, payload, after)
	case http.StatusNoContent:
		next, err := parsePlace(resp.Header.Get(nextHeader))
		if err != nil || next == (place{}) || after != (place{}) && (next.stream != after.stream || next.number < after.number) {
			return got{}, broken(node, errPlace)
		}
		return got{next: next}, nil
	}
	return got{}, r.Gateway.Refused(node, resp.StatusCode, payload)
}

func broken(node registry.Node, cause error) error {
	return problem.New(problem.BadGateway, "node-answer-broken", "body", node.Member.String()).Because(cause)
}

// open proves a page to be the provider's own and the one that was asked for.
func (r *Room) open(c registry.Contract, node registry.Node, h http.Header, body []byte, after place) (got, error) {
	if len(body) > 2*maxPageBytes {
		return got{}, broken(node, errPage)
	}
	meta, stamp, err := r.Gateway.Proved(node, h, body)
	if err != nil {
		return got{}, err
	}
	p, events, err := readPage(meta, body, c.ID, after)
	if err != nil {
		return got{}, broken(node, err)
	}
	return got{id: p.ID, after: p.After, next: p.Next, events: events, meta: meta, body: body, stamp: stamp}, nil
}

// takeIn keeps the page in the journal, puts its events into the stream here and
// stores the place, in this order, when it is this source's turn. An event that
// the contract does not give is left out and told to the log.
func (r *Room) takeIn(ctx context.Context, c registry.Contract, s source, page got) error {
	select {
	case r.turns <- struct{}{}:
		defer func() { <-r.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if page.meta != nil {
		entry := journal.Entry{Kind: "followed", ID: page.id, At: r.Now(), Meta: json.RawMessage(page.meta), Body: page.body}
		if _, err := r.Gateway.Journal.Append(ctx, entry); err != nil {
			return problem.New(problem.Unavailable, "journal-away").Because(err)
		}
	}
	mine := make([]bus.Event, 0, len(page.events))
	for _, e := range page.events {
		if err := e.Check(); err != nil || !agreed(c, e) {
			r.Log.WarnContext(ctx, "an event was not agreed", slog.String("contract", c.ID), slog.String("type", e.Type), slog.Any("error", err))
			continue
		}
		mine = append(mine, e)
	}
	numbers, err := r.Stream.PublishAll(ctx, mine)
	if err != nil {
		return fmt.Errorf("take events in: %w", err)
	}
	if len(mine) == 0 {
		return r.reached(ctx, s, page.next, 0, nil)
	}
	state, err := r.Stream.State(ctx)
	if err != nil {
		return fmt.Errorf("take events in: %w", err)
	}
	return r.reached(ctx, s, page.next, len(mine), func(ctx context.Context, tx *storage.Tx) error {
		return r.remember(ctx, tx, state.ID, taken{source: s, first: numbers.First, last: numbers.Last, after: page.after, events: len(mine)})
	})
}
