package cases

import (
	"context"
	"fmt"
	"slices"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// RightToHandle is that of officers, each for the cases of their scope.
func RightToHandle() act.Right { return act.Only(identity.Officer) }

// scope is what a grant has to cover so that it is for a case.
func (c Case) scope() act.Scope {
	return act.Scope{Body: c.Body, Unit: c.Unit, Service: c.Service, Kind: c.Kind, Place: c.Place}
}

// mayHandle gives a case to an officer whose scope it is in and who is not its party: nobody
// decides in their own matter. To everybody else there is no such case.
func mayHandle(by act.Actor, c Case) error {
	if err := RightToHandle().Check(by, c.scope()); err != nil {
		if _, any := RightToHandle().Where(by); any != nil {
			return any
		}
		return unknown()
	}
	if c.isOf(by) {
		return problem.New(problem.Forbidden, "own-matter")
	}
	return nil
}

// handled finds a case that an officer handles.
func (r *Room) handled(ctx context.Context, from storage.Reader, by act.Actor, number string) (Case, error) {
	c, err := r.caseWhere(ctx, from, "number", number)
	if err != nil {
		return c, err
	}
	return c, mayHandle(by, c)
}

// Claim has an officer take a case, so that two do not work on it. Whoever has it already
// keeps it; taking what another has is the problem case-taken.
func (r *Room) Claim(ctx context.Context, by act.Actor, number string) error {
	return r.change(ctx, by, number, func(c *Case, mine []string) error {
		if c.Officer != "" && !slices.Contains(mine, c.Officer) {
			return problem.New(problem.Conflict, "case-taken")
		}
		c.Officer = by.Account
		return nil
	})
}

// Take has an officer see to a case of which another room changes something, within its transaction: whoever has it
// keeps it, and one that nobody has is theirs.
//
// Problems: case-unknown, own-matter, case-ended, case-taken; case-changed while a decision can be taken back.
func (r *Room) Take(ctx context.Context, tx *storage.Tx, by act.Actor, id string) error {
	c, err := r.caseWhere(ctx, tx, "id", id)
	if err == nil {
		err = mayHandle(by, c)
	}
	if err != nil {
		return err
	}
	mine, err := r.mine(ctx, tx, by)
	switch {
	case err != nil:
		return err
	case c.Ended():
		return problem.New(problem.Conflict, "case-ended")
	case c.Draft != "":
		return problem.New(problem.Conflict, "case-changed")
	case slices.Contains(mine, c.Officer):
		return nil
	case c.Officer != "":
		return problem.New(problem.Conflict, "case-taken")
	}
	was := c.Version
	c.Officer, c.Version = by.Account, was+1
	return r.write(ctx, tx, c, was)
}

// Release puts a case back for others. What another has stays theirs: the problem case-taken.
func (r *Room) Release(ctx context.Context, by act.Actor, number string) error {
	return r.change(ctx, by, number, func(c *Case, mine []string) error {
		if !slices.Contains(mine, c.Officer) {
			return problem.New(problem.Conflict, "case-taken")
		}
		c.Officer = ""
		return nil
	})
}

// change changes what an officer may of an open case, in a transaction. mine are those whose cases are theirs to see to.
func (r *Room) change(ctx context.Context, by act.Actor, number string, change func(c *Case, mine []string) error) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.handled(ctx, tx, by, number)
		if err != nil {
			return err
		}
		if c.Ended() {
			return problem.New(problem.Conflict, "case-ended")
		}
		mine, err := r.mine(ctx, tx, by)
		if err != nil {
			return err
		}
		before := c
		if err := change(&c, mine); err != nil || c.Officer == before.Officer {
			return err
		}
		c.Version++
		return r.write(ctx, tx, c, before.Version)
	})
}

// Custody is who answered for a case since when.
type Custody struct {
	Body   string
	Unit   string
	Reason string // code; empty for the first
	At     time.Time
}

var custodies = storage.NewTable("cases_custody",
	storage.Col("body", func(c *Custody) *string { return &c.Body }),
	storage.Col("unit", func(c *Custody) *string { return &c.Unit }),
	storage.Col("reason", func(c *Custody) *string { return &c.Reason }),
	storage.Time("at", func(c *Custody) *time.Time { return &c.At }),
)

// HandOver makes another body, or another unit of this one, accountable for a case, within
// the transaction of the caller. The clock goes on, or begins again, as its term says.
//
// Problem: case-ended.
func (r *Room) HandOver(ctx context.Context, tx *storage.Tx, id, body, unit, reason string) error {
	c, err := r.caseWhere(ctx, tx, "id", id)
	if err != nil {
		return err
	}
	if c.Ended() {
		return problem.New(problem.Conflict, "case-ended")
	}
	if c.Body == body && c.Unit == unit {
		return nil
	}
	if reading, err := r.Pack.Read(c.Clock); c.Clock.Term != "" && err == nil && reading.State(r.Now()) == law.Running {
		if c.Clock, err = reading.Transfer(r.Now()); err != nil {
			return err
		}
		if err := r.read(&c); err != nil {
			return err
		}
	}
	before, was := c, c.Version
	c.Body, c.Unit, c.Officer, c.Version = body, unit, "", was+1
	if err := r.write(ctx, tx, c, was); err != nil {
		return err
	}
	if err := r.countMoved(ctx, tx, before, c); err != nil {
		return err
	}
	return r.custody(ctx, tx, c, reason)
}

// custody notes who answers for a case from now on.
func (r *Room) custody(ctx context.Context, tx *storage.Tx, c Case, reason string) error {
	number, err := next(ctx, tx, "cases_custody", c.ID)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into cases_custody (case_id, number, body, unit, reason, at) values ($1, $2, $3, $4, $5, $6)`, c.ID, number, c.Body, c.Unit, reason, storage.Micros(r.Now()))
	if err != nil {
		return fmt.Errorf("hand over: %w", err)
	}
	return nil
}
