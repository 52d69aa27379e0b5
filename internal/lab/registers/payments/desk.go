package payments

import (
	"context"
	"net/http"
	"regexp"

	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
)

var serviceForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// AccountAnswer says to which account a person is paid.
type AccountAnswer struct {
	Account string `json:"account"`
}

// GrantAnswer says whether something was granted.
type GrantAnswer struct {
	Paid bool `json:"paid"`
}

// GrantNote is a grant as a body notes it; the person is named in the sector of
// the body.
type GrantNote struct {
	Person   string `json:"person"`
	Service  string `json:"service"`
	Birth    string `json:"birth"`
	Decision string `json:"decision"`
}

// Handler answers GET /v1/accounts/{person}, GET
// /v1/grants/{person}/{service}/{birth} and POST /v1/grants.
func (r *Register) Handler() http.Handler {
	return r.desk.Routes(r.answers())
}

func (r *Register) answers() map[string]registers.Answer {
	return map[string]registers.Answer{
		"GET /v1/accounts/{person}":                 r.answerAccount,
		"GET /v1/grants/{person}/{service}/{birth}": r.answerGrant,
		"POST /v1/grants":                           r.answerNote,
	}
}

func (r *Register) answerAccount(ctx context.Context, q *registers.Question) (any, error) {
	person, err := q.Person("person")
	if err != nil {
		return nil, err
	}
	account, err := r.Account(ctx, person)
	if err != nil {
		return nil, err
	}
	return AccountAnswer{account}, nil
}

func (r *Register) answerGrant(ctx context.Context, q *registers.Question) (any, error) {
	person, err := q.Person("person")
	if err != nil {
		return nil, err
	}
	service, birth := q.Part("service"), q.Part("birth")
	if err := checkGrant(service, birth); err != nil {
		return nil, err
	}
	paid, err := r.Granted(ctx, person, service, birth)
	if err != nil {
		return nil, err
	}
	return GrantAnswer{paid}, nil
}

func (r *Register) answerNote(ctx context.Context, q *registers.Question) (any, error) {
	var note GrantNote
	if err := q.Read(&note); err != nil {
		return nil, err
	}
	if err := checkGrant(note.Service, note.Birth); err != nil {
		return nil, err
	}
	if !id.Valid(note.Decision) {
		return nil, problem.New(problem.Invalid, "grant-invalid").At("decision", "reference-malformed")
	}
	person, err := q.Own(note.Person)
	if err != nil {
		return nil, err
	}
	if err := r.Note(ctx, Grant{person, note.Service, note.Birth, note.Decision}); err != nil {
		return nil, err
	}
	return registers.Created{Answer: GrantAnswer{true}}, nil
}

func checkGrant(service, birth string) error {
	p := problem.New(problem.Invalid, "grant-invalid")
	if !serviceForm.MatchString(service) {
		p.At("service", "service-malformed")
	}
	if !id.Valid(birth) {
		p.At("birth", "reference-malformed")
	}
	if len(p.Fields) == 0 {
		return nil
	}
	return p
}
