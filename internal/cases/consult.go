package cases

import (
	"context"
	"fmt"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// consulted is a unit that was asked about a case; it reads the thread between bodies and nothing else of it.
type consulted struct {
	body, unit string
}

var consultations = storage.NewTable("cases_consulted",
	storage.Col("body", func(c *consulted) *string { return &c.body }),
	storage.Col("unit", func(c *consulted) *string { return &c.unit }),
)

// Consulting is what an officer asks another unit.
type Consulting struct {
	Number string
	Unit   string
	Text   string
}

// Consult asks another unit of the body about a case: its officers read what goes between the units, and answer
// there. Who answers for the case stays. Another body is asked the same way once nodes exchange cases; the row names it.
//
// Problems: case-unknown, own-matter, case-ended.
func (r *Room) Consult(ctx context.Context, by act.Actor, in Consulting) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.handled(ctx, tx, by, in.Number)
		if err != nil {
			return err
		}
		if c.Ended() {
			return problem.New(problem.Conflict, "case-ended")
		}
		if _, err := tx.ExecContext(ctx, `insert into cases_consulted (case_id, body, unit, by_whom, at) values ($1, $2, $3, $4, $5)
			on conflict (case_id, body, unit) do update set ended_at = 0`, c.ID, c.Body, in.Unit, by.Account, storage.Micros(r.Now())); err != nil {
			return fmt.Errorf("consult: %w", err)
		}
		return r.say(ctx, tx, c, Bodies, law.ByOfficer, by.Account, in.Text)
	})
}

// Note says something in a thread that officers write: among themselves, between units, or, in a case that everybody may
// see, to the public.
//
// Problems: case-unknown, also for a thread that the officer does not see.
func (r *Room) Note(ctx context.Context, by act.Actor, number string, thread Thread, text string) error {
	s, err := r.sight(ctx, by, number)
	if err != nil {
		return err
	}
	if s.own || thread == WithParty || !s.sees(thread) {
		return unknown()
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		return r.say(ctx, tx, s.Case, thread, law.ByOfficer, by.Account, text)
	})
}

// asked reports whether an officer is of a unit that was asked about a case which is not theirs.
func (r *Room) asked(ctx context.Context, by act.Actor, c Case) (bool, error) {
	all, err := consultations.All(ctx, r.DB.Read(ctx), `where case_id = $1 and ended_at = 0 order by body, unit limit 50`, c.ID)
	if err != nil {
		return false, fmt.Errorf("consulted units: %w", err)
	}
	for _, one := range all {
		theirs := c
		theirs.Body, theirs.Unit = one.body, one.unit
		if mayHandle(by, theirs) == nil {
			return true, nil
		}
	}
	return false, nil
}
