package contracts

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// lookEvery is how often the room looks whether the registry says something new.
const lookEvery = time.Second

// Follow takes in what the registry says, until ctx ends.
func (r *Room) Follow(ctx context.Context) {
	seen := int64(-1)
	timer := time.NewTicker(lookEvery)
	defer timer.Stop()
	for {
		if size := r.State().Size; size != seen {
			if err := r.compare(ctx); err != nil {
				r.Log.ErrorContext(ctx, "contracts not compared with the registry", slog.Any("error", err))
			} else {
				seen = size
			}
		}
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// carry does an errand. A refusal that does not pass by waiting is believed after
// some tries.
func (r *Room) carry(ctx context.Context, t *work.Try[errand]) error {
	err := r.bring(ctx, t.Job)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if p := problem.Of(err); final(p.Kind) && t.Tries >= believed {
		return r.giveUp(ctx, t, p)
	}
	return err
}

// final kinds of problems do not pass by waiting.
func final(k problem.Kind) bool {
	return k == problem.Invalid || k == problem.Forbidden || k == problem.NotFound || k == problem.Conflict || k == problem.Gone || k == problem.TooLarge
}

// bring brings what an errand holds to whom it is for. The nodes of a member share
// their tables, so a letter may go to any of them.
func (r *Room) bring(ctx context.Context, e errand) error {
	switch e.Kind {
	case carryLetter:
		to, err := registry.ParseID(e.Peer)
		if err != nil {
			return err
		}
		err = problem.New(problem.Unavailable, "node-away", "body", to.String())
		for _, node := range r.State().Nodes(to) {
			if err = r.Courier.Carry(ctx, node, e.Body); err == nil || final(problem.Of(err).Kind) {
				return err
			}
		}
		return err
	case carryContract:
		c, err := registry.ReadContract(e.Body)
		if err != nil {
			return err
		}
		if have, ok := r.State().Contract(c.ID); ok && have.Digest() == c.Digest() {
			return nil
		}
		return r.Registry.Submit(ctx, registry.Statement{Contract: e.Body})
	case carryEnd:
		var end registry.End
		if err := json.Unmarshal([]byte(e.Body), &end); err != nil {
			return err
		}
		if _, stands := r.State().Contract(end.Contract); !stands {
			return nil
		}
		return r.Registry.Submit(ctx, registry.Statement{End: &end})
	}
	return fmt.Errorf("errand of an unknown kind %q", e.Kind)
}

// giveUp ends a proposal whose letter or text nobody takes. What both signed and
// the registry refused, the other side is told.
func (r *Room) giveUp(ctx context.Context, t *work.Try[errand], why *problem.Problem) error {
	r.Log.WarnContext(ctx, "an errand was refused", slog.String("kind", t.Job.Kind), slog.Any("error", why))
	if t.Job.Kind == carryEnd {
		return nil
	}
	p, err := r.proposal(ctx, t.Job.Proposal)
	if err != nil {
		return err
	}
	from := p.Version
	if t.Job.Kind != carryContract || p.State != Approved {
		if p.State == Open || p.State == Approved {
			p.State, p.Reason, p.Changed, p.Waits = Failed, why.Code, r.Now(), false
			p.Version++
		}
		return t.End(ctx, func(ctx context.Context, tx *storage.Tx) error { return updateProposal(ctx, tx, p, from) })
	}

	side := p.respondent()
	p = p.after(Fail, side, Failed, why.Code)
	p.Changed = r.Now()
	letter, err := r.write(ctx, p, Fail, side, why.Code)
	if err != nil {
		return err
	}
	return t.End(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := updateProposal(ctx, tx, p, from); err != nil {
			return err
		}
		if err := putStep(ctx, tx, p.ID, Step{N: p.step, Act: Fail, Side: side, Reason: why.Code, At: p.Changed}, letter); err != nil {
			return err
		}
		return r.send(ctx, tx, p, Fail, letter)
	})
}

// compare takes in what the registry says: a text that it holds is in force,
// whatever is still on its way; one that it no longer holds has ended.
func (r *Room) compare(ctx context.Context) error {
	for after := ""; ; {
		some, err := proposals.All(ctx, r.DB.Read(ctx), `where state in ('open', 'approved', 'in-force', 'failed', 'withdrawn') and id > $1 order by id limit $2`, after, compareLimit)
		if err != nil {
			return err
		}
		for _, p := range some {
			after = p.ID
			c, there := r.State().Contract(p.Contract.ID)
			there = there && digestOf(c) == p.digest
			if there == (p.State == InForce) {
				continue
			}
			act := stand
			if p.State == InForce {
				act = stop
			}
			state, _ := p.follows(act, "")
			from := p.Version
			p = p.after(act, "", state, p.Reason)
			p.Changed, p.Waits = r.Now(), false
			err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return updateProposal(ctx, tx, p, from) })
			if err != nil && !problem.HasCode(err, "proposal-changed") {
				return err
			}
		}
		if len(some) < compareLimit {
			return nil
		}
	}
}

// compareLimit bounds the proposals that are compared at once.
const compareLimit = 200
