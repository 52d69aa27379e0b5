package admission

import (
	"context"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/page"
	"dobosh/internal/registry"
)

// Newcomers lets the operators of the authority let nodes in, on a page.
type Newcomers struct {
	Member registry.ID // the authority
	Office *Office
}

// RightToAdmit is that of the operators of the authority: to let nodes in.
func RightToAdmit() act.Right { return act.Only(identity.Operator) }

func (n Newcomers) mayAdmit(by act.Actor) error {
	return RightToAdmit().Check(by, act.Scope{Body: n.Member.String()})
}

// Offer makes a token, whose text is shown once.
func (n Newcomers) Offer(ctx context.Context, by act.Actor, g Grant) (string, Made, error) {
	if err := n.mayAdmit(by); err != nil {
		return "", Made{}, err
	}
	return n.Office.Offer(ctx, g, by.Account, 0)
}

// Tokens lists those that were made.
func (n Newcomers) Tokens(ctx context.Context, by act.Actor, after page.Key) (page.Page[Made], error) {
	if err := n.mayAdmit(by); err != nil {
		return page.Page[Made]{}, err
	}
	return n.Office.Tokens(ctx, after)
}

// Withdraw ends a token that nobody used.
func (n Newcomers) Withdraw(ctx context.Context, by act.Actor, token string) error {
	if err := n.mayAdmit(by); err != nil {
		return err
	}
	return n.Office.Withdraw(ctx, token, by.Account)
}
