package pages

import (
	"slices"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	lawpages "dobosh/internal/law/pages"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

const (
	choicesMost = 20   // services on one page
	linesMost   = 4000 // characters of a field with several lines
)

// askService finds the service by words in any script. Where there are few,
// all are shown at once.
func (v *visit) askService(f *form) portal.Question {
	words := v.Typed("words")
	found, more := v.Contracts.Services(words, choicesMost)
	q := portal.Question{Title: v.Say("contract.service"), Lead: []string{v.Say("contract.service-lead")}}
	if more || words != "" {
		q.Fields = append(q.Fields, portal.Field{Name: "words", Kind: "text", Label: v.Say("contract.words"), Hint: v.Say("contract.words-hint"), Value: words, Complete: "off", Most: 100, Optional: true})
	}
	chosen := f.Contract.Provider.With(f.Contract.Service).String()
	choice := portal.Field{Name: "service", Kind: "choice", Label: v.Say("contract.service-label"), Optional: true}
	for _, s := range found {
		choice.Options = append(choice.Options, portal.Option{Value: s.ID.String(), Label: v.Plain(s.Title) + " — " + v.Plain(s.Body), Chosen: s.ID.String() == chosen})
	}
	if len(choice.Options) > 0 {
		q.Fields = append(q.Fields, choice)
	}
	if len(q.Fields) == 0 {
		q.Lead = []string{v.Say("contract.no-services")}
	}
	return q
}

func (v *visit) readService(f *form) error {
	id, err := registry.ParseID(v.Typed("service"))
	if err != nil || id.Service == "" {
		return portal.Incomplete("service", "choice-missing")
	}
	if before := f.Contract.Provider.With(f.Contract.Service); before != id {
		f.Contract.Paths, f.Contract.Fields, f.Contract.Subjects = nil, nil, nil
	}
	f.Contract.Provider, f.Contract.Service = id.System(), id.Service
	return nil
}

func (v *visit) askAsker(f *form) portal.Question {
	systems, groups := v.Contracts.Askers()
	asker, _ := f.Contract.Between()
	choice := portal.Field{Name: "consumer", Kind: "choice", Label: v.Say("contract.asker-label"), Codes: map[string]string{}}
	for i, s := range systems {
		choice.Options = append(choice.Options, portal.Option{Value: s.String(), Label: "", Chosen: s == asker || i == 0 && asker == registry.ID{}})
		choice.Codes[s.String()] = s.Subsystem
	}
	for _, g := range groups {
		choice.Options = append(choice.Options, portal.Option{Value: "group " + g.ID.String(), Label: v.Say("contract.group-of", "title", v.Plain(g.Title)), Chosen: g.ID == asker})
	}
	return portal.Question{Title: v.Say("contract.asker"), Lead: []string{v.Say("contract.asker-lead")}, Fields: []portal.Field{choice,
		{Name: "delegates", Kind: "words", Label: v.Say("contract.delegates"), Hint: v.Say("contract.delegates-hint"), Value: v.Again("delegates", idList(f.Contract.Delegates, "\n")), Most: linesMost, Optional: true, Code: true}}}
}

func (v *visit) readAsker(f *form) error {
	systems, groups := v.Contracts.Askers()
	typed := v.Typed("consumer")
	f.Contract.Consumer, f.Contract.Group = registry.ID{}, registry.ID{}
	for _, s := range systems {
		if s.String() == typed {
			f.Contract.Consumer = s
		}
	}
	for _, g := range groups {
		if "group "+g.ID.String() == typed {
			f.Contract.Group = g.ID
		}
	}
	if asker, _ := f.Contract.Between(); asker == (registry.ID{}) {
		return portal.Incomplete("consumer", "choice-missing")
	}
	f.Contract.Delegates = nil
	for _, line := range portal.Lines(v.Typed("delegates")) {
		id, err := registry.ParseID(line)
		if err != nil || id.Subsystem == "" || id.Service != "" {
			return problem.New(problem.Invalid, "form-incomplete").At("delegates", "client-unknown", "client", line)
		}
		f.Contract.Delegates = append(f.Contract.Delegates, id)
	}
	return nil
}

func (v *visit) askPurpose(f *form) portal.Question {
	choice := portal.Field{Name: "purpose", Kind: "choice", Label: v.Say("contract.purpose-label")}
	if v.Pack != nil {
		for _, p := range v.Pack.Purposes() {
			if p.Holds(civil.Of(v.Now())) {
				choice.Options = append(choice.Options, portal.Option{Value: p.ID, Label: v.Plain(p.Title) + " (" + lawpages.Cite(v.Visit, v.Pack, p.Provision) + ")", Chosen: p.ID == f.Contract.Purpose})
			}
		}
	}
	return portal.Question{Title: v.Say("contract.purpose"), Lead: []string{v.Say("contract.purpose-lead")}, Fields: []portal.Field{choice}}
}

// readPurpose also proposes the provision on which the purpose rests.
func (v *visit) readPurpose(f *form) error {
	if v.Pack == nil {
		return portal.Incomplete("purpose", "purpose-unknown")
	}
	purpose, ok := v.Pack.Purpose(v.Typed("purpose"))
	if !ok {
		return portal.Incomplete("purpose", "purpose-unknown")
	}
	if purpose.ID != f.Contract.Purpose {
		f.Contract.Provision = purpose.Provision
	}
	f.Contract.Purpose = purpose.ID
	return nil
}

func (v *visit) askProvision(f *form) portal.Question {
	list := v.provisionField("provision", f.Contract.Provision)
	list.Hint = v.Say("contract.provision-hint")
	return portal.Question{Title: v.Say("contract.provision"), Lead: []string{v.Say("contract.provision-lead")}, Fields: []portal.Field{list}}
}

func (v *visit) readProvision(f *form) error {
	ref := law.Ref(v.Typed("provision"))
	if ref == "" {
		return portal.Incomplete("provision", "choice-missing")
	}
	f.Contract.Provision = ref
	return nil
}

// methods are those with which a service can be asked.
func methods() []string { return []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} }

// askQuestions offers what the description of the service says it answers, or
// wants methods and paths to be typed.
func (v *visit) askQuestions(f *form) portal.Question {
	q := portal.Question{Title: v.Say("contract.questions"), Lead: []string{v.Say("contract.questions-lead")}}
	if operations, described := v.operations(f); described {
		ticks := portal.Field{Name: "operation", Kind: "ticks", Label: v.Say("contract.questions-label"), Codes: map[string]string{}}
		for _, o := range operations {
			value := o.Method + " " + o.Path
			ticks.Codes[value] = value
			ticks.Options = append(ticks.Options, portal.Option{Value: value, Label: v.Plain(o.Says), Chosen: slices.Contains(f.Contract.Methods, o.Method) && slices.Contains(f.Contract.Paths, o.Path)})
		}
		q.Fields = []portal.Field{ticks}
		return q
	}
	ticks := portal.Field{Name: "methods", Kind: "ticks", Label: v.Say("contract.methods")}
	for _, m := range methods()[:5] {
		ticks.Options = append(ticks.Options, portal.Option{Value: m, Label: v.Say("contract.method." + m), Chosen: slices.Contains(f.Contract.Methods, m)})
	}
	q.Fields = []portal.Field{ticks, {Name: "paths", Kind: "words", Label: v.Say("contract.paths"), Hint: v.Say("contract.paths-hint"), Value: v.Again("paths", joined(f.Contract.Paths)), Most: linesMost, Code: true}}
	return q
}

func (v *visit) readQuestions(f *form) error {
	c := &f.Contract
	if operations, described := v.operations(f); described {
		c.Methods, c.Paths = nil, nil
		for _, o := range operations {
			if slices.Contains(v.R.PostForm["operation"], o.Method+" "+o.Path) {
				c.Methods, c.Paths = addOnce(c.Methods, o.Method), addOnce(c.Paths, o.Path)
			}
		}
		if len(c.Paths) == 0 {
			return portal.Incomplete("operation", "choice-missing")
		}
		return nil
	}
	c.Methods = nil
	for _, m := range methods() {
		if slices.Contains(v.R.PostForm["methods"], m) {
			c.Methods = append(c.Methods, m)
		}
	}
	if len(c.Methods) == 0 {
		return portal.Incomplete("methods", "choice-missing")
	}
	c.Paths = portal.Lines(v.Typed("paths"))
	if len(c.Paths) == 0 {
		return portal.Incomplete("paths", "words-missing")
	}
	return termFaults(*c, "paths")
}

func addOnce(list []string, one string) []string {
	if slices.Contains(list, one) {
		return list
	}
	return append(list, one)
}
