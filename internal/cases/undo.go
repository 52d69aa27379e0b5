package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/text"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// UndoFor is how long an officer can take back what they decided.
const UndoFor = 2 * time.Minute

// Draft is what an officer has decided or asked, and what does not hold yet: for two minutes they can take it
// back, and where the law wants a second officer it waits for one. Nobody is told of it and nothing
// of it is in the journal before it holds. What became of it stays.
type Draft struct {
	ID      string
	To      string // status of the kind
	Account string // of the officer who decided
	Why     string // in words
	Asked   string // the question to the party, where it is one and no decision
	Given   string // what the room of the kind does with it, as it wrote it; empty for nothing
	At      time.Time
	HoldsAt time.Time // zero while it waits for a second officer
	Second  string    // account of the officer who confirmed or returned it
	Said    string    // why it was returned
	State   DraftState
	EndedAt time.Time

	cased                   string
	why, given, said, asked []byte // sealed
}

// DraftState is what has become of a draft.
type DraftState string

// The states of a draft; the first three are of one that is open.
const (
	Undoable     DraftState = "undoable"  // it holds in a moment, unless it is taken back
	ForSecond    DraftState = "second"    // it waits for a second officer
	Sealing      DraftState = "sealing"   // it is being put into the journal
	DraftHeld    DraftState = "held"      // the case was moved
	DraftUndone  DraftState = "undone"    // it was taken back
	DraftBack    DraftState = "returned"  // the second officer did not confirm it
	DraftNothing DraftState = "overtaken" // the case came elsewhere meanwhile, or it could not be done
)

var draftRows = storage.NewTable("cases_drafts",
	storage.Col("id", func(d *Draft) *string { return &d.ID }),
	storage.Col("case_id", func(d *Draft) *string { return &d.cased }),
	storage.Col("to_status", func(d *Draft) *string { return &d.To }),
	storage.Col("account", func(d *Draft) *string { return &d.Account }),
	storage.Col("why", func(d *Draft) *[]byte { return &d.why }),
	storage.Col("given", func(d *Draft) *[]byte { return &d.given }),
	storage.Time("at", func(d *Draft) *time.Time { return &d.At }),
	storage.Time("holds_at", func(d *Draft) *time.Time { return &d.HoldsAt }),
	storage.Col("second", func(d *Draft) *string { return &d.Second }),
	storage.Col("said", func(d *Draft) *[]byte { return &d.said }),
	storage.Col("asked", func(d *Draft) *[]byte { return &d.asked }),
	storage.Col("state", func(d *Draft) *DraftState { return &d.State }),
	storage.Time("ended_at", func(d *Draft) *time.Time { return &d.EndedAt }),
)

// Enacts does what was decided in a case whose kind is moved by a room of its own.
type Enacts interface {
	Enact(ctx context.Context, c Case, d Draft) error
	// Question is what the party would be asked first; empty where nothing is known to be missing.
	Question(ctx context.Context, c Case) (lang.Text, error)
}

// Question is what the room of a kind would ask the party, for an officer who may handle the case; nothing where it
// knows of nothing that is missing.
func (r *Room) Question(ctx context.Context, by act.Actor, number string) (lang.Text, error) {
	c, err := r.handled(ctx, r.DB.Read(ctx), by, number)
	if err != nil {
		return nil, err
	}
	kind, _, err := r.kindOf(c)
	if room, ok := r.enacts[kind.Room]; ok && err == nil {
		return room.Question(ctx, c)
	}
	return nil, err
}

// EnactedBy has a room do what officers decide in cases of its kinds. It is called before anything is served.
func (r *Room) EnactedBy(room string, e Enacts) { r.enacts[room] = e }

// Drafted reports whether an officer has decided in a case what does not hold yet.
func (r *Room) Drafted(ctx context.Context, id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	c, err := r.caseWhere(ctx, r.DB.Read(ctx), "id", id)
	return c.Draft != "", err
}

// sealed keeps a text of a draft from the eyes of others; nothing for nothing.
func (r *Room) sealed(text, what, draft string) []byte {
	if text == "" {
		return nil
	}
	return r.Key.Seal([]byte(text), []byte("draft "+what+" "+draft))
}

// opened reads the texts of a draft.
func (r *Room) opened(d Draft) (Draft, error) {
	for _, t := range []struct {
		from []byte
		what string
		to   *string
	}{{d.why, "why", &d.Why}, {d.given, "given", &d.Given}, {d.said, "said", &d.Said}, {d.asked, "asked", &d.Asked}} {
		if len(t.from) == 0 {
			continue
		}
		text, err := r.Key.Open(t.from, []byte("draft "+t.what+" "+d.ID))
		if err != nil {
			return d, fmt.Errorf("%s of draft %s: %w", t.what, d.ID, err)
		}
		*t.to = string(text)
	}
	return d, nil
}

// draftsOf are all drafts of a case, the oldest first.
func (r *Room) draftsOf(ctx context.Context, from storage.Reader, c Case) ([]Draft, error) {
	all, err := draftRows.All(ctx, from, `where case_id = $1 order by id limit 100`, c.ID)
	for i := range all {
		if err == nil {
			all[i], err = r.opened(all[i])
		}
	}
	return all, err
}

// PutDraft keeps what an officer decided in a case, within the transaction of the caller: it holds when two
// minutes are over, or when a second officer has confirmed it. One case has one open draft. version is that which
// the officer has seen; 0 for whatever it has.
//
// Problems: case-unknown, own-matter, case-changed, case-move.
func (r *Room) PutDraft(ctx context.Context, tx *storage.Tx, by act.Actor, of string, version int, d Draft) (Case, error) {
	c, err := r.caseWhere(ctx, tx, "id", of)
	if err != nil {
		return c, err
	}
	if err := mayHandle(by, c); err != nil {
		return c, err
	}
	kind, from, err := r.kindOf(c)
	if err != nil {
		return c, err
	}
	move, ok := from.Move(d.To)
	to, there := kind.Status(d.To)
	switch {
	case c.Draft != "" || version != 0 && version != c.Version:
		return c, problem.New(problem.Conflict, "case-changed")
	case !there || !d.furtherIn(c) && (!ok || !from.Lets(d.To, law.ByOfficer)):
		return c, problem.New(problem.Conflict, "case-move", "number", c.Number)
	case to.Phase.Ended() && c.Tasks > 0:
		return c, openTasksLeft(c)
	}
	if d.Why != "" {
		if d.Why, err = text.Lines(d.Why, maxSaid); err != nil {
			return c, problem.New(problem.Invalid, "reason-missing").At("text", "reason-missing").Because(err)
		}
	}
	d.ID, d.cased, d.Account, d.At, d.State = id.New(), c.ID, by.Account, r.Now(), Undoable
	d.why, d.given, d.asked = r.sealed(d.Why, "why", d.ID), r.sealed(d.Given, "given", d.ID), r.sealed(d.Asked, "asked", d.ID)
	if move.Eyes > 1 && d.Asked == "" {
		d.State = ForSecond
	} else {
		d.HoldsAt = d.At.Add(UndoFor)
	}
	switch n, err := draftRows.Insert(ctx, tx, "on conflict do nothing", d); {
	case err != nil:
		return c, fmt.Errorf("keep what was decided: %w", err)
	case n == 0:
		return c, problem.New(problem.Conflict, "case-changed") // another was quicker
	}
	was := c.Version
	c.Draft, c.Version = d.State, was+1
	if version != 0 { // what was said until then the officer has read
		c.UnreadAt = time.Time{}
	}
	if c.Officer == "" {
		c.Officer = by.Account
	}
	if err := r.write(ctx, tx, c, was); err != nil || d.State != Undoable {
		return c, err
	}
	return c, r.drafts.Add(ctx, tx, d.ID, work.None{}, work.In(UndoFor))
}

// furtherIn reports whether a draft is a further question in a case that waits for an answer already.
func (d Draft) furtherIn(c Case) bool { return d.Asked != "" && d.To == c.Status }

// Undo takes back what an officer decided and what does not hold yet. Either of two officers can.
//
// Problems: case-unknown, own-matter, not-your-draft, draft-holds.
func (r *Room) Undo(ctx context.Context, by act.Actor, number string) error {
	return r.onDraft(ctx, by, number, func(ctx context.Context, tx *storage.Tx, c *Case, d *Draft) error {
		if d.Account != by.Account && d.Second != by.Account {
			return problem.New(problem.Forbidden, "not-your-draft")
		}
		if _, err := r.drafts.Remove(ctx, tx, d.ID); err != nil {
			return err
		}
		d.State, c.Draft = DraftUndone, ""
		return nil
	})
}

// SendNow has what an officer decided hold without waiting for the two minutes.
//
// Problems: those of Undo.
func (r *Room) SendNow(ctx context.Context, by act.Actor, number string) error {
	var draft string
	err := r.onDraft(ctx, by, number, func(_ context.Context, _ *storage.Tx, _ *Case, d *Draft) error {
		switch {
		case d.Account != by.Account && d.Second != by.Account:
			return problem.New(problem.Forbidden, "not-your-draft")
		case d.State != Undoable:
			return problem.New(problem.Conflict, "draft-holds")
		}
		draft = d.ID
		return nil
	})
	if err != nil {
		return err
	}
	return r.hold(ctx, draft)
}

// onDraft changes the open draft of a case that an officer may handle, and the case with it.
func (r *Room) onDraft(ctx context.Context, by act.Actor, number string, change func(context.Context, *storage.Tx, *Case, *Draft) error) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.handled(ctx, tx, by, number)
		if err != nil {
			return err
		}
		d, err := draftRows.One(ctx, tx, `where case_id = $1 and state in ('undoable', 'second')`, c.ID)
		if errors.Is(err, storage.ErrNotFound) {
			return problem.New(problem.Conflict, "draft-holds")
		}
		if err != nil {
			return err
		}
		before, was := d, c
		if err := change(ctx, tx, &c, &d); err != nil || d.State == before.State {
			return err
		}
		if err := r.putState(ctx, tx, d, before.State); err != nil {
			return err
		}
		c.Version++
		return r.write(ctx, tx, c, was.Version)
	})
}

// putState writes what became of a draft, unless somebody was quicker.
func (r *Room) putState(ctx context.Context, tx *storage.Tx, d Draft, was DraftState) error {
	if d.State != Undoable && d.State != ForSecond && d.State != Sealing {
		d.EndedAt = r.Now()
	}
	done, err := tx.ExecContext(ctx, `update cases_drafts set state = $1, holds_at = $2, second = $3, said = $4, ended_at = $5 where id = $6 and state = $7`,
		string(d.State), micros(d.HoldsAt), d.Second, d.said, micros(d.EndedAt), d.ID, string(was))
	if err != nil {
		return fmt.Errorf("what became of draft %s: %w", d.ID, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return problem.New(problem.Conflict, "case-changed").Because(err)
	}
	return nil
}

// overtake ends the draft of a case that is moved, whoever moves it. While one is being put into the journal
// the case moves only as it says.
func (r *Room) overtake(ctx context.Context, tx *storage.Tx, c *Case, by law.Mover) error {
	switch {
	case c.Draft == "":
		return nil
	case c.Draft == Sealing && by != law.ByOfficer:
		return problem.New(problem.Conflict, "case-changed")
	}
	c.Draft = ""
	_, err := tx.ExecContext(ctx, `update cases_drafts set state = 'overtaken', ended_at = $1 where case_id = $2 and state in ('undoable', 'second')`, storage.Micros(r.Now()), c.ID)
	return err
}

// holdLater is hold as a job.
func (r *Room) holdLater(ctx context.Context, t *work.Try[work.None]) error {
	return r.hold(ctx, t.Ref)
}

// hold has what was decided hold: from now on it cannot be taken back, is in the journal, moves the case and is told.
// It may be done again after a process died in the middle: the journal then says the same twice, under one id.
func (r *Room) hold(ctx context.Context, draft string) error {
	d, err := draftRows.One(ctx, r.DB.Read(ctx), `where id = $1`, draft)
	if err != nil {
		return fmt.Errorf("draft %s: %w", draft, err)
	}
	if d.State != Undoable && d.State != Sealing {
		return nil
	}
	if d, err = r.opened(d); err != nil {
		return err
	}
	c, err := r.caseWhere(ctx, r.DB.Read(ctx), "id", d.cased)
	if err != nil {
		return err
	}
	if d.State == Undoable {
		// From here on nothing else moves the case, and what would refuse the move is seen before the
		// journal has it.
		var cause error
		err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			if c, err = r.caseWhere(ctx, tx, "id", d.cased); err != nil {
				return err
			}
			was := c.Version
			c.Draft, c.Version, d.State = Sealing, was+1, Sealing
			if err := r.putState(ctx, tx, d, Undoable); err != nil {
				return err
			}
			if err := r.write(ctx, tx, c, was); err != nil {
				return err
			}
			if cause = r.stillMay(c, d); cause != nil {
				return r.putBack(ctx, tx, c, d, cause)
			}
			return nil
		})
		if err != nil || cause != nil {
			return errors.Join(err, cause)
		}
	}
	if err := r.enact(ctx, c, d); err != nil {
		if p := problem.Of(err); p.Kind == problem.Unavailable || p.Kind == problem.Internal {
			return err // it is tried again
		}
		return r.giveUp(ctx, d, err)
	}
	return nil
}

// enact does what a draft says, by the room of the kind or here.
func (r *Room) enact(ctx context.Context, c Case, d Draft) error {
	kind, _, err := r.kindOf(c)
	if err != nil {
		return err
	}
	ends := func(ctx context.Context, tx *storage.Tx) error {
		d.State = DraftHeld
		return r.putState(ctx, tx, d, Sealing)
	}
	if d.Asked != "" {
		return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			if err := ends(ctx, tx); err != nil {
				return err
			}
			now, err := r.caseWhere(ctx, tx, "id", c.ID)
			if err != nil {
				return err
			}
			return r.askNow(ctx, tx, now, d)
		})
	}
	if kind.Room != "" {
		room, ok := r.enacts[kind.Room]
		if !ok {
			return fmt.Errorf("no room %q enacts what is decided in cases of kind %q", kind.Room, kind.ID)
		}
		if err := room.Enact(ctx, c, d); err != nil {
			return err
		}
		return r.DB.Write(ctx, ends)
	}
	if next, ok := kind.Status(d.To); ok && next.Phase.Ended() {
		if err := r.journaled(ctx, d, c); err != nil {
			return err
		}
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := ends(ctx, tx); err != nil {
			return err
		}
		_, err := r.Move(ctx, tx, Move{Case: c.ID, To: d.To, By: law.ByOfficer, Account: d.Account, Why: d.Why})
		return err
	})
}

// stillMay says what would refuse the move of a draft now; nil for nothing.
func (r *Room) stillMay(c Case, d Draft) error {
	kind, from, err := r.kindOf(c)
	if err != nil {
		return err
	}
	to, ok := kind.Status(d.To)
	switch {
	case !ok || !d.furtherIn(c) && !from.Lets(d.To, law.ByOfficer):
		return problem.New(problem.Conflict, "case-move", "number", c.Number)
	case to.Phase.Ended() && c.Tasks > 0:
		return openTasksLeft(c)
	}
	return nil
}

// giveUp puts a case back whose draft could not be enacted, with the reason.
func (r *Room) giveUp(ctx context.Context, d Draft, cause error) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.caseWhere(ctx, tx, "id", d.cased)
		if err != nil {
			return err
		}
		return r.putBack(ctx, tx, c, d, cause)
	})
}

// putBack is giveUp within a transaction.
func (r *Room) putBack(ctx context.Context, tx *storage.Tx, c Case, d Draft, cause error) error {
	d.State, d.said = DraftNothing, r.sealed(problem.Of(cause).Code, "said", d.ID)
	if err := r.putState(ctx, tx, d, Sealing); err != nil || c.Draft != Sealing {
		return err
	}
	was := c.Version
	c.Draft, c.Version = "", was+1
	return r.write(ctx, tx, c, was)
}
