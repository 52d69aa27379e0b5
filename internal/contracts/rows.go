package contracts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

var proposals = storage.NewTable("registry_proposals",
	storage.Col("id", func(p *Proposal) *string { return &p.ID }),
	storage.Col("text", func(p *Proposal) *string { return &p.text }),
	storage.Col("digest", func(p *Proposal) *string { return &p.digest }),
	storage.Col("author", func(p *Proposal) *Side { return &p.Author }),
	storage.Col("state", func(p *Proposal) *State { return &p.State }),
	storage.Col("step", func(p *Proposal) *int { return &p.step }),
	storage.Col("version", func(p *Proposal) *int { return &p.Version }),
	storage.Flag("waits", func(p *Proposal) *bool { return &p.Waits }),
	storage.Text("peer", func(p *Proposal) *registry.ID { return &p.peer }),
	storage.Col("reason", func(p *Proposal) *string { return &p.Reason }),
	storage.Time("opened", func(p *Proposal) *time.Time { return &p.Opened }),
	storage.Time("changed", func(p *Proposal) *time.Time { return &p.Changed }),
	storage.Written("contract", func(p *Proposal) any { return p.Contract.ID }),
).Then(func(p *Proposal) (err error) {
	p.Contract, err = registry.ReadContract(p.text)
	return err
})

// proposal reads one proposal, without its steps.
func (r *Room) proposal(ctx context.Context, id string) (Proposal, error) {
	p, err := proposals.One(ctx, r.DB.Read(ctx), `where id = $1`, id)
	if errors.Is(err, storage.ErrNotFound) {
		return p, problem.New(problem.NotFound, "proposal-unknown")
	}
	if err != nil {
		return p, fmt.Errorf("proposal %s: %w", id, err)
	}
	return p, nil
}

func insertProposal(ctx context.Context, tx *storage.Tx, p Proposal) error {
	_, err := proposals.Insert(ctx, tx, "", p)
	return err
}

// updateProposal writes p over the version that it was made from: the problem
// "proposal-changed" says that somebody was faster.
func updateProposal(ctx context.Context, tx *storage.Tx, p Proposal, from int) error {
	waits := 0
	if p.Waits {
		waits = 1
	}
	result, err := tx.ExecContext(ctx, `update registry_proposals set text = $1, digest = $2, author = $3, state = $4, step = $5, version = $6, waits = $7, reason = $8, changed = $9 where id = $10 and version = $11`,
		p.text, p.digest, p.Author, p.State, p.step, p.Version, waits, p.Reason, storage.Micros(p.Changed), p.ID, from)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return problem.New(problem.Conflict, "proposal-changed")
}

// letteredStep is an act with the letter that told it.
type letteredStep struct {
	Step
	proposal, letter string
}

var steps = storage.NewTable("registry_steps",
	storage.Col("proposal", func(t *letteredStep) *string { return &t.proposal }),
	storage.Col("n", func(t *letteredStep) *int { return &t.N }),
	storage.Col("act", func(t *letteredStep) *Act { return &t.Act }),
	storage.Col("side", func(t *letteredStep) *Side { return &t.Side }),
	storage.Col("officer", func(t *letteredStep) *string { return &t.Officer }),
	storage.Col("reason", func(t *letteredStep) *string { return &t.Reason }),
	storage.Col("letter", func(t *letteredStep) *string { return &t.letter }),
	storage.Time("at", func(t *letteredStep) *time.Time { return &t.At }),
)

// putStep writes an act down, in the place of one that no longer counts.
func putStep(ctx context.Context, tx *storage.Tx, proposal string, s Step, letter string) error {
	return steps.Put(ctx, tx, "proposal, n", letteredStep{s, proposal, letter})
}

// stepAt reads one act with the letter that told it.
func (r *Room) stepAt(ctx context.Context, proposal string, n int) (s Step, letter string, err error) {
	t, err := steps.One(ctx, r.DB.Read(ctx), `where proposal = $1 and n = $2`, proposal, n)
	return t.Step, t.letter, err
}

// steps lists the acts of a proposal in their order; there are few.
func (r *Room) steps(ctx context.Context, proposal string) (list []Step, err error) {
	all, err := steps.All(ctx, r.DB.Read(ctx), `where proposal = $1 order by n limit $2`, proposal, maxSteps)
	for _, t := range all {
		list = append(list, t.Step)
	}
	return list, err
}
