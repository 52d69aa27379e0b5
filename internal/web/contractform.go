package web

import (
	"time"

	"dobosh/internal/contracts"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// contractLife is how long asking for a contract may take.
const contractLife = 2 * time.Hour

// contractForm is what an officer has answered so far.
type contractForm struct {
	Token    string            `json:"token"`
	Proposal string            `json:"proposal,omitempty"`
	Version  int               `json:"version,omitempty"`
	Contract registry.Contract `json:"contract"`
}

// amends reports whether the two sides are given and stay.
func (f *contractForm) amends() bool { return f.Contract.ID != "" }

// contractWizard asks for everything that a contract says. Service and questions
// decide what can be answered next.
func (p *pages) contractWizard() *portal.Wizard[contractForm] {
	type form = contractForm
	step := func(name string, ask func(*visit, *form) portal.Question, read func(*visit, *form) error) portal.Step[form] {
		return portal.Step[form]{Name: name,
			Ask:  func(v *portal.Visit, f *form) portal.Question { return ask(p.visit(v), f) },
			Read: func(v *portal.Visit, f *form) error { return read(p.visit(v), f) },
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
		Path: "/desk/contracts/new", Life: contractLife, Stop: portal.Nav{Path: "/desk/contracts", Key: "contract.stop"},
		Steps: []portal.Step[form]{
			sides(step("service", (*visit).askService, (*visit).readService)),
			sides(follows(step("asker", (*visit).askAsker, (*visit).readAsker))),
			step("purpose", (*visit).askPurpose, (*visit).readPurpose),
			step("provision", (*visit).askProvision, (*visit).readProvision),
			step("questions", (*visit).askQuestions, (*visit).readQuestions),
			follows(step("fields", (*visit).askFields, (*visit).readFields)),
			step("person", (*visit).askSubjects, (*visit).readSubjects),
			step("often", (*visit).askOften, (*visit).readOften),
			toCheck(step("long", (*visit).askLong, (*visit).readLong)),
			toCheck(step("events", (*visit).askEvents, (*visit).readEvents)),
			toCheck(step("size", (*visit).askSize, (*visit).readSize)),
			toCheck(step("delay", (*visit).askDelay, (*visit).readDelay)),
			step("check", (*visit).askContractCheck, (*visit).signContract),
		},
		Done: func(f *form) string { return proposalAddress(f.Proposal) },
		Late: func(*form) string { return "" },
	}
}

// beginContract begins with the first question, or, with the service named in
// the address, with the second. With a contract named it is amended.
func (p *pages) beginContract(v *visit) error {
	if _, err := p.Contracts.Proposals(v.R.Context(), v.Actor, "", ""); err != nil {
		return err // who may not read here need not begin
	}
	f := contractForm{Token: id.New(), Contract: registry.Contract{From: civil.Of(v.Now()), Methods: []string{"GET"}, Retention: 30}}
	if contract := v.R.URL.Query().Get("contract"); contract != "" {
		s, err := p.Contracts.Contract(v.R.Context(), v.Actor, contract)
		if err != nil {
			return err
		}
		f.Contract = s.Contract
		return p.contractWizard().Begin(v.Visit, "check", f)
	}
	service, err := registry.ParseID(v.R.URL.Query().Get("service"))
	if err == nil && service.Service != "" {
		f.Contract.Provider, f.Contract.Service = service.System(), service.Service
		return p.contractWizard().Begin(v.Visit, "asker", f)
	}
	return p.contractWizard().Begin(v.Visit, "service", f)
}

// beginAmendment begins with everything that the other side wrote.
func (p *pages) beginAmendment(v *visit) error {
	proposal, err := p.Contracts.Proposal(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	if proposal.State != contracts.Open || !proposal.Waits {
		return problem.New(problem.Conflict, "proposal-not-your-turn")
	}
	f := contractForm{Token: id.New(), Proposal: proposal.ID, Version: proposal.Version, Contract: proposal.Contract}
	return p.contractWizard().Begin(v.Visit, "check", f)
}

// askContractCheck shows everything once more before it is signed. From here on
// a changed answer leads back here.
func (v *visit) askContractCheck(f *contractForm) portal.Question {
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

// signContract signs what was asked for, or the amendment. The token of the
// form makes a doubled tap one.
func (v *visit) signContract(f *contractForm) error {
	if f.Proposal != "" {
		_, err := v.pages.Contracts.Amend(v.R.Context(), v.Actor, f.Proposal, f.Version, f.Contract)
		return err
	}
	p, err := v.pages.Contracts.Propose(v.R.Context(), v.Actor, f.Token, f.Contract)
	f.Proposal = p.ID
	return err
}
