package cases

import (
	"context"

	"dobosh/internal/act"
)

// maxSaid bounds what is said in a case, in characters.
const maxSaid = 4000

// saying is what somebody says in a case, or does with it.
type saying struct {
	Number  string
	Version int
	Text    string
	To      string
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
		Fields: []act.Field[saying]{numberField(), act.OfVersion("version", func(in *saying) *int { return &in.Version }), textField()},
		Begin: func(ctx context.Context, by act.Actor, in *saying) error {
			v, err := r.Case(ctx, by, in.Number)
			in.Version = v.Version
			return err
		},
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

// Deciding is how an officer moves a case whose kind is moved on its page.
func (r *Room) Deciding() (act.Act, error) {
	return act.Def[saying, bool]{
		Name: "case.decide", Page: "/desk/cases/{number}/to/{to}", Right: RightToHandle(),
		Fields: []act.Field[saying]{
			numberField(), act.OfLine("to", func(in *saying) *string { return &in.To }, act.InPath(), act.Most(64)),
			act.OfVersion("version", func(in *saying) *int { return &in.Version }), textField(),
		},
		Begin: func(ctx context.Context, by act.Actor, in *saying) error {
			v, err := r.Case(ctx, by, in.Number)
			in.Version = v.Version
			return err
		},
		Do: func(ctx context.Context, by act.Actor, in saying) (bool, error) {
			return true, r.Decide(ctx, by, in.Number, in.Version, in.To, in.Text)
		},
	}.Act()
}
