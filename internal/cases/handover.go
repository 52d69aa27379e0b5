package cases

import (
	"context"
	"slices"
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// Handover is how an officer gives a case to another, to another unit, or to another body.
type Handover struct {
	Number  string
	Version int
	Officer string // account; empty for whoever of the unit takes it
	Unit    string // empty for the one that has it, or, at another body, for all of it
	Body    string // member; empty for this one
	Why     string
}

// handedOver is why custody changes where an officer gave a case away; in words it stands in the thread of officers.
const handedOver = "handed"

// HandTo gives an open case away, with the reason in words, which officers read. Its clock goes on, or begins again, as its
// term says; the party is told where another body answers for it from now on.
//
// Problems: case-unknown, own-matter, case-ended, case-changed, case-taken where another officer has it; form-incomplete
// at "officer" for one who may not handle it there, at "body" for what is none, at "unit" where nothing would change, at either
// where no officer would see the case.
func (r *Room) HandTo(ctx context.Context, by act.Actor, in Handover) error {
	all, err := r.handling(ctx)
	if err != nil {
		return err
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		c, err := r.handled(ctx, tx, by, in.Number)
		if err != nil {
			return err
		}
		mine, err := r.mine(ctx, tx, by)
		switch {
		case err != nil:
			return err
		case c.Ended():
			return problem.New(problem.Conflict, "case-ended")
		case c.Draft != "" || in.Version != 0 && in.Version != c.Version:
			return problem.New(problem.Conflict, "case-changed")
		case c.Officer != "" && !slices.Contains(mine, c.Officer):
			return problem.New(problem.Conflict, "case-taken")
		}
		wrong := func(field, code string) error { return problem.New(problem.Invalid, "form-incomplete").At(field, code) }
		there := c
		if in.Body != "" && in.Body != c.Body {
			if _, err := registry.ParseID(in.Body); err != nil {
				return wrong("body", "handover-body")
			}
			there.Body, there.Unit = in.Body, ""
		}
		if in.Unit != "" {
			there.Unit = in.Unit
		}
		if there.Officer = in.Officer; in.Officer != "" {
			i := slices.IndexFunc(all, func(o act.Actor) bool { return o.Account == in.Officer })
			if i < 0 || mayHandle(all[i], there) != nil {
				return wrong("officer", "deputy-scope")
			}
		}
		if there.Body == c.Body && there.Unit == c.Unit && (in.Officer == "" || in.Officer == c.Officer) {
			return wrong("unit", "handover-same")
		}
		// A body whose officers nobody knows has some all the same; where they are known, one of them has to see it there.
		if len(all) > 0 && !slices.ContainsFunc(all, func(o act.Actor) bool { return mayHandle(o, there) == nil }) {
			if there.Body != c.Body && in.Unit == "" {
				return wrong("body", "handover-nobody")
			}
			return wrong("unit", "handover-nobody")
		}

		if err := r.say(ctx, tx, c, Internal, law.ByOfficer, by.Account, in.Why); err != nil {
			return err
		}
		if err := r.HandOver(ctx, tx, c.ID, there.Body, there.Unit, handedOver); err != nil {
			return err
		}
		if in.Officer != "" {
			now, err := r.caseWhere(ctx, tx, "id", c.ID)
			if err != nil {
				return err
			}
			was := now.Version
			now.Officer, now.Version = in.Officer, was+1
			if err := r.write(ctx, tx, now, was); err != nil {
				return err
			}
		}
		if there.Body == c.Body {
			return nil
		}
		number, err := next(ctx, tx, "cases_custody", c.ID)
		if err != nil {
			return err
		}
		return r.inform(ctx, tx, there, "handed", notify.Normal, "handed-"+strconv.Itoa(number), nil)
	})
}

// handing is the act of giving a case away.
func (r *Room) handing() (act.Act, error) {
	return act.Def[Handover, bool]{
		Name: "case.hand", Page: "/desk/cases/{number}/hand", Right: RightToHandle(),
		Fields: append([]act.Field[Handover]{
			ofCase(func(in *Handover) *string { return &in.Number }), act.OfVersion("version", func(in *Handover) *int { return &in.Version }),
		}, HandoverFields()...),
		Begin: func(ctx context.Context, by act.Actor, in *Handover) error {
			c, err := r.Brief(ctx, by, in.Number)
			in.Version = c.Version
			return err
		},
		Do: func(ctx context.Context, by act.Actor, in Handover) (bool, error) { return true, r.HandTo(ctx, by, in) },
	}.Act()
}

// HandoverFields ask to whom cases are given, and why; the page of several cases asks for them once.
func HandoverFields() []act.Field[Handover] {
	return []act.Field[Handover]{
		act.OfLine("officer", func(in *Handover) *string { return &in.Officer }, act.Says("case.hand.officer"), act.Most(255), act.Optional()),
		unitField(func(in *Handover) *string { return &in.Unit }, act.Says("case.hand.unit"), act.Optional()),
		act.OfCode("body", func(in *Handover) *string { return &in.Body }, act.Says("case.hand.body"), act.Most(200), act.Optional()),
		act.OfText("why", func(in *Handover) *string { return &in.Why }, act.Says("case.hand.why"), act.Most(1000)),
	}
}

// Colleagues are the other officers to whom an officer can give a case.
func (r *Room) Colleagues(ctx context.Context, by act.Actor) (all []act.Actor, err error) {
	if _, err := RightToHandle().Where(by); err != nil {
		return nil, err
	}
	all, err = r.handling(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(o act.Actor) bool { return o.Account == by.Account }), err
}
