package cases

import (
	"context"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
)

// maxSaid bounds what is said in a case, in characters.
const maxSaid = 4000

// saying is what somebody says in a case, or does with it.
type saying struct {
	Number  string
	Version int
	Text    string
	To      string
	Usual   int // which of the usual reasons; 0 for none
}

func numberField() act.Field[saying] {
	return act.OfLine("number", func(in *saying) *string { return &in.Number }, act.InPath(), act.Most(64))
}

func textField() act.Field[saying] {
	return act.OfText("text", func(in *saying) *string { return &in.Text }, act.Most(maxSaid))
}

// Answering is what a party says in their case.
func (r *Room) Answering() (act.Act, error) {
	return act.Def[saying, bool]{
		Name: "case.answer", Page: "/cases/{number}/answer", Right: act.SignedIn(),
		Fields: []act.Field[saying]{numberField(), textField()},
		Do: func(ctx context.Context, by act.Actor, in saying) (bool, error) {
			return true, r.Answer(ctx, by, in.Number, in.Text)
		},
	}.Act()
}

// Asking is the question of an officer to the party.
func (r *Room) Asking() (act.Act, error) {
	return act.Def[saying, bool]{
		Name: "case.ask", Page: "/desk/cases/{number}/ask", Right: RightToHandle(),
		Fields: []act.Field[saying]{numberField(), versionField(), textField()},
		Begin:  r.seen,
		Do: func(ctx context.Context, by act.Actor, in saying) (bool, error) {
			return true, r.Ask(ctx, by, in.Number, in.Version, in.Text)
		},
	}.Act()
}

// Claiming is how an officer takes a case.
func (r *Room) Claiming() (act.Act, error) {
	return act.Def[saying, bool]{
		Name: "case.claim", Page: "/desk/cases/{number}/claim", Right: RightToHandle(), Fields: []act.Field[saying]{numberField()},
		Do: func(ctx context.Context, by act.Actor, in saying) (bool, error) {
			return true, r.Claim(ctx, by, in.Number)
		},
	}.Act()
}

// Releasing is how an officer puts a case back.
func (r *Room) Releasing() (act.Act, error) {
	return act.Def[saying, bool]{
		Name: "case.release", Page: "/desk/cases/{number}/release", Right: RightToHandle(), Fields: []act.Field[saying]{numberField()},
		Do: func(ctx context.Context, by act.Actor, in saying) (bool, error) {
			return true, r.Release(ctx, by, in.Number)
		},
	}.Act()
}

// Seeing is how an officer says that they have read what the party said.
func (r *Room) Seeing() (act.Act, error) {
	return act.Def[saying, bool]{
		Name: "case.seen", Page: "/desk/cases/{number}/seen", Right: RightToHandle(),
		Fields: []act.Field[saying]{numberField(), act.OfVersion("version", func(in *saying) *int { return &in.Version })},
		Begin: func(ctx context.Context, by act.Actor, in *saying) error {
			v, err := r.Case(ctx, by, in.Number)
			in.Version = v.Version
			return err
		},
		Do: func(ctx context.Context, by act.Actor, in saying) (bool, error) {
			return true, r.Seen(ctx, by, in.Number, in.Version)
		},
	}.Act()
}

// Deciding is how an officer moves a case whose kind is moved on its page. The reason is in words of their own, or
// one of the usual ones of the kind.
func (r *Room) Deciding() (act.Act, error) {
	return act.Def[saying, bool]{
		Name: "case.decide", Page: "/desk/cases/{number}/to/{to}", Right: RightToHandle(),
		Fields: []act.Field[saying]{
			numberField(), act.OfLine("to", func(in *saying) *string { return &in.To }, act.InPath(), act.Most(64)), versionField(),
			act.OfCount("usual", func(in *saying) *int { return &in.Usual }, act.Optional(), act.Most(maxUsual)),
			act.OfText("text", func(in *saying) *string { return &in.Text }, act.Most(maxSaid), act.Optional()),
		},
		Begin: r.seen,
		Do: func(ctx context.Context, by act.Actor, in saying) (bool, error) {
			why, err := r.reason(ctx, by, in)
			if err != nil {
				return false, err
			}
			return true, r.Decide(ctx, by, in.Number, in.Version, in.To, why)
		},
	}.Act()
}

// maxUsual is how many usual reasons a move may have; the schema of kinds says the same.
const maxUsual = 9

// reason is what an officer wrote, or the usual reason that they chose, in the language of proceedings.
func (r *Room) reason(ctx context.Context, by act.Actor, in saying) (string, error) {
	if in.Text != "" {
		return in.Text, nil
	}
	c, err := r.handled(ctx, r.DB.Read(ctx), by, in.Number)
	if err != nil {
		return "", err
	}
	_, status, err := r.kindOf(c)
	if err != nil {
		return "", err
	}
	if move, ok := status.Move(in.To); ok && in.Usual > 0 && in.Usual <= len(move.Reasons) {
		return move.Reasons[in.Usual-1].In(lang.SrCyrl), nil
	}
	return "", problem.New(problem.Invalid, "form-incomplete").At("text", "words-missing")
}

func versionField() act.Field[saying] {
	return act.OfVersion("version", func(in *saying) *int { return &in.Version })
}

// seen fills in the version of the case that an officer sees.
func (r *Room) seen(ctx context.Context, by act.Actor, in *saying) error {
	v, err := r.Case(ctx, by, in.Number)
	in.Version = v.Version
	return err
}

// Undoing takes back what an officer decided, within two minutes.
func (r *Room) Undoing() (act.Act, error) {
	return act.Def[saying, bool]{
		Name: "case.undo", Page: "/desk/cases/{number}/undo", Right: RightToHandle(), Fields: []act.Field[saying]{numberField()},
		Do: func(ctx context.Context, by act.Actor, in saying) (bool, error) {
			return true, r.Undo(ctx, by, in.Number)
		},
	}.Act()
}

// Sending has a decision hold without waiting for the two minutes.
func (r *Room) Sending() (act.Act, error) {
	return act.Def[saying, bool]{
		Name: "case.send", Page: "/desk/cases/{number}/send", Right: RightToHandle(), Fields: []act.Field[saying]{numberField()},
		Do: func(ctx context.Context, by act.Actor, in saying) (bool, error) {
			return true, r.SendNow(ctx, by, in.Number)
		},
	}.Act()
}

// Confirming is the second pair of eyes on a decision.
func (r *Room) Confirming() (act.Act, error) {
	return act.Def[saying, bool]{
		Name: "case.confirm", Page: "/desk/cases/{number}/confirm", Right: RightToHandle(), Fields: []act.Field[saying]{numberField(), versionField()}, Begin: r.seen,
		Do: func(ctx context.Context, by act.Actor, in saying) (bool, error) {
			return true, r.Confirm(ctx, by, in.Number, in.Version)
		},
	}.Act()
}

// Returning gives a decision back to who made it, with the reason.
func (r *Room) Returning() (act.Act, error) {
	return act.Def[saying, bool]{
		Name: "case.return", Page: "/desk/cases/{number}/return", Right: RightToHandle(), Fields: []act.Field[saying]{numberField(), versionField(), textField()}, Begin: r.seen,
		Do: func(ctx context.Context, by act.Actor, in saying) (bool, error) {
			return true, r.Return(ctx, by, in.Number, in.Version, in.Text)
		},
	}.Act()
}

// Leaving is how an officer says when they are away and who sees to their cases.
func (r *Room) Leaving() (act.Act, error) {
	return act.Def[Absence, bool]{
		Name: "absence.leave", Page: "/desk/absence", Right: RightToHandle(),
		Fields: []act.Field[Absence]{
			act.OfDay("from", func(in *Absence) *civil.Day { return &in.From }), act.OfDay("to", func(in *Absence) *civil.Day { return &in.To }),
			act.OfLine("deputy", func(in *Absence) *string { return &in.Deputy }, act.Most(255)),
		},
		Do: func(ctx context.Context, by act.Actor, in Absence) (bool, error) { return true, r.Leave(ctx, by, in) },
	}.Act()
}

// ComingBack ends an absence from today on.
func (r *Room) ComingBack() (act.Act, error) {
	return act.Def[Absence, bool]{
		Name: "absence.back", Page: "/desk/absence/{id}/back", Right: RightToHandle(),
		Fields: []act.Field[Absence]{act.OfCode("id", func(in *Absence) *string { return &in.ID }, act.InPath())},
		Do:     func(ctx context.Context, by act.Actor, in Absence) (bool, error) { return true, r.Back(ctx, by, in.ID) },
	}.Act()
}
