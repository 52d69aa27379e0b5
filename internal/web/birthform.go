package web

import (
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/portal"
)

// birthLife is how long an entry may take; the handles of the parents live as
// long.
const birthLife = 30 * time.Minute

// birthForm is what the registrar has answered so far. It travels sealed.
type birthForm struct {
	Token    string       `json:"token"`
	Ends     int64        `json:"ends"` // seconds
	Mother   births.Found `json:"mother"`
	Father   births.Found `json:"father"`
	NoFather bool         `json:"no_father"`
	Number   string       `json:"number"`
	Born     civil.Day    `json:"born,omitzero"`
	Sex      jmbg.Sex     `json:"sex"`
	Live     bool         `json:"live"`
	Given    string       `json:"given"`
	Family   string       `json:"family"`
	Place    string       `json:"place"`
	Previous int          `json:"previous"`
	Unknown  bool         `json:"unknown"` // how many births came before is not known
	Checking bool         `json:"checking"`
}

// birthStep is one question: how it is put and how its answer is read.
type birthStep struct {
	name string
	ask  func(v *visit, f *birthForm) portal.Question
	read func(v *visit, f *birthForm) error
	next func(f *birthForm) string
}

func (p *pages) birthSteps() []birthStep {
	to := func(name string) func(*birthForm) string { return func(*birthForm) string { return name } }
	return []birthStep{
		{"mother", (*visit).askMother, (*visit).readMother, to("mother-found")},
		{"mother-found", (*visit).askMotherFound, accepted, to("father")},
		{"father", (*visit).askFather, (*visit).readFather, afterFather},
		{"father-found", (*visit).askFatherFound, accepted, to("number")},
		{"number", (*visit).askNumber, (*visit).readNumber, to("birth")},
		{"birth", (*visit).askBirth, (*visit).readBirth, to("name")},
		{"name", (*visit).askName, (*visit).readName, to("place")},
		{"place", (*visit).askPlace, (*visit).readPlace, to("order")},
		{"order", (*visit).askOrder, (*visit).readOrder, to("check")},
		{"check", (*visit).askCheck, (*visit).record, to("")},
	}
}

func accepted(*visit, *birthForm) error { return nil }

func afterFather(f *birthForm) string {
	if f.NoFather {
		return "number"
	}
	return "father-found"
}

func (p *pages) birthStep(name string) (birthStep, bool) {
	for _, s := range p.birthSteps() {
		if s.name == name {
			return s, true
		}
	}
	return birthStep{}, false
}

func (p *pages) beginBirth(v *visit) error {
	f := &birthForm{Token: id.New(), Ends: v.Now().Add(birthLife).Unix(), Live: true}
	return v.putStep("mother", f, nil)
}

// continueBirth takes one answer and puts the next question. "to" asks to go
// to a question without answering.
func (p *pages) continueBirth(v *visit) error {
	v.Here = "/births/new"
	var f birthForm
	if ends, err := v.Forms.Open(v.Actor.Account, v.Typed("form"), &f); err != nil {
		return err
	} else if v.Now().After(ends) {
		return problem.New(problem.Conflict, "form-stale")
	}
	if to := v.Typed("to"); to != "" {
		return v.putStep(to, &f, nil)
	}
	step, ok := p.birthStep(v.Typed("at"))
	if !ok {
		return problem.New(problem.Invalid, "form-unreadable")
	}
	if err := step.read(v, &f); err != nil {
		return v.putStep(step.name, &f, err)
	}
	next := step.next(&f)
	if next == "" {
		return v.To("/births/recorded")
	}
	return v.putStep(f.onward(next), &f, nil)
}

// onward goes back to the check when only one answer was to be changed.
func (f *birthForm) onward(next string) string {
	if !f.Checking || next == "mother-found" || next == "father-found" {
		return next
	}
	return "check"
}

// putStep shows a question, with what is wrong with its answer so far.
func (v *visit) putStep(name string, f *birthForm, refused error) error {
	step, ok := v.birthStep(name)
	if !ok {
		return problem.New(problem.Invalid, "form-unreadable")
	}
	q := step.ask(v, f)
	sealed, err := v.Forms.Seal(v.Actor.Account, time.Unix(f.Ends, 0), f)
	if err != nil {
		return err
	}
	q.Action, q.Hidden = "/births/new", []portal.Hidden{{Name: "form", Value: sealed}, {Name: "at", Value: name}}
	if q.Button == "" {
		q.Button = v.Say("form.next")
	}
	q.Links = append(q.Links, portal.Link{URL: "/births", Text: v.Say("birth.stop")})
	if refused != nil && !q.Refuse(v.Visit, refused) {
		return refused
	}
	return v.Ask(q)
}
