package web

import (
	"slices"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
)

const (
	choicesMost = 20   // services on one page
	linesMost   = 4000 // characters of a field with several lines
)

func incomplete(name, code string) error {
	return problem.New(problem.Invalid, "form-incomplete").At(name, code)
}

// askService finds the service by words in any script. Where there are few,
// all are shown at once.
func (v *visit) askService(f *contractForm) question {
	words := v.typed("words")
	found, more := v.portal.Contracts.Services(words, choicesMost)
	q := question{Title: v.say("contract.service"), Lead: []string{v.say("contract.service-lead")}}
	if more || words != "" {
		q.Fields = append(q.Fields, field{Name: "words", Kind: "text", Label: v.say("contract.words"), Hint: v.say("contract.words-hint"), Value: words, Complete: "off", Most: 100, Optional: true})
	}
	chosen := f.Contract.Provider.With(f.Contract.Service).String()
	choice := field{Name: "service", Kind: "choice", Label: v.say("contract.service-label"), Optional: true}
	for _, s := range found {
		choice.Options = append(choice.Options, option{s.ID.String(), v.plain(s.Title) + " — " + v.plain(s.Body), s.ID.String() == chosen})
	}
	if len(choice.Options) > 0 {
		q.Fields = append(q.Fields, choice)
	}
	if len(q.Fields) == 0 {
		q.Lead = []string{v.say("contract.no-services")}
	}
	return q
}

func (v *visit) readService(f *contractForm) error {
	id, err := registry.ParseID(v.typed("service"))
	if err != nil || id.Service == "" {
		return incomplete("service", "choice-missing")
	}
	if before := f.Contract.Provider.With(f.Contract.Service); before != id {
		f.Contract.Paths, f.Contract.Fields, f.Contract.Subjects = nil, nil, nil
	}
	f.Contract.Provider, f.Contract.Service = id.System(), id.Service
	return nil
}

func (v *visit) askAsker(f *contractForm) question {
	systems, groups := v.portal.Contracts.Askers()
	asker, _ := f.Contract.Between()
	choice := field{Name: "consumer", Kind: "choice", Label: v.say("contract.asker-label"), Codes: map[string]string{}}
	for i, s := range systems {
		choice.Options = append(choice.Options, option{s.String(), "", s == asker || i == 0 && asker == registry.ID{}})
		choice.Codes[s.String()] = s.Subsystem
	}
	for _, g := range groups {
		choice.Options = append(choice.Options, option{"group " + g.ID.String(), v.say("contract.group-of", "title", v.plain(g.Title)), g.ID == asker})
	}
	return question{Title: v.say("contract.asker"), Lead: []string{v.say("contract.asker-lead")}, Fields: []field{choice,
		{Name: "delegates", Kind: "words", Label: v.say("contract.delegates"), Hint: v.say("contract.delegates-hint"), Value: v.again("delegates", idList(f.Contract.Delegates, "\n")), Most: linesMost, Optional: true, Code: true}}}
}

func (v *visit) readAsker(f *contractForm) error {
	systems, groups := v.portal.Contracts.Askers()
	typed := v.typed("consumer")
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
		return incomplete("consumer", "choice-missing")
	}
	f.Contract.Delegates = nil
	for _, line := range lines(v.typed("delegates")) {
		id, err := registry.ParseID(line)
		if err != nil || id.Subsystem == "" || id.Service != "" {
			return problem.New(problem.Invalid, "form-incomplete").At("delegates", "client-unknown", "client", line)
		}
		f.Contract.Delegates = append(f.Contract.Delegates, id)
	}
	return nil
}

func (v *visit) askPurpose(f *contractForm) question {
	choice := field{Name: "purpose", Kind: "choice", Label: v.say("contract.purpose-label")}
	if v.Pack != nil {
		for _, p := range v.Pack.Purposes() {
			if p.Holds(civil.Of(v.Now())) {
				choice.Options = append(choice.Options, option{p.ID, v.plain(p.Title) + " (" + v.cite(p.Provision) + ")", p.ID == f.Contract.Purpose})
			}
		}
	}
	return question{Title: v.say("contract.purpose"), Lead: []string{v.say("contract.purpose-lead")}, Fields: []field{choice}}
}

// readPurpose also proposes the provision on which the purpose rests.
func (v *visit) readPurpose(f *contractForm) error {
	if v.Pack == nil {
		return incomplete("purpose", "purpose-unknown")
	}
	purpose, ok := v.Pack.Purpose(v.typed("purpose"))
	if !ok {
		return incomplete("purpose", "purpose-unknown")
	}
	if purpose.ID != f.Contract.Purpose {
		f.Contract.Provision = purpose.Provision
	}
	f.Contract.Purpose = purpose.ID
	return nil
}

func (v *visit) askProvision(f *contractForm) question {
	list := v.provisionField("provision", f.Contract.Provision)
	list.Hint = v.say("contract.provision-hint")
	return question{Title: v.say("contract.provision"), Lead: []string{v.say("contract.provision-lead")}, Fields: []field{list}}
}

func (v *visit) readProvision(f *contractForm) error {
	ref := law.Ref(v.typed("provision"))
	if ref == "" {
		return incomplete("provision", "choice-missing")
	}
	f.Contract.Provision = ref
	return nil
}

// methods are those with which a service can be asked.
func methods() []string { return []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} }

// askQuestions offers what the description of the service says it answers, or
// wants methods and paths to be typed.
func (v *visit) askQuestions(f *contractForm) question {
	q := question{Title: v.say("contract.questions"), Lead: []string{v.say("contract.questions-lead")}}
	if operations, described := v.operations(f); described {
		ticks := field{Name: "operation", Kind: "ticks", Label: v.say("contract.questions-label"), Codes: map[string]string{}}
		for _, o := range operations {
			value := o.Method + " " + o.Path
			ticks.Codes[value] = value
			ticks.Options = append(ticks.Options, option{value, v.plain(o.Says), slices.Contains(f.Contract.Methods, o.Method) && slices.Contains(f.Contract.Paths, o.Path)})
		}
		q.Fields = []field{ticks}
		return q
	}
	ticks := field{Name: "methods", Kind: "ticks", Label: v.say("contract.methods")}
	for _, m := range methods()[:5] {
		ticks.Options = append(ticks.Options, option{m, v.say("contract.method." + m), slices.Contains(f.Contract.Methods, m)})
	}
	q.Fields = []field{ticks, {Name: "paths", Kind: "words", Label: v.say("contract.paths"), Hint: v.say("contract.paths-hint"), Value: v.again("paths", joined(f.Contract.Paths)), Most: linesMost, Code: true}}
	return q
}

func (v *visit) readQuestions(f *contractForm) error {
	c := &f.Contract
	if operations, described := v.operations(f); described {
		c.Methods, c.Paths = nil, nil
		for _, o := range operations {
			if slices.Contains(v.r.PostForm["operation"], o.Method+" "+o.Path) {
				c.Methods, c.Paths = addOnce(c.Methods, o.Method), addOnce(c.Paths, o.Path)
			}
		}
		if len(c.Paths) == 0 {
			return incomplete("operation", "choice-missing")
		}
		return nil
	}
	c.Methods = nil
	for _, m := range methods() {
		if slices.Contains(v.r.PostForm["methods"], m) {
			c.Methods = append(c.Methods, m)
		}
	}
	if len(c.Methods) == 0 {
		return incomplete("methods", "choice-missing")
	}
	c.Paths = lines(v.typed("paths"))
	if len(c.Paths) == 0 {
		return incomplete("paths", "words-missing")
	}
	return termFaults(*c, "paths")
}

func addOnce(list []string, one string) []string {
	if slices.Contains(list, one) {
		return list
	}
	return append(list, one)
}
