package cases

import (
	"context"
	"fmt"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// Confirm is the second pair of eyes: what another officer decided holds in two minutes, unless one of both
// takes it back. Nobody confirms what they decided themselves, or in a matter in which they decided before.
//
// Problems: case-unknown, own-matter, draft-holds, four-eyes, case-decided-before, case-changed.
func (r *Room) Confirm(ctx context.Context, by act.Actor, number string, version int) error {
	return r.asSecond(ctx, by, number, version, func(ctx context.Context, tx *storage.Tx, c *Case, d *Draft) error {
		d.State, d.HoldsAt, c.Draft = Undoable, r.Now().Add(UndoFor), Undoable
		return r.drafts.Add(ctx, tx, d.ID, work.None{}, work.In(UndoFor))
	})
}

// Return gives what another officer decided back to them, with the reason. The case is as it was before.
//
// Problems: those of Confirm.
func (r *Room) Return(ctx context.Context, by act.Actor, number string, version int, why string) error {
	return r.asSecond(ctx, by, number, version, func(_ context.Context, _ *storage.Tx, c *Case, d *Draft) error {
		d.State, d.Said, d.said, c.Draft, c.Officer = DraftBack, why, r.sealed(why, "said", d.ID), "", d.Account
		return nil
	})
}

// asSecond is what a second officer does with what another decided.
func (r *Room) asSecond(ctx context.Context, by act.Actor, number string, version int, then func(context.Context, *storage.Tx, *Case, *Draft) error) error {
	return r.onDraft(ctx, by, number, func(ctx context.Context, tx *storage.Tx, c *Case, d *Draft) error {
		switch {
		case d.State != ForSecond:
			return problem.New(problem.Conflict, "draft-holds")
		case d.Account == by.Account:
			return problem.New(problem.Forbidden, "four-eyes")
		case version != c.Version:
			return problem.New(problem.Conflict, "case-changed")
		}
		before, err := decidedBefore(ctx, tx, c.ID, by.Account)
		if err != nil {
			return fmt.Errorf("who decided before: %w", err)
		}
		if before {
			return problem.New(problem.Forbidden, "case-decided-before")
		}
		d.Second = by.Account
		return then(ctx, tx, c, d)
	})
}
