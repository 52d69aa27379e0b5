package contracts

import (
	"context"
	"errors"
	"fmt"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

const proposalColumns = `id, text, digest, author, state, step, version, waits, peer, reason, opened, changed`

func scanProposal(scan storage.Scan) (Proposal, error) {
	var p Proposal
	var waits, opened, changed int64
	var peer string
	if err := scan(&p.ID, &p.text, &p.digest, &p.Author, &p.State, &p.step, &p.Version, &waits, &peer, &p.Reason, &opened, &changed); err != nil {
		return p, err
	}
	p.Waits, p.Opened, p.Changed = waits != 0, storage.Instant(opened), storage.Instant(changed)
	if err := p.peer.UnmarshalText([]byte(peer)); err != nil {
		return p, err
	}
	var err error
	p.Contract, err = registry.ReadContract(p.text)
	return p, err
}

// proposal reads one proposal, without its steps.
func (r *Room) proposal(ctx context.Context, id string) (Proposal, error) {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `SELECT `+proposalColumns+` FROM registry_proposals WHERE id = $1`, id)
	p, err := storage.One(rows, err, scanProposal)
	if errors.Is(err, storage.ErrNotFound) {
		return p, problem.New(problem.NotFound, "proposal-unknown")
	}
	if err != nil {
		return p, fmt.Errorf("proposal %s: %w", id, err)
	}
	return p, nil
}

func insertProposal(ctx context.Context, tx *storage.Tx, p Proposal) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO registry_proposals (contract, `+proposalColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		p.Contract.ID, p.ID, p.text, p.digest, p.Author, p.State, p.step, p.Version, bit(p.Waits), p.peer.String(), p.Reason, storage.Micros(p.Opened), storage.Micros(p.Changed))
	return err
}

// updateProposal writes p over the version that it was made from: the problem
// "proposal-changed" says that somebody was faster.
func updateProposal(ctx context.Context, tx *storage.Tx, p Proposal, from int) error {
	result, err := tx.ExecContext(ctx, `UPDATE registry_proposals SET text = $1, digest = $2, author = $3, state = $4, step = $5, version = $6, waits = $7, reason = $8, changed = $9 WHERE id = $10 AND version = $11`,
		p.text, p.digest, p.Author, p.State, p.step, p.Version, bit(p.Waits), p.Reason, storage.Micros(p.Changed), p.ID, from)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return problem.New(problem.Conflict, "proposal-changed")
}

func bit(is bool) int {
	if is {
		return 1
	}
	return 0
}

const stepColumns = `n, act, side, officer, reason, at`

func scanStep(scan storage.Scan) (Step, error) {
	var s Step
	var at int64
	err := scan(&s.N, &s.Act, &s.Side, &s.Officer, &s.Reason, &at)
	s.At = storage.Instant(at)
	return s, err
}

// putStep writes an act down, in the place of one that no longer counts.
func putStep(ctx context.Context, tx *storage.Tx, proposal string, s Step, letter string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO registry_steps (proposal, letter, `+stepColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (proposal, n) DO UPDATE SET letter = excluded.letter, act = excluded.act, side = excluded.side, officer = excluded.officer, reason = excluded.reason, at = excluded.at`,
		proposal, letter, s.N, s.Act, s.Side, s.Officer, s.Reason, storage.Micros(s.At))
	return err
}

// step reads one act with the letter that told it.
func (r *Room) stepAt(ctx context.Context, proposal string, n int) (s Step, letter string, err error) {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `SELECT `+stepColumns+`, letter FROM registry_steps WHERE proposal = $1 AND n = $2`, proposal, n)
	s, err = storage.One(rows, err, func(scan storage.Scan) (Step, error) {
		return scanStep(func(dest ...any) error { return scan(append(dest, &letter)...) })
	})
	return s, letter, err
}

// steps lists the acts of a proposal in their order; there are few.
func (r *Room) steps(ctx context.Context, proposal string) ([]Step, error) {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `SELECT `+stepColumns+` FROM registry_steps WHERE proposal = $1 ORDER BY n LIMIT $2`, proposal, maxSteps)
	return storage.All(rows, err, scanStep)
}
