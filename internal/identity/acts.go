package identity

import (
	"context"
	"slices"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
)

// giving is what has to be said to give a role. Both days belong to the time in which
// it is held.
type giving struct {
	Account  string
	Role     act.Role
	Scope    act.Scope
	From, To civil.Day
}

// chosen is what the other acts ask for, each a part of it.
type chosen struct{ Grant, Account, Session string }

// nothing comes of an act that ends something.
type nothing struct{}

// The names of the acts.
const (
	ActGive    = "role.give"
	ActConfirm = "role.confirm"
	ActTake    = "role.take"
	ActEnd     = "session.end"
	ActEndAll  = "session.end-all"
)

// Acts are what people do here, on pages. The addresses of the pages name no account.
func (id *Identity) Acts() ([]act.Act, error) {
	administrators := id.rightToChange()
	grant := act.OfCode("grant", func(in *chosen) *string { return &in.Grant }, act.InPath())
	part := func(name string, at func(*giving) *string) act.Field[giving] {
		return act.OfCode(name, at, act.Optional(), act.Most(maxScope))
	}
	reaching, err := id.contactActs()
	if err != nil {
		return nil, err
	}
	keys, err := id.passkeyActs()
	if err != nil {
		return nil, err
	}
	all, err := act.All(
		act.Def[giving, Grant]{
			Name: ActGive, Page: "/roles/give", Right: administrators, Made: true,
			Fields: []act.Field[giving]{
				act.OfLine("account", func(in *giving) *string { return &in.Account }, act.Most(maxAccount), act.Missing("grant-account")),
				act.OfChoice("role", func(in *giving) *act.Role { return &in.Role }, act.Of("name.role.", Given()...), act.Missing("grant-role")),
				part("body", func(in *giving) *string { return &in.Scope.Body }),
				part("unit", func(in *giving) *string { return &in.Scope.Unit }),
				part("service", func(in *giving) *string { return &in.Scope.Service }),
				part("kind", func(in *giving) *string { return &in.Scope.Kind }),
				part("place", func(in *giving) *string { return &in.Scope.Place }),
				act.OfDay("from", func(in *giving) *civil.Day { return &in.From }, act.Optional()),
				act.OfDay("to", func(in *giving) *civil.Day { return &in.To }, act.Optional()),
			},
			Do: id.give,
		}.Act,
		act.Def[chosen, nothing]{
			Name: ActConfirm, Page: "/roles/{grant}/confirm", Right: administrators, Fields: []act.Field[chosen]{grant},
			Do: func(ctx context.Context, by act.Actor, in chosen) (nothing, error) {
				return nothing{}, id.Confirm(ctx, by, in.Grant)
			},
		}.Act,
		act.Def[chosen, nothing]{
			Name: ActTake, Page: "/roles/{grant}/take", Right: administrators, Fields: []act.Field[chosen]{grant},
			Do: func(ctx context.Context, by act.Actor, in chosen) (nothing, error) {
				return nothing{}, id.Take(ctx, by, in.Grant)
			},
		}.Act,
		act.Def[chosen, nothing]{
			Name: ActEnd, Page: "/sessions/{session}/end", Right: act.SignedIn(),
			Fields: []act.Field[chosen]{act.OfCode("session", func(in *chosen) *string { return &in.Session }, act.InPath())},
			Do: func(ctx context.Context, by act.Actor, in chosen) (nothing, error) {
				return nothing{}, id.End(ctx, by, in.Session)
			},
		}.Act,
		act.Def[chosen, int64]{
			Name: ActEndAll, Page: "/sessions/end", Right: act.SignedIn(),
			Fields: []act.Field[chosen]{
				act.OfLine("account", func(in *chosen) *string { return &in.Account }, act.Optional(), act.Most(maxAccount)),
			},
			Do: func(ctx context.Context, by act.Actor, in chosen) (int64, error) {
				if in.Account == "" {
					in.Account = by.Account
				}
				return id.EndAll(ctx, by, in.Account)
			},
		}.Act,
	)
	return slices.Concat(all, reaching, keys), err
}

// give gives a role from the beginning of a day, or at once, to the end of another.
func (id *Identity) give(ctx context.Context, by act.Actor, in giving) (Grant, error) {
	g := act.Grant{Role: in.Role, Scope: in.Scope}
	if !in.From.IsZero() {
		switch today := civil.Of(id.now()); {
		case in.From.Before(today): // nobody held what was not given yet
			return Grant{}, problem.New(problem.Invalid, "grant-form").At("from", "grant-begun")
		case in.From.After(today):
			g.From = in.From.Start().UTC()
		}
	}
	if !in.To.IsZero() {
		g.To = in.To.AddDays(1).Start().UTC()
	}
	return id.Give(ctx, by, in.Account, g)
}
