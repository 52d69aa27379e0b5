package residence

import (
	"context"
	"net/http"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
)

// Answer is what the register says about a person. What it does not know is
// absent.
type Answer struct {
	Person       string    `json:"person"`
	Name         Name      `json:"name"`
	Born         civil.Day `json:"born,omitzero"`
	Resident     *bool     `json:"resident,omitempty"`
	Citizen      *bool     `json:"citizen,omitempty"`
	Municipality string    `json:"municipality,omitempty"`
	Settlement   string    `json:"settlement,omitempty"`
	Since        civil.Day `json:"since,omitzero"`
}

// Name of a person, as registered.
type Name struct {
	Given  string `json:"given"`
	Family string `json:"family"`
}

// Search is the question who has a national number.
type Search struct {
	Number string `json:"number"`
}

// Handler answers GET /v1/residents/{person} and POST /v1/residents/search.
func (r *Register) Handler() http.Handler {
	return r.desk.Routes(r.answers())
}

func (r *Register) answers() map[string]registers.Answer {
	return map[string]registers.Answer{
		"GET /v1/residents/{person}": r.person,
		"POST /v1/residents/search":  r.search,
	}
}

func (r *Register) person(ctx context.Context, q *registers.Question) (any, error) {
	person, err := q.Person("person")
	if err != nil {
		return nil, err
	}
	return r.answer(ctx, q, person)
}

func (r *Register) search(ctx context.Context, q *registers.Question) (any, error) {
	var question Search
	if err := q.Read(&question); err != nil {
		return nil, err
	}
	number, err := jmbg.Parse(question.Number)
	if err != nil {
		return nil, problem.New(problem.Invalid, "number-invalid").At("number", registers.NumberFault(err))
	}
	person, err := r.desk.Persons.Pseudonym(registers.Sector, number)
	if err != nil {
		return nil, err
	}
	return r.answer(ctx, q, person)
}

func (r *Register) answer(ctx context.Context, q *registers.Question, person string) (any, error) {
	called, err := q.Called(person)
	if err != nil {
		return nil, err
	}
	found, err := r.Find(ctx, person)
	if err != nil {
		return nil, err
	}
	return Answer{
		Person: called, Name: Name{found.GivenName, found.FamilyName}, Born: found.Born,
		Resident: found.Resident, Citizen: found.Citizen,
		Municipality: found.Municipality, Settlement: found.Settlement, Since: found.Since,
	}, nil
}
