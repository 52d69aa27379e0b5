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

// contractForm is what an officer has answered so far. It travels sealed.
type contractForm struct {
	Token    string            `json:"token"`
	Ends     int64             `json:"ends"` // seconds
	Proposal string            `json:"proposal,omitempty"`
	Version  int               `json:"version,omitempty"`
	Contract registry.Contract `json:"contract"`
	Checking bool              `json:"checking"`
}

// amends reports whether the two sides are given and stay.
func (f *contractForm) amends() bool { return f.Contract.ID != "" }

// contractStep is one question: how it is put and how its answer is read.
type contractStep struct {
	name string
	ask  func(v *visit, f *contractForm) portal.Question
	read func(v *visit, f *contractForm) error
	next string
}

func (p *pages) contractSteps() []contractStep {
	return []contractStep{
		{"service", (*visit).askService, (*visit).readService, "asker"},
		{"asker", (*visit).askAsker, (*visit).readAsker, "purpose"},
		{"purpose", (*visit).askPurpose, (*visit).readPurpose, "provision"},
		{"provision", (*visit).askProvision, (*visit).readProvision, "questions"},
		{"questions", (*visit).askQuestions, (*visit).readQuestions, "fields"},
		{"fields", (*visit).askFields, (*visit).readFields, "person"},
		{"person", (*visit).askSubjects, (*visit).readSubjects, "often"},
		{"often", (*visit).askOften, (*visit).readOften, "long"},
		{"long", (*visit).askLong, (*visit).readLong, "check"},
		{"events", (*visit).askEvents, (*visit).readEvents, "check"},
		{"size", (*visit).askSize, (*visit).readSize, "check"},
		{"delay", (*visit).askDelay, (*visit).readDelay, "check"},
		{"check", (*visit).askContractCheck, (*visit).signContract, ""},
	}
}

func (p *pages) contractStep(name string) (contractStep, bool) {
	for _, s := range p.contractSteps() {
		if s.name == name {
			return s, true
		}
	}
	return contractStep{}, false
}

// beginContract begins with the first question, or, with the service named in
// the address, with the second. With a contract named it is amended.
func (p *pages) beginContract(v *visit) error {
	if _, err := p.Contracts.Proposals(v.R.Context(), v.Actor, "", ""); err != nil {
		return err // who may not read here need not begin
	}
	f := &contractForm{Token: id.New(), Ends: p.Now().Add(contractLife).Unix(), Contract: registry.Contract{From: civil.Of(p.Now()), Methods: []string{"GET"}, Retention: 30}}
	if contract := v.R.URL.Query().Get("contract"); contract != "" {
		s, err := p.Contracts.Contract(v.R.Context(), v.Actor, contract)
		if err != nil {
			return err
		}
		f.Contract = s.Contract
		return v.putContractStep("check", f, nil)
	}
	service, err := registry.ParseID(v.R.URL.Query().Get("service"))
	if err == nil && service.Service != "" {
		f.Contract.Provider, f.Contract.Service = service.System(), service.Service
		return v.putContractStep("asker", f, nil)
	}
	return v.putContractStep("service", f, nil)
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
	f := &contractForm{Token: id.New(), Ends: p.Now().Add(contractLife).Unix(), Proposal: proposal.ID, Version: proposal.Version, Contract: proposal.Contract}
	return v.putContractStep("check", f, nil)
}

// continueContract takes one answer and puts the next question. "to" asks to go
// to a question without answering.
func (p *pages) continueContract(v *visit) error {
	v.Here = "/desk/contracts/new"
	var f contractForm
	if err := v.Forms.Open(v.Actor.Account, v.Typed("form"), p.Now(), &f); err != nil {
		return err
	}
	if to := v.Typed("to"); to != "" {
		return v.putContractStep(to, &f, nil)
	}
	step, ok := p.contractStep(v.Typed("at"))
	if !ok {
		return problem.New(problem.Invalid, "form-unreadable")
	}
	before := f
	if err := step.read(v, &f); err != nil {
		return v.putContractStep(step.name, &before, err)
	}
	if step.next == "" {
		return v.To(proposalAddress(f.Proposal))
	}
	if f.Checking && step.name != "service" && step.name != "questions" { // those two decide what can be answered next
		return v.putContractStep("check", &f, nil)
	}
	return v.putContractStep(step.next, &f, nil)
}

// putContractStep shows a question, with what is wrong with its answer so far.
func (v *visit) putContractStep(name string, f *contractForm, refused error) error {
	step, ok := v.contractStep(name)
	if !ok || f.amends() && (name == "service" || name == "asker") {
		return problem.New(problem.Invalid, "form-unreadable")
	}
	q := step.ask(v, f)
	sealed, err := v.Forms.Seal(v.Actor.Account, time.Unix(f.Ends, 0), f)
	if err != nil {
		return err
	}
	if len(sealed) > portal.SealedMax {
		return problem.New(problem.TooLarge, "form-too-large")
	}
	q.Action, q.Hidden = "/desk/contracts/new", []portal.Hidden{{Name: "form", Value: sealed}, {Name: "at", Value: name}}
	if q.Button == "" {
		q.Button = v.Say("form.next")
	}
	q.Links = append(q.Links, portal.Link{URL: "/desk/contracts", Text: v.Say("contract.stop")})
	if refused != nil && !q.Refuse(v.Visit, refused) {
		return refused
	}
	return v.Ask(q)
}

// askContractCheck shows everything once more before it is signed. From here on
// a changed answer leads back here.
func (v *visit) askContractCheck(f *contractForm) portal.Question {
	f.Checking = true
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
