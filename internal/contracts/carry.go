package contracts

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// carriers bounds the errands that are under way at once.
const carriers = 8

// Run carries what has to be carried and takes in what the registry says, until
// ctx ends.
func (r *Room) Run(ctx context.Context) {
	wake, stop := r.DB.Listen(errandsSignal)
	defer stop()
	seen := int64(-1)
	timer := time.NewTicker(idleLook)
	defer timer.Stop()
	for {
		more := r.round(ctx)
		if size := r.State().Size; size != seen {
			if err := r.look(ctx); err != nil {
				r.Log.ErrorContext(ctx, "contracts not compared with the registry", slog.Any("error", err))
			} else {
				seen = size
			}
		}
		if more {
			continue
		}
		select {
		case <-wake:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// round carries what is due, and reports whether there may be more.
func (r *Room) round(ctx context.Context) bool {
	due, err := r.claim(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "errands not claimed", slog.Any("error", err))
		}
		return false
	}
	var under sync.WaitGroup
	free := make(chan struct{}, carriers)
	for _, e := range due {
		free <- struct{}{}
		under.Go(func() {
			defer func() { <-free }()
			r.do(ctx, e)
		})
	}
	under.Wait()
	return len(due) == claimLimit && ctx.Err() == nil
}

// do carries one errand and writes down how that ended.
func (r *Room) do(ctx context.Context, e errand) {
	err := r.carry(ctx, e)
	if ctx.Err() != nil {
		return // it is claimed again
	}
	p := problem.Of(err)
	switch {
	case err == nil:
		err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return drop(ctx, tx, e.id) })
	case final(p.Kind) && e.tries >= believed:
		err = r.givenUp(ctx, e, p)
	default:
		r.Log.WarnContext(ctx, "an errand waits", slog.String("kind", e.kind), slog.Int("tries", e.tries), slog.Any("error", err))
		err = r.postpone(ctx, e, p.Code)
	}
	if err != nil {
		r.Log.ErrorContext(ctx, "the end of an errand is not written down", slog.String("errand", e.id), slog.Any("error", err))
	}
}

// final kinds of problems do not pass by waiting.
func final(k problem.Kind) bool {
	return k == problem.Invalid || k == problem.Forbidden || k == problem.NotFound || k == problem.Conflict || k == problem.Gone || k == problem.TooLarge
}

func (r *Room) carry(ctx context.Context, e errand) error {
	switch e.kind {
	case carryLetter:
		return r.carryTo(ctx, e)
	case carryContract:
		c, err := registry.ReadContract(e.body)
		if err != nil {
			return err
		}
		if have, ok := r.State().Contract(c.ID); ok && have.Digest() == c.Digest() {
			return nil
		}
		return r.Registry.Submit(ctx, registry.Statement{Contract: e.body})
	case carryEnd:
		var end registry.End
		if err := json.Unmarshal([]byte(e.body), &end); err != nil {
			return err
		}
		if _, stands := r.State().Contract(end.Contract); !stands {
			return nil
		}
		return r.Registry.Submit(ctx, registry.Statement{End: &end})
	}
	return fmt.Errorf("errand of an unknown kind %q", e.kind)
}

// carryTo brings a letter to a node of the other side. The nodes of a member
// share their tables, so any of them will do.
func (r *Room) carryTo(ctx context.Context, e errand) error {
	to, err := e.to()
	if err != nil {
		return err
	}
	err = problem.New(problem.Unavailable, "node-away", "body", to.String())
	for _, node := range r.State().Nodes(to) {
		if err = r.Courier.Carry(ctx, node, e.body); err == nil || final(problem.Of(err).Kind) {
			return err
		}
	}
	return err
}

// givenUp ends a proposal whose letter or text nobody takes. What the registry
// refused, the other side is told.
func (r *Room) givenUp(ctx context.Context, e errand, why *problem.Problem) error {
	r.Log.WarnContext(ctx, "an errand was refused", slog.String("kind", e.kind), slog.Any("error", why))
	if e.kind == carryEnd {
		return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return drop(ctx, tx, e.id) })
	}
	p, err := r.proposal(ctx, e.proposal)
	if err != nil {
		return err
	}
	from := p.Version
	if e.kind == carryContract && p.State == Approved {
		return r.failed(ctx, p, e, why.Code)
	}
	if p.State == Open || p.State == Approved {
		p.State, p.Reason, p.Changed, p.Waits = Failed, why.Code, r.Now(), false
		p.Version++
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := updateProposal(ctx, tx, p, from); err != nil {
			return err
		}
		return drop(ctx, tx, e.id)
	})
}

// failed tells the other side that the registry did not take what both signed.
func (r *Room) failed(ctx context.Context, p Proposal, e errand, code string) error {
	side, from := p.turn(), p.Version
	p = p.after(Fail, side, Failed, code)
	p.Changed = r.Now()
	letter, err := r.letter(ctx, p, Fail, side, code)
	if err != nil {
		return err
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := updateProposal(ctx, tx, p, from); err != nil {
			return err
		}
		if err := drop(ctx, tx, e.id); err != nil {
			return err
		}
		if err := putStep(ctx, tx, p.ID, Step{N: p.step, Act: Fail, Side: side, Reason: code, At: p.Changed}, letter); err != nil {
			return err
		}
		return r.send(ctx, tx, p, Fail, letter)
	})
}

// look takes in what the registry says: a text that it holds is in force,
// whatever is still on its way; one that it no longer holds has ended.
func (r *Room) look(ctx context.Context) error {
	for after := ""; ; {
		rows, err := r.DB.Read(ctx).QueryContext(ctx, `SELECT `+proposalColumns+` FROM registry_proposals WHERE state IN ('open', 'approved', 'in-force', 'failed', 'withdrawn') AND id > $1 ORDER BY id LIMIT $2`, after, lookLimit)
		some, err := storage.All(rows, err, scanProposal)
		if err != nil {
			return err
		}
		for _, p := range some {
			after = p.ID
			if err := r.compare(ctx, p); err != nil && !problem.HasCode(err, "proposal-changed") {
				return err
			}
		}
		if len(some) < lookLimit {
			return nil
		}
	}
}

const lookLimit = 200

func (r *Room) compare(ctx context.Context, p Proposal) error {
	c, there := r.State().Contract(p.Contract.ID)
	there = there && digestOf(c) == p.digest
	act := stand
	if p.State == InForce {
		act = stop
	}
	if there == (p.State == InForce) {
		return nil
	}
	state, _ := p.follows(act, "")
	from := p.Version
	p = p.after(act, "", state, p.Reason)
	p.Changed, p.Waits = r.Now(), false
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return updateProposal(ctx, tx, p, from) })
}
