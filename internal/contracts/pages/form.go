package pages

import (
	"errors"
	"slices"
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

// wizard asks for everything that a contract says, in the fields of [contracts.Terms].
// Service and questions decide what can be answered next. Most contracts need none of
// what is asked about events, size and delay, so no way through the form passes it:
// the check shows how it stands, and leads there to change it.
func (v *visit) wizard() *portal.Wizard[form] {
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
			sides(v.asks("service", "contract.service", v.shapeService, "service")),
			sides(follows(v.asks("asker", "contract.asker", firstChosen, "consumer", "delegates"))),
			v.asks("purpose", "contract.purpose", nil, "purpose"),
			v.asks("provision", "contract.provision", nil, "provision"),
			v.questions(),
			follows(v.asks("fields", "contract.fields", nil, "fields")),
			v.person(),
			v.asks("often", "contract.often", nil, "quota", "rate"),
			toCheck(v.asks("long", "contract.long", nil, "from", "until", "retention")),
			toCheck(v.asks("events", "contract.events", nil, "events", "area")),
			toCheck(v.asks("carried", "contract.carried", nil, "parameters", "passes")),
			toCheck(v.asks("size", "contract.size", nil, "limit", "headers")),
			toCheck(v.asks("delay", "contract.delay-title", nil, "delay", "delay_provision")),
			{Name: "check", Ask: func(_ *portal.Visit, f *form) portal.Question { return v.askCheck(f) }, Read: func(_ *portal.Visit, f *form) error { return v.sign(f) }},
		},
		Done: func(f *form) string { return proposalAddress(f.Proposal) },
		Late: func(*form) string { return "" },
	}
}

// terms are the fields that fit what was answered so far.
func (v *visit) terms(c *registry.Contract) contracts.Terms {
	return contracts.Terms{Choices: v.Contracts, Pack: v.Pack, Now: v.Now, About: c, Words: v.Typed("words")}
}

// shape changes how a question looks that was made of its fields; it may be nil.
type shape func(f *form, q *portal.Question)

// asks is a step that asks for some of the terms.
func (v *visit) asks(name, title string, shaped shape, fields ...string) portal.Step[form] {
	return portal.Step[form]{Name: name,
		Ask: func(_ *portal.Visit, f *form) portal.Question {
			q := portal.Question{Title: v.Say(title), Lead: []string{v.Say(title + "-lead")}, Fields: portal.Asking(v.Visit, &f.Contract, v.named(f, fields)...)}
			if shaped != nil {
				shaped(f, &q)
			}
			return q
		},
		Read: func(_ *portal.Visit, f *form) error { return v.take(f, fields) },
	}
}

func (v *visit) named(f *form, fields []string) []act.Field[registry.Contract] {
	return act.Named(v.terms(&f.Contract).Fields(), fields...)
}

// take reads some of the terms, and says in one what is wrong with them and with what
// they leave open together.
func (v *visit) take(f *form, fields []string) error {
	terms := v.terms(&f.Contract)
	err := act.Take(v.R.Context(), &f.Contract, act.FromValues(v.R.PostForm), v.named(f, fields)...)
	open := terms.Complete(f.Contract, v.Typed("nobody") == "yes" || !slices.Contains(fields, "subjects"))
	wrong, ok := errors.AsType[*problem.Problem](err)
	switch left, isLeft := errors.AsType[*problem.Problem](open); {
	case err == nil:
		return open
	case ok && isLeft && wrong.Code == left.Code:
		wrong.Fields = append(wrong.Fields, left.Fields...)
	}
	return err
}

// shapeService lets a service be found by words in any script. Where there are few,
// all are shown at once.
func (v *visit) shapeService(_ *form, q *portal.Question) {
	words := v.Typed("words")
	if len(q.Fields[0].Options) == 0 {
		q.Fields = nil
	}
	if _, more := v.Contracts.Services(words, contracts.ChoicesMost); more || words != "" {
		q.Fields = slices.Insert(q.Fields, 0, portal.Field{Name: "words", Kind: "text", Label: v.Say("contract.words"), Hint: v.Say("contract.words-hint"), Value: words, Complete: "off", Most: 100, Optional: true})
	}
	if len(q.Fields) == 0 {
		q.Lead = []string{v.Say("contract.no-services")}
	}
	everyChoiceShown(q)
}

// firstChosen proposes the first of those who may ask.
func firstChosen(f *form, q *portal.Question) {
	everyChoiceShown(q)
	if asker, _ := f.Contract.Between(); asker == (registry.ID{}) && len(q.Fields[0].Options) > 0 {
		q.Fields[0].Options[0].Chosen = true
	}
}

// everyChoiceShown shows choices one under the other, however many there are: each
// says more than fits into a list.
func everyChoiceShown(q *portal.Question) {
	for i := range q.Fields {
		if f := &q.Fields[i]; f.Kind == "list" {
			f.Kind = "choice"
			f.Options = slices.DeleteFunc(f.Options, func(o portal.Option) bool { return o.Value == "" })
		}
	}
}

// questions asks for the operations of a service that is described, or for methods
// and paths.
func (v *visit) questions() portal.Step[form] {
	fields := func(f *form) []string {
		if v.terms(&f.Contract).Described(v.R.Context(), f.Contract) {
			return []string{"operations"}
		}
		return []string{"methods", "bare", "paths"}
	}
	step := v.asks("questions", "contract.questions", nil)
	step.Ask = func(_ *portal.Visit, f *form) portal.Question {
		q := v.asks("questions", "contract.questions", nil, fields(f)...).Ask(v.Visit, f)
		if len(q.Fields) == 3 { // the address itself is the rarer case
			q.Fields[1], q.Fields[2] = q.Fields[2], q.Fields[1]
		}
		return q
	}
	step.Read = func(_ *portal.Visit, f *form) error { return v.take(f, fields(f)) }
	return step
}

// person asks how the person concerned is found, so that they can see the look.
func (v *visit) person() portal.Step[form] {
	fields := slices.Concat([]string{"subjects"}, contracts.SubjectKinds(), []string{"sector"})
	return portal.Step[form]{Name: "person",
		Ask: func(_ *portal.Visit, f *form) portal.Question {
			q := v.asks("person", "contract.person", nil, fields...).Ask(v.Visit, f)
			q.Other = &portal.Button{Name: "nobody", Value: "yes", Text: v.Say("contract.person-nobody")}
			if q.Fields = slices.DeleteFunc(q.Fields, func(f portal.Field) bool { return f.Name == "subjects" && len(f.Options) == 0 }); len(q.Fields) > 0 {
				sector := &q.Fields[len(q.Fields)-1]
				sector.Kind = "list"
				for _, name := range v.terms(&f.Contract).Sectors(f.Contract.Sector) {
					sector.Options = append(sector.Options, portal.Option{Value: name, Label: name, Chosen: name == f.Contract.Sector})
				}
			}
			return q
		},
		Read: func(_ *portal.Visit, f *form) error {
			if v.Typed("nobody") == "yes" {
				f.Contract.Subjects, f.Contract.Sector = nil, ""
				return nil
			}
			return v.take(f, fields)
		},
	}
}

// begin begins with the first question, or, with the service named in
// the address, with the second. With a contract named it is amended.
func (v *visit) begin() error {
	f := form{Token: id.New(), Contract: contracts.Begun(civil.Of(v.Now()))}
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
	t := v.shown(f.Contract)
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
