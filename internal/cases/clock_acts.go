package cases

import (
	"context"
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/storage"
)

// winding is what an officer does with the clock of a case.
type winding struct {
	saying
	Reason  string
	Amount  int
	Consent bool
}

// wound is an act on the clock of a case, with the version that the officer has seen.
func (r *Room) wound(name, page string, do func(ctx context.Context, by act.Actor, in winding) error, more ...act.Field[winding]) (act.Act, error) {
	fields := act.Part(func(in *winding) *saying { return &in.saying }, numberField(), act.OfVersion("version", func(in *saying) *int { return &in.Version }))
	return act.Def[winding, bool]{
		Name: name, Page: page, Right: RightToHandle(), Fields: append(fields, more...),
		Begin: func(ctx context.Context, by act.Actor, in *winding) error {
			v, err := r.Case(ctx, by, in.Number)
			in.Version = v.Version
			return err
		},
		Do: func(ctx context.Context, by act.Actor, in winding) (bool, error) { return true, do(ctx, by, in) },
	}.Act()
}

// Extending is how an officer makes the term of a case longer, where the law lets them.
func (r *Room) Extending() (act.Act, error) {
	return r.wound("case.extend", "/desk/cases/{number}/extend", func(ctx context.Context, by act.Actor, in winding) error {
		return r.Extend(ctx, by, in.Number, in.Version, law.Extension{Amount: in.Amount, Consent: in.Consent}, in.Text)
	},
		act.OfCount("amount", func(in *winding) *int { return &in.Amount }),
		act.OfYesNo("consent", func(in *winding) *bool { return &in.Consent }),
		act.OfText("text", func(in *winding) *string { return &in.Text }, act.Most(maxSaid)))
}

// Pausing is how an officer has the clock of a case stand still, for a reason that its term knows.
func (r *Room) Pausing() (act.Act, error) {
	return r.wound("case.pause", "/desk/cases/{number}/pause/{reason}", func(ctx context.Context, by act.Actor, in winding) error {
		return r.Pause(ctx, by, in.Number, in.Version, in.Reason)
	}, act.OfLine("reason", func(in *winding) *string { return &in.Reason }, act.InPath(), act.Most(64)))
}

// Resuming is how an officer has the clock of a case go on.
func (r *Room) Resuming() (act.Act, error) {
	return r.wound("case.resume", "/desk/cases/{number}/resume", func(ctx context.Context, by act.Actor, in winding) error {
		return r.Resume(ctx, by, in.Number, in.Version)
	})
}

// Extend makes the term of a case longer. The party reads why, and until when it runs now.
//
// Problems: those of [law.Reading.Extend], case-unknown, own-matter, case-changed, case-ended.
func (r *Room) Extend(ctx context.Context, by act.Actor, number string, version int, e law.Extension, why string) error {
	return r.rewind(ctx, by, number, version, "extended", func(ctx context.Context, tx *storage.Tx, c Case, reading law.Reading) (law.Clock, error) {
		e.At = r.Now()
		next, err := reading.Extend(e)
		if err != nil {
			return next, err
		}
		return next, r.say(ctx, tx, c, WithParty, law.ByOfficer, by.Account, why)
	})
}

// Pause has the clock of a case stand still for a reason of its term, until it goes on or the case moves.
//
// Problems: those of [law.Reading.Pause], case-unknown, own-matter, case-changed, case-ended.
func (r *Room) Pause(ctx context.Context, by act.Actor, number string, version int, reason string) error {
	return r.rewind(ctx, by, number, version, "paused", func(_ context.Context, _ *storage.Tx, _ Case, reading law.Reading) (law.Clock, error) {
		return reading.Pause(r.Now(), reason)
	})
}

// Resume has the clock of a case go on.
//
// Problems: those of [law.Reading.Resume], case-unknown, own-matter, case-changed, case-ended.
func (r *Room) Resume(ctx context.Context, by act.Actor, number string, version int) error {
	return r.rewind(ctx, by, number, version, "resumed", func(_ context.Context, _ *storage.Tx, _ Case, reading law.Reading) (law.Clock, error) {
		return reading.Resume(r.Now())
	})
}

// rewind changes the clock of an open case as an officer may, notes it and tells the party.
func (r *Room) rewind(ctx context.Context, by act.Actor, number string, version int, what string, change func(context.Context, *storage.Tx, Case, law.Reading) (law.Clock, error)) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.caseWhere(ctx, tx, "number", number)
		if err != nil {
			return err
		}
		switch err := mayHandle(by, c); {
		case err != nil:
			return err
		case c.Ended():
			return problem.New(problem.Conflict, "case-ended")
		case version != c.Version:
			return problem.New(problem.Conflict, "case-changed")
		case c.Clock.Term == "":
			return problem.New(problem.Conflict, "clock-not-running")
		}
		reading, err := r.Pack.Read(c.Clock)
		if err != nil {
			return err
		}
		if c.Clock, err = change(ctx, tx, c, reading); err != nil {
			return err
		}
		if err := r.read(&c); err != nil {
			return err
		}
		was := c.Version
		c.Version++
		if err := r.write(ctx, tx, c, was); err != nil {
			return err
		}
		id := what + "-" + strconv.Itoa(c.Version)
		return r.inform(ctx, tx, c, what, notify.Normal, id, lang.Values{"day": c.Last()})
	})
}

// AppealingSilence is how a party goes on when the term for their case has ended and nothing was decided.
func (r *Room) AppealingSilence() (act.Act, error) {
	return act.Def[saying, string]{
		Name: "case.appeal", Page: "/cases/{number}/appeal", Right: act.SignedIn(), Fields: []act.Field[saying]{numberField(), textField()},
		Do: func(ctx context.Context, by act.Actor, in saying) (string, error) {
			return r.AppealSilence(ctx, by, in.Number, in.Text)
		},
	}.Act()
}

// AppealSilence begins the case with which a party goes on after the silence of the body, and gives its number. Sent
// again it adds to what stands.
//
// Problems: case-unknown, case-not-silent.
func (r *Room) AppealSilence(ctx context.Context, by act.Actor, number, why string) (appeal string, err error) {
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.caseWhere(ctx, tx, "number", number)
		if err != nil {
			return err
		}
		if !c.isOf(by) {
			return unknown()
		}
		kind, _, err := r.kindOf(c)
		if err != nil {
			return err
		}
		if !r.silent(c, kind) {
			return problem.New(problem.Conflict, "case-not-silent")
		}
		begun, isNew, err := r.Open(ctx, tx, Opening{
			Kind: kind.Silence, About: "silence " + c.ID, Source: "page", Service: c.Service, Person: c.Person, Sector: c.Sector, Unit: c.Unit, Place: c.Place,
			Channel: ByPage, Follows: c.ID, Said: why,
		})
		if err != nil {
			return err
		}
		appeal = begun.Number
		if !isNew {
			return r.Heard(ctx, tx, begun.ID, why)
		}
		return nil
	})
	return appeal, err
}

// silent reports whether the term of a case has ended in a silence with which its party need not put up.
func (r *Room) silent(c Case, kind law.CaseKind) bool {
	if kind.Silence == "" || c.Clock.Term == "" || c.Ended() {
		return false
	}
	reading, err := r.Pack.Read(c.Clock)
	return err == nil && reading.Term.Then == law.Appeal && reading.State(r.Now()) == law.Over
}
