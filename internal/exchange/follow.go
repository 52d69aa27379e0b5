package exchange

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the room.
func Migrations() fs.FS { return migrations }

// Publisher takes events of other nodes in; the same event twice is one.
type Publisher interface {
	Publish(ctx context.Context, e bus.Event) error
}

// Follow brings the events of a contract into this node until ctx ends. The
// place reached is kept in storage, so a node that was away catches up in
// order. Where the other node cannot be reached it tries again with growing
// patience.
func (g *Gateway) Follow(ctx context.Context, contract string, db *storage.DB, to Publisher) {
	const patience = 5 * time.Second
	wait := 50 * time.Millisecond
	for ctx.Err() == nil {
		err := g.followOnce(ctx, contract, db, to)
		if err == nil {
			wait = 50 * time.Millisecond
			continue
		}
		if ctx.Err() != nil {
			return
		}
		g.Log.WarnContext(ctx, "events not fetched", attr("contract", contract), attr("error", err.Error()))
		_ = pause(ctx, wait) // the loop sees the end of ctx
		wait = min(2*wait, patience)
	}
}

// idle is the pause after a page without news, so that a node that answers at
// once is not asked without end.
const idle = 50 * time.Millisecond

func (g *Gateway) followOnce(ctx context.Context, id string, db *storage.DB, to Publisher) error {
	after, err := cursor(ctx, db, id)
	if err != nil {
		return err
	}
	c, ok := g.State().Contract(id)
	if !ok {
		return problem.New(problem.Forbidden, "contract-missing", "client", g.Member.String(), "service", "events")
	}
	page, err := g.fetchFeed(ctx, c, after)
	if problem.HasCode(err, beginAgain) && after > 0 {
		return saveCursor(ctx, db, id, 0)
	}
	if err != nil {
		return err
	}
	if page.Next == after {
		return pause(ctx, idle)
	}
	if err := g.takeIn(ctx, c, page, after, to); err != nil {
		return err
	}
	return saveCursor(ctx, db, id, page.Next)
}

// takeIn publishes the events of a page here. An event that the contract does
// not give is left out and told to the log.
func (g *Gateway) takeIn(ctx context.Context, c registry.Contract, page feedPage, after uint64, to Publisher) error {
	if page.Next < after || page.Next > math.MaxInt64 {
		return problem.New(problem.BadGateway, "node-answer-broken", "body", c.Provider.Owner().String())
	}
	for _, e := range page.Events {
		if !agreedEvent(c, e) {
			g.Log.WarnContext(ctx, "an event was not agreed", attr("contract", c.ID), attr("type", e.Type))
			continue
		}
		if err := to.Publish(ctx, e); err != nil {
			return fmt.Errorf("take event in: %w", err)
		}
	}
	return nil
}

// pause waits, or returns the error of ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func saveCursor(ctx context.Context, db *storage.DB, contract string, seq uint64) error {
	return db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO exchange_cursors (contract, seq) VALUES ($1, $2) ON CONFLICT (contract) DO UPDATE SET seq = excluded.seq`, contract, int64(seq))
		return err
	})
}

func cursor(ctx context.Context, db *storage.DB, contract string) (uint64, error) {
	rows, err := db.Read(ctx).QueryContext(ctx, `SELECT seq FROM exchange_cursors WHERE contract = $1`, contract)
	seq, err := storage.One(rows, err, func(scan storage.Scan) (int64, error) {
		var n int64
		return n, scan(&n)
	})
	if errors.Is(err, storage.ErrNotFound) {
		return 0, nil
	}
	return uint64(seq), err
}

func (g *Gateway) fetchFeed(ctx context.Context, c registry.Contract, after uint64) (feedPage, error) {
	nodes := g.State().Nodes(c.Provider)
	if len(nodes) == 0 {
		return feedPage{}, problem.New(problem.NotFound, "provider-unknown", "service", c.Provider.String())
	}
	ctx, cancel := context.WithTimeout(ctx, feedWait+10*time.Second)
	defer cancel()
	query := url.Values{"contract": {c.ID}, "after": {strconv.FormatUint(after, 10)}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+nodes[0].Address+eventsPath+"?"+query.Encode(), nil)
	if err != nil {
		return feedPage{}, err
	}
	resp, err := g.client(nodes[0].TLS).Do(req)
	if err != nil {
		return feedPage{}, away(ctx, nodes[0], err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	payload, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return feedPage{}, away(ctx, nodes[0], err)
	}
	if resp.StatusCode != http.StatusOK {
		return feedPage{}, g.unproved(nodes[0], resp.StatusCode, payload)
	}
	var page feedPage
	return page, json.Unmarshal(payload, &page)
}
