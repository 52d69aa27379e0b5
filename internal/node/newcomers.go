package node

import (
	"context"

	"dobosh/internal/act"
	"dobosh/internal/admission"
	"dobosh/internal/identity"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
)

// newcomers lets the operators of the authority let nodes in, on a page.
type newcomers struct{ office *admission.Office }

func mayAdmit(by act.Actor) error {
	if !by.Has(identity.Operator) {
		return problem.New(problem.Forbidden, "not-yours")
	}
	return nil
}

// Offer implements web.Newcomers.
func (n newcomers) Offer(ctx context.Context, by act.Actor, g admission.Grant) (string, admission.Made, error) {
	if err := mayAdmit(by); err != nil {
		return "", admission.Made{}, err
	}
	return n.office.Offer(ctx, g, by.Account, 0)
}

// Tokens implements web.Newcomers.
func (n newcomers) Tokens(ctx context.Context, by act.Actor, after page.Key) (page.Page[admission.Made], error) {
	if err := mayAdmit(by); err != nil {
		return page.Page[admission.Made]{}, err
	}
	return n.office.Tokens(ctx, after)
}

// Withdraw implements web.Newcomers.
func (n newcomers) Withdraw(ctx context.Context, by act.Actor, token string) error {
	if err := mayAdmit(by); err != nil {
		return err
	}
	return n.office.Withdraw(ctx, token, by.Account)
}
