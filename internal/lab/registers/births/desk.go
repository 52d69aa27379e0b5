package births

import (
	"context"
	"net/http"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/identity"
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

// Handler answers GET /v1/births/{birth} to the node, and to registrars' systems
// what [Registrar.Acts] has.
func (r *Registrar) Handler() http.Handler { return r.handler }

// Systems answers registrars' systems alone, under an address. What the node
// asks about a birth is not theirs to ask without a contract.
func (r *Registrar) Systems(at string) (*api.Served, error) {
	acts, err := r.Acts()
	if err != nil {
		return nil, err
	}
	return api.Surface{Name: "registrars", At: at, Acts: acts, Who: r.who, Answers: r.remembered, Most: maxBody, Say: r.desk.Say, Log: r.desk.Log}.Handler()
}

func (r *Registrar) surface() (http.Handler, error) {
	programs, err := r.Systems("")
	if err != nil {
		return nil, err
	}
	all := http.NewServeMux()
	all.Handle("GET /v1/births/{birth}", r.desk.Routes(map[string]registers.Answer{"GET /v1/births/{birth}": r.answerBirth}))
	all.Handle("/", programs)
	return all, nil
}

// maxBody bounds what a registrar's system sends, in bytes.
const maxBody = 16 << 10

// Acts are what a registrar's system does.
func (r *Registrar) Acts() ([]act.Act, error) {
	right := act.Only(identity.Registrar)
	record, err := act.Def[Entry, Recorded]{
		Name: "birth.record-by-system", Route: "POST /v1/births", Right: right, Made: true, Fields: Fields(),
		Do: func(ctx context.Context, by act.Actor, e Entry) (Recorded, error) {
			birth, err := r.Record(ctx, by, e)
			return Recorded{birth.ID, birth.Order}, err
		},
	}.Act()
	if err != nil {
		return nil, err
	}
	find, err := act.Def[parent, Found]{
		Name: "birth.find-by-system", Route: "POST /v1/parents", Right: right,
		Fields: []act.Field[parent]{act.OfCode("number", func(in *parent) *string { return &in.Number }, act.Most(64))},
		Do:     func(ctx context.Context, by act.Actor, in parent) (Found, error) { return r.Find(ctx, by, in.Number) },
	}.Act()
	return []act.Act{record, find}, err
}

// parent is whom a registrar's system asks for.
type parent struct {
	Number string `json:"number"`
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
