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
	if err := r.mayRead(by); err != nil {
		return page.Page[Proposal]{}, err
	}
	waitingFirst := proposals.List(
		storage.Down("waits", func(p Proposal) int64 {
			if p.Waits {
				return 1
			}
			return 0
		}),
		storage.Down("id", func(p Proposal) string { return p.ID }),
	)
	var only storage.Filter
	if state != "" {
		only = storage.Equal("state", state)
	}
	found, err := waitingFirst.Page(ctx, r.DB.Read(ctx), only, after, page.Size)
	if err != nil {
		return found, fmt.Errorf("list proposals: %w", err)
	}
	return found, nil
}

// Proposal gives one proposal with its steps and what is still on its way.
func (r *Room) Proposal(ctx context.Context, by act.Actor, proposal string) (Proposal, error) {
	if err := r.mayRead(by); err != nil {
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
