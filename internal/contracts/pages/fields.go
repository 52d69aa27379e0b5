package pages

import (
	"slices"
	"strconv"
	"strings"

	"dobosh/internal/contracts"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// operations are those that the chosen service offers, where it is described.
func (v *visit) operations(f *form) ([]contracts.Operation, bool) {
	return v.Contracts.Operations(v.R.Context(), f.Contract.Provider.With(f.Contract.Service))
}

// termFaults says what is wrong with one list of terms, beside its field.
func termFaults(c registry.Contract, term string) error {
	p := problem.New(problem.Invalid, "form-incomplete")
	codes := map[string]string{"paths": "path-malformed", "fields": "pointer-malformed", "subjects": "subject-malformed"}
	for _, fault := range c.Faults() {
		switch {
		case fault.Term != term:
		case fault.Value == "":
			p.At(term, "terms-too-many")
		default:
			p.Fields = append(p.Fields, problem.Field{Name: term, Code: codes[term], Args: map[string]string{"value": fault.Value}})
		}
	}
	if len(p.Fields) == 0 {
		return nil
	}
	return p
}

func joined(list []string) string { return strings.Join(list, "\n") }

// offeredFields are the fields of the answers to the chosen questions, each
// once.
func (v *visit) offeredFields(f *form) (fields []contracts.Pointer) {
	operations, _ := v.operations(f)
	seen := map[string]bool{}
	for _, o := range operations {
		if !slices.Contains(f.Contract.Methods, o.Method) || !slices.Contains(f.Contract.Paths, o.Path) {
			continue
		}
		for _, p := range o.Fields {
			if !seen[p.At] && p.At != "" {
				seen[p.At], fields = true, append(fields, p)
			}
		}
	}
	return fields
}

func (v *visit) askFields(f *form) portal.Question {
	q := portal.Question{Title: v.Say("contract.fields"), Lead: []string{v.Say("contract.fields-lead")}}
	offered := v.offeredFields(f)
	if len(offered) == 0 {
		q.Fields = []portal.Field{{Name: "fields", Kind: "words", Label: v.Say("contract.fields-typed"), Hint: v.Say("contract.fields-hint"), Value: v.Again("fields", joined(f.Contract.Fields)), Most: linesMost, Code: true}}
		return q
	}
	ticks := portal.Field{Name: "fields", Kind: "ticks", Label: v.Say("contract.fields-label"), Codes: map[string]string{}}
	for _, p := range offered {
		ticks.Codes[p.At] = p.At
		ticks.Options = append(ticks.Options, portal.Option{Value: p.At, Label: v.Plain(p.Says), Chosen: slices.Contains(f.Contract.Fields, p.At)})
	}
	q.Fields = []portal.Field{ticks}
	return q
}

func (v *visit) readFields(f *form) error {
	if len(v.offeredFields(f)) > 0 {
		f.Contract.Fields = slices.Clone(v.R.PostForm["fields"])
	} else {
		f.Contract.Fields = portal.Lines(v.Typed("fields"))
	}
	if len(f.Contract.Fields) == 0 {
		return portal.Incomplete("fields", "fields-missing")
	}
	return termFaults(f.Contract, "fields")
}

// subjectFields are the places outside of the path, by their field.
func subjectFields() []string { return []string{"query", "header", "body", "answer"} }

// askSubjects asks how the person concerned is found, so that they can see the
// look.
func (v *visit) askSubjects(f *form) portal.Question {
	q := portal.Question{Title: v.Say("contract.person"), Lead: []string{v.Say("contract.person-lead")}, Other: &portal.Button{Name: "nobody", Value: "yes", Text: v.Say("contract.person-nobody")}}
	if places := placesOf(f.Contract.Paths); len(places) > 0 {
		ticks := portal.Field{Name: "subjects", Kind: "ticks", Label: v.Say("contract.person-path"), Codes: map[string]string{}}
		for _, place := range places {
			ticks.Options = append(ticks.Options, portal.Option{Value: "path:" + place, Label: v.Say("contract.person-at"), Chosen: slices.Contains(f.Contract.Subjects, "path:"+place)})
			ticks.Codes["path:"+place] = "{" + place + "}"
		}
		q.Fields = append(q.Fields, ticks)
	}
	for _, kind := range subjectFields() {
		q.Fields = append(q.Fields, portal.Field{Name: kind, Kind: "text", Label: v.Say("contract.at." + kind), Hint: v.Say("contract.at." + kind + "-hint"), Value: v.Again(kind, namesOf(f.Contract.Subjects, kind)), Complete: "off", Most: 200, Optional: true, Code: true})
	}
	list := portal.Field{Name: "sector", Kind: "list", Label: v.Say("contract.sector"), Hint: v.Say("contract.sector-hint"), Code: true}
	for _, sector := range v.sectors(f.Contract.Sector) {
		list.Options = append(list.Options, portal.Option{Value: sector, Label: sector, Chosen: sector == f.Contract.Sector})
	}
	q.Fields = append(q.Fields, list)
	return q
}

// sectors are those in which the contracts of the pack name persons.
func (v *visit) sectors(known string) (names []string) {
	if v.Pack != nil {
		for _, c := range v.Pack.Contracts() {
			names = append(names, c.Sector)
		}
	}
	names = append(names, known)
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(s string) bool { return s == "" })
}

// placesOf are the names of the places in patterns, each once.
func placesOf(paths []string) (names []string) {
	for _, path := range paths {
		for segment := range strings.SplitSeq(path, "/") {
			if name, is := registry.PlaceName(segment); is {
				names = addOnce(names, name)
			}
		}
	}
	return names
}

func namesOf(subjects []string, kind string) string {
	var names []string
	for _, s := range subjects {
		if k, name := subjectKind(s); k == kind {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func (v *visit) readSubjects(f *form) error {
	c := &f.Contract
	c.Subjects, c.Sector = nil, ""
	if v.Typed("nobody") == "yes" {
		return nil
	}
	c.Subjects = slices.Clone(v.R.PostForm["subjects"])
	for _, kind := range subjectFields() {
		for name := range strings.SplitSeq(v.Typed(kind), ",") {
			if name = strings.TrimSpace(name); name != "" {
				c.Subjects = append(c.Subjects, subjectText(kind, name))
			}
		}
	}
	c.Sector = v.Typed("sector")
	if len(c.Subjects) == 0 {
		return portal.Incomplete("subjects", "subjects-missing")
	}
	return termFaults(*c, "subjects")
}

func subjectText(kind, name string) string {
	if kind == "answer" {
		return name
	}
	return kind + ":" + name
}

// positive writes a number, and nothing for none.
func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// notBackwards holds that a contract does not end before it begins.
func notBackwards(c registry.Contract) error {
	if !c.To.IsZero() && c.To.Before(c.From) {
		return portal.Incomplete("until", "period-backwards")
	}
	return nil
}
