package exchange

import (
	"dobosh/internal/kit/problem"
)

// Refusal is a problem on its way to the asker. Its status is the HTTP status
// of the problem's kind.
type Refusal struct {
	Status int               `json:"status"`
	Code   string            `json:"code"`
	Args   map[string]string `json:"args,omitempty"`
}

func refusalOf(err error) *Refusal {
	p := problem.Of(err)
	return &Refusal{Status: p.Kind.Status(), Code: p.Code, Args: p.Args}
}

func (r Refusal) problem() *problem.Problem {
	return &problem.Problem{Kind: kindOf(r.Status), Code: r.Code, Args: r.Args}
}

// kindOf finds the kind with a status; another node may know kinds that this
// one does not.
func kindOf(status int) problem.Kind {
	for _, kind := range []problem.Kind{
		problem.Invalid, problem.Unauthenticated, problem.Forbidden, problem.NotFound, problem.Conflict, problem.Gone, problem.TooLarge, problem.TooMany,
		problem.Unavailable, problem.BadGateway, problem.Timeout,
	} {
		if kind.Status() == status {
			return kind
		}
	}
	return problem.Internal
}
