package contracts

import (
	"context"
	"errors"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// maxFromPeer bounds the open proposals that one member may leave here.
const maxFromPeer = 1000

// Take takes a letter in that came from a node of a member. A letter that came
// before changes nothing. A problem of kind Unavailable says that the sender
// should try again; any other, that the letter will never be taken.
func (r *Room) Take(ctx context.Context, from registry.ID, signed string) error {
	l, err := readLetter(signed, r.keys)
	if err != nil || l.From != from.Owner() {
		return problem.New(problem.Invalid, "letter-forged").Because(err)
	}
	if l.N == 1 {
		return r.takeFirst(ctx, l, signed)
	}
	p, err := r.proposal(ctx, l.Proposal)
	if problem.HasCode(err, "proposal-unknown") {
		return problem.New(problem.Unavailable, "letter-early")
	}
	if err != nil {
		return err
	}
	if p.peer != l.From {
		return problem.New(problem.Forbidden, "letter-foreign")
	}
	return r.takeNext(ctx, p, l, signed)
}

// takeFirst opens a proposal.
func (r *Room) takeFirst(ctx context.Context, l Letter, signed string) error {
	if _, before, err := r.stepAt(ctx, l.Proposal, 1); err == nil {
		return sameLetter(before, signed)
	} else if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	c, err := registry.ReadContract(l.Contract)
	if err != nil || !signedBy(l.Contract, r.keys(l.From)) {
		return problem.New(problem.Invalid, "contract-forged").Because(err)
	}
	author, err := r.opposite(c, l.From)
	if err != nil {
		return err
	}
	var open int
	err = r.DB.Read(ctx).QueryRowContext(ctx, `select count(*) from registry_proposals where peer = $1 and waits = 1`, l.From.String()).Scan(&open)
	if err != nil {
		return err
	}
	if open >= maxFromPeer {
		return problem.New(problem.TooMany, "proposals-too-many")
	}
	p := Proposal{ID: l.Proposal, Contract: c, Author: author, State: Open, Version: 1, Opened: r.Now(), Changed: r.Now(), step: 1,
		text: l.Contract, digest: digestOf(c), peer: l.From}
	p.Waits = r.waits(p)
	if err := r.journal(ctx, l, c, signed); err != nil {
		return err
	}
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := insertProposal(ctx, tx, p); err != nil {
			return err
		}
		return putStep(ctx, tx, p.ID, Step{N: 1, Act: Propose, Side: author, At: l.At}, signed)
	})
	if storage.IsUnique(err) {
		return problem.New(problem.Unavailable, "letter-early").Because(err) // the same letter came on two connections at once
	}
	return err
}

// opposite is the side of a contract on which another member stands, with this
// one on the other.
func (r *Room) opposite(c registry.Contract, from registry.ID) (Side, error) {
	for _, side := range []Side{Asker, Provider} {
		if member(c, side) != from || member(c, side.Other()) != r.Member {
			continue
		}
		if stands, taken := r.State().Contract(c.ID); taken {
			a, b := stands.Between()
			if asker, provider := c.Between(); a != asker || b != provider {
				return side, problem.New(problem.Forbidden, "contract-id-taken", "contract", c.ID)
			}
		}
		return side, nil
	}
	return "", problem.New(problem.Forbidden, "contract-foreign")
}

// takeNext takes a step of the other side. The text that comes with it is an
// amendment between the same two, signed by its sender, or the text as it was,
// signed by both.
func (r *Room) takeNext(ctx context.Context, p Proposal, l Letter, signed string) error {
	side, err := r.opposite(p.Contract, l.From)
	if err != nil {
		return err
	}
	newest, _, err := r.stepAt(ctx, p.ID, p.step)
	if err != nil {
		return err
	}
	was := p.Version
	switch p.weigh(l.N, l.Act, side, newest) {
	case early:
		return problem.New(problem.Unavailable, "letter-early")
	case malformed:
		return problem.New(problem.Conflict, "letter-contradicts")
	case known:
		s, before, err := r.stepAt(ctx, p.ID, l.N)
		if err != nil {
			return err
		}
		if s.Side != side && l.Act == Withdraw { // it crossed with what we did in our turn, which counts
			return nil
		}
		return sameLetter(before, signed)
	case undo:
		p = p.undone()
	}
	if l.Act.written() {
		c, err := registry.ReadContract(l.Contract)
		if err != nil || !signedBy(l.Contract, r.keys(l.From)) {
			return problem.New(problem.Invalid, "contract-forged").Because(err)
		}
		asker, provider := p.Contract.Between()
		if a, b := c.Between(); c.ID != p.Contract.ID || a != asker || b != provider {
			return problem.New(problem.Forbidden, "contract-foreign")
		}
		if l.Act == Approve && (digestOf(c) != p.digest || !signedBy(l.Contract, r.keys(r.Member))) {
			return problem.New(problem.Invalid, "contract-forged")
		}
		p.Contract, p.text, p.digest = c, l.Contract, digestOf(c)
	}
	state, _ := p.follows(l.Act, side)
	p = p.after(l.Act, side, state, l.Reason)
	p.Version, p.Changed = was+1, r.Now()
	p.Waits = r.waits(p)
	if err := r.journal(ctx, l, p.Contract, signed); err != nil {
		return err
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := updateProposal(ctx, tx, p, was); err != nil {
			return problem.New(problem.Unavailable, "letter-early").Because(err)
		}
		if _, err := r.errands.Remove(ctx, tx, letterRef(p.ID, l.N)); err != nil { // our withdrawal, which no longer counts
			return err
		}
		return putStep(ctx, tx, p.ID, Step{N: l.N, Act: l.Act, Side: side, Reason: l.Reason, At: l.At}, signed)
	})
}

func sameLetter(before, signed string) error {
	if before == signed {
		return nil
	}
	return problem.New(problem.Conflict, "letter-contradicts")
}
