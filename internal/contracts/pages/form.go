package pages

import (
	"time"

	"dobosh/internal/act"
	"dobosh/internal/contracts"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// life is how long asking for a contract may take.
const life = 2 * time.Hour

// form is what an officer has answered so far.
type form struct {
	Token    string            `json:"token"`
	Proposal string            `json:"proposal,omitempty"`
	Version  int               `json:"version,omitempty"`
	Contract registry.Contract `json:"contract"`
}

// amends reports whether the two sides are given and stay.
func (f *form) amends() bool { return f.Contract.ID != "" }

// wizard asks for everything that a contract says. Service and questions
// decide what can be answered next.
func (v *visit) wizard() *portal.Wizard[form] {
	step := func(name string, ask func(*visit, *form) portal.Question, read func(*visit, *form) error) portal.Step[form] {
		return portal.Step[form]{Name: name,
			Ask:  func(_ *portal.Visit, f *form) portal.Question { return ask(v, f) },
			Read: func(_ *portal.Visit, f *form) error { return read(v, f) },
		}
	}
	// terms is a step that asks for terms as the room takes them.
	terms := func(name, title string, fits func(registry.Contract) error, fields ...string) portal.Step[form] {
		asked := act.Named(contracts.Terms(), fields...)
		return portal.Step[form]{Name: name,
			Ask: func(v *portal.Visit, f *form) portal.Question {
				return portal.Question{Title: v.Say(title), Lead: []string{v.Say(title + "-lead")}, Fields: portal.Asking(v, &f.Contract, asked...)}
			},
			Read: func(v *portal.Visit, f *form) error {
				if err := act.Take(v.R.Context(), &f.Contract, act.FromValues(v.R.PostForm), asked...); err != nil || fits == nil {
					return err
				}
				return fits(f.Contract)
			},
		}
	}
	toCheck := func(s portal.Step[form]) portal.Step[form] {
		s.Next = func(*form) string { return "check" }
		return s
	}
	sides := func(s portal.Step[form]) portal.Step[form] {
		s.When = func(f *form) bool { return !f.amends() }
		return s
	}
	follows := func(s portal.Step[form]) portal.Step[form] {
		s.Follows = true
		return s
	}
	return &portal.Wizard[form]{
		Path: "/desk/contracts/new", Life: life, Stop: portal.Nav{Path: "/desk/contracts", Key: "contract.stop"},
		Steps: []portal.Step[form]{
			sides(step("service", (*visit).askService, (*visit).readService)),
			sides(follows(step("asker", (*visit).askAsker, (*visit).readAsker))),
			step("purpose", (*visit).askPurpose, (*visit).readPurpose),
			step("provision", (*visit).askProvision, (*visit).readProvision),
			step("questions", (*visit).askQuestions, (*visit).readQuestions),
			follows(step("fields", (*visit).askFields, (*visit).readFields)),
			step("person", (*visit).askSubjects, (*visit).readSubjects),
			terms("often", "contract.often", nil, "quota", "rate"),
			toCheck(terms("long", "contract.long", notBackwards, "from", "until", "retention")),
			toCheck(terms("events", "contract.events", nil, "events", "area")),
			toCheck(step("size", (*visit).askSize, (*visit).readSize)),
			toCheck(step("delay", (*visit).askDelay, (*visit).readDelay)),
			step("check", (*visit).askCheck, (*visit).sign),
		},
		Done: func(f *form) string { return proposalAddress(f.Proposal) },
		Late: func(*form) string { return "" },
	}
}

// begin begins with the first question, or, with the service named in
// the address, with the second. With a contract named it is amended.
func (v *visit) begin() error {
	f := form{Token: id.New(), Contract: registry.Contract{From: civil.Of(v.Now()), Methods: []string{"GET"}, Retention: 30}}
	if contract := v.R.URL.Query().Get("contract"); contract != "" {
		s, err := v.Contracts.Contract(v.R.Context(), v.Actor, contract)
		if err != nil {
			return err
		}
		f.Contract = s.Contract
		return v.wizard().Begin(v.Visit, "check", f)
	}
	service, err := registry.ParseID(v.R.URL.Query().Get("service"))
	if err == nil && service.Service != "" {
		f.Contract.Provider, f.Contract.Service = service.System(), service.Service
		return v.wizard().Begin(v.Visit, "asker", f)
	}
	return v.wizard().Begin(v.Visit, "service", f)
}

// amend begins with everything that the other side wrote.
func (v *visit) amend() error {
	proposal, err := v.Contracts.Proposal(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	if proposal.State != contracts.Open || !proposal.Waits {
		return problem.New(problem.Conflict, "proposal-not-your-turn")
	}
	f := form{Token: id.New(), Proposal: proposal.ID, Version: proposal.Version, Contract: proposal.Contract}
	return v.wizard().Begin(v.Visit, "check", f)
}

// next takes one answer and puts the question that follows.
func (v *visit) next() error { return v.wizard().Continue(v.Visit) }

// askCheck shows everything once more before it is signed. From here on
// a changed answer leads back here.
func (v *visit) askCheck(f *form) portal.Question {
	t := v.terms(f.Contract)
	q := portal.Question{Title: v.Say("contract.check"), Lead: []string{v.Say("contract.check-lead")}, Facts: t.Rows, Button: v.Say("contract.sign")}
	if f.amends() {
		q.Title = v.Say("contract.check-amend")
		for i := range q.Facts {
			if q.Facts[i].Change == "service" || q.Facts[i].Change == "asker" {
				q.Facts[i].Change = ""
			}
		}
	}
	return q
}

// sign signs what was asked for, or the amendment. The token of the
// form makes a doubled tap one.
func (v *visit) sign(f *form) error {
	if f.Proposal != "" {
		_, err := v.Contracts.Amend(v.R.Context(), v.Actor, f.Proposal, f.Version, f.Contract)
		return err
	}
	p, err := v.Contracts.Propose(v.R.Context(), v.Actor, f.Token, f.Contract)
	f.Proposal = p.ID
	return err
}
