package exchange

import (
	"encoding/json"
	"slices"

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

// problem is the refusal as the one who reads it knows it. Another node may know
// kinds that this one does not.
func (r Refusal) problem() *problem.Problem {
	kinds := []problem.Kind{
		problem.Invalid, problem.Unauthenticated, problem.Forbidden, problem.NotFound, problem.Conflict, problem.Gone, problem.TooLarge, problem.TooMany,
		problem.Unavailable, problem.BadGateway, problem.Timeout,
	}
	kind := problem.Internal
	if i := slices.IndexFunc(kinds, func(k problem.Kind) bool { return k.Status() == r.Status }); i >= 0 {
		kind = kinds[i]
	}
	return &problem.Problem{Kind: kind, Code: r.Code, Args: r.Args}
}

// maxArguments bounds the arguments of a refusal.
const maxArguments = 32

// encode writes a refusal that came before a journal knew of the request.
func (r Refusal) encode() []byte {
	raw, _ := json.Marshal(r) // texts and numbers always can be written
	return raw
}
