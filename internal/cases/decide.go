package cases

import (
	"context"
	"encoding/json"
	"fmt"

	"dobosh/internal/act"
	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// Journal keeps what was decided.
type Journal interface {
	Append(ctx context.Context, e journal.Entry) (journal.Stamp, error)
}

// outcomeKind marks, in the journal, an outcome that an officer decided on the page of a case.
const outcomeKind = "case"

// Decide has an officer move a case whose kind is moved on its page, with the reason in words. It holds when it can
// no longer be taken back: see [Draft]. An outcome is in the journal before it holds, and its reason is shown to the
// party. Nobody decides on what follows from what they decided themselves.
//
// Problems: case-unknown, own-matter, case-decided-before, case-changed, case-move.
func (r *Room) Decide(ctx context.Context, by act.Actor, number string, version int, to, why string) error {
	c, err := r.handled(ctx, r.DB.Read(ctx), by, number)
	if err != nil {
		return err
	}
	kind, from, err := r.kindOf(c)
	if err != nil {
		return err
	}
	if version != c.Version {
		return problem.New(problem.Conflict, "case-changed")
	}
	next, ok := kind.Status(to)
	if !ok || kind.Room != "" || !from.Lets(to, law.ByOfficer) {
		return problem.New(problem.Conflict, "case-move", "number", c.Number)
	}
	if next.Phase.Ended() {
		before, err := decidedBefore(ctx, r.DB.Read(ctx), c.ID, by.Account)
		if err != nil {
			return err
		}
		if before {
			return problem.New(problem.Forbidden, "case-decided-before")
		}
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := r.PutDraft(ctx, tx, by, c.ID, version, Draft{To: to, Why: why})
		return err
	})
}

// journaled puts an outcome into the journal.
func (r *Room) journaled(ctx context.Context, d Draft, c Case) error {
	if r.Journal == nil {
		return nil
	}
	about := map[string]string{"case": c.Number, "kind": c.Kind, "status": d.To, "officer": d.Account}
	if d.Second != "" {
		about["second"] = d.Second
	}
	meta, err := json.Marshal(about)
	if err != nil {
		return err
	}
	if _, err := r.Journal.Append(ctx, journal.Entry{Kind: outcomeKind, ID: d.ID, At: r.Now(), Meta: meta, Body: []byte(d.Why)}); err != nil {
		return problem.New(problem.Unavailable, "journal-away").Because(fmt.Errorf("outcome of case %s: %w", c.Number, err))
	}
	return nil
}
