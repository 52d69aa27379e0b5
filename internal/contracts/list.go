package contracts

import (
	"context"
	"fmt"

	"dobosh/internal/act"
	"dobosh/internal/kit/page"
	"dobosh/internal/storage"
)

// Proposals lists what is being agreed and was: first what waits for somebody
// here, then the newest. An empty state is every state.
func (r *Room) Proposals(ctx context.Context, by act.Actor, state State, after page.Key) (page.Page[Proposal], error) {
	if err := reads(by); err != nil {
		return page.Page[Proposal]{}, err
	}
	waits, last := 1, "z" // all ids are below "z"
	if columns := after.Columns(2); columns != nil {
		waits, last = min(len(columns[0]), 1), columns[1]
	}
	where, values := `(waits < $1 OR waits = $1 AND id < $2)`, []any{waits, last, page.Size + 1}
	if state != "" {
		where, values = where+` AND state = $4`, append(values, state)
	}
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `SELECT `+proposalColumns+` FROM registry_proposals WHERE `+where+` ORDER BY waits DESC, id DESC LIMIT $3`, values...)
	found, err := storage.All(rows, err, scanProposal)
	if err != nil {
		return page.Page[Proposal]{}, fmt.Errorf("list proposals: %w", err)
	}
	return page.Of(found, page.Size, proposalKey), nil
}

// proposalKey is the place of a proposal in the list: whether it waits, then
// its id.
func proposalKey(p Proposal) page.Key {
	if p.Waits {
		return page.KeyOf("waits", p.ID)
	}
	return page.KeyOf("", p.ID)
}

// Proposal gives one proposal with its steps and what is still on its way.
func (r *Room) Proposal(ctx context.Context, by act.Actor, proposal string) (Proposal, error) {
	if err := reads(by); err != nil {
		return Proposal{}, err
	}
	p, err := r.proposal(ctx, proposal)
	if err != nil {
		return p, err
	}
	if p.Steps, err = r.steps(ctx, p.ID); err != nil {
		return p, err
	}
	p.Carried, err = r.carried(ctx, p.ID)
	return p, err
}

// Mine lists the sides of a proposal on which this member stands.
func (r *Room) Mine(p Proposal) []Side { return r.sides(p.Contract) }
