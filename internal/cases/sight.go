package cases

import (
	"context"
	"errors"
	"slices"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
)

// sight is a case as somebody may see it, and which of its threads.
type sight struct {
	Case
	own     bool // whoever looks is its party
	threads []Thread
}

func (s sight) sees(t Thread) bool { return slices.Contains(s.threads, t) }

// sight finds a case for its party, or for an officer of its scope, who leaves a receipt first. To everybody
// else there is no such case, which is said as of a number that nobody has.
//
// Problems: sign-in-needed, case-unknown.
func (r *Room) sight(ctx context.Context, by act.Actor, number string) (sight, error) {
	if !by.Known() {
		return sight{}, problem.New(problem.Unauthenticated, "sign-in-needed")
	}
	c, err := r.caseWhere(ctx, r.DB.Read(ctx), "number", number)
	if err != nil {
		return sight{}, err
	}
	if c.isOf(by) {
		return sight{c, true, []Thread{WithParty}}, nil
	}
	if err := mayHandle(by, c); err != nil {
		return sight{}, unknown()
	}
	return sight{c, false, []Thread{WithParty, Internal}}, r.looked(ctx, by, c)
}

// looked leaves the receipt of a look at somebody's case.
func (r *Room) looked(ctx context.Context, by act.Actor, c Case) error {
	if c.Person == "" {
		return nil
	}
	if r.looks == nil {
		return errors.New("nobody watches over looks at cases")
	}
	return r.looks.Looked(ctx, by, c)
}
