package births

import (
	"context"
	"net/http"

	"dobosh/internal/kit/civil"
	"dobosh/internal/lab/registers"
)

// Answer is what the register says about a birth. Child, mother and father are
// pseudonyms. What the register does not know is absent.
type Answer struct {
	Child      string    `json:"child"`
	GivenName  string    `json:"given_name"`
	FamilyName string    `json:"family_name"`
	Born       civil.Day `json:"born"`
	Order      *int      `json:"order,omitempty"`
	Live       bool      `json:"live"`
	Place      string    `json:"place"`
	Mother     string    `json:"mother"`
	Father     string    `json:"father,omitempty"`
}

// Recorded is what a registrar's system gets back.
type Recorded struct {
	Birth string `json:"birth"`
	Order *int   `json:"order,omitempty"`
}

// parentQuestion asks for a parent.
type parentQuestion struct {
	Number string `json:"number"`
}

// Handler answers GET /v1/births/{birth} to the node, and to registrars' systems
// POST /v1/parents ({"number": …} gives a handle) and POST /v1/births (an
// [Entry]).
func (r *Registrar) Handler() http.Handler {
	return r.desk.Routes(r.answers())
}

func (r *Registrar) answers() map[string]registers.Answer {
	return map[string]registers.Answer{
		"GET /v1/births/{birth}": r.answerBirth,
		"POST /v1/births":        r.answerEntry,
		"POST /v1/parents":       r.answerParent,
	}
}

func (r *Registrar) answerBirth(ctx context.Context, q *registers.Question) (any, error) {
	b, err := r.birth(ctx, q.Part("birth"))
	if err != nil {
		return nil, err
	}
	answer := Answer{
		GivenName: b.GivenName, FamilyName: b.FamilyName, Born: b.Born, Order: b.Order, Live: b.Live, Place: b.Place,
	}
	for called, person := range map[*string]string{&answer.Child: b.Child, &answer.Mother: b.Mother, &answer.Father: b.Father} {
		if *called, err = q.Called(person); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

func (r *Registrar) answerEntry(ctx context.Context, q *registers.Question) (any, error) {
	by, err := r.system(q.Header("Authorization"))
	if err != nil {
		return nil, err
	}
	var e Entry
	if err := q.Read(&e); err != nil {
		return nil, err
	}
	birth, err := r.Record(ctx, by, e)
	if err != nil {
		return nil, err
	}
	return registers.Created{Answer: Recorded{birth.ID, birth.Order}}, nil
}

func (r *Registrar) answerParent(ctx context.Context, q *registers.Question) (any, error) {
	by, err := r.system(q.Header("Authorization"))
	if err != nil {
		return nil, err
	}
	var question parentQuestion
	if err := q.Read(&question); err != nil {
		return nil, err
	}
	return r.Find(ctx, by, question.Number)
}
