package law

import (
	"dobosh/internal/act"
	"dobosh/internal/kit/lang"
)

// Form is what a provision lets a body ask: the fields of a page and of an
// interface as data, in the vocabulary of package act.
type Form struct {
	ID        string      `yaml:"id"`
	Title     lang.Text   `yaml:"title"`
	Lead      lang.Text   `yaml:"lead"` // above the fields; may be empty
	Provision Ref         `yaml:"provision"`
	Fields    []FormField `yaml:"fields"`
	Span      `yaml:",inline"`
	At        Position `yaml:"-"`
}

// FormField is one field of a form.
type FormField struct {
	Name     string       `yaml:"name"`
	Kind     act.Kind     `yaml:"kind"`
	Label    lang.Text    `yaml:"label"`
	Hint     lang.Text    `yaml:"hint"`
	Most     int          `yaml:"most"`     // as in [act.Asked]; 0 for the bound of the kind
	Optional bool         `yaml:"optional"` // may stay empty
	Options  []FormOption `yaml:"options"`  // of a choice, or of several
	When     string       `yaml:"when"`     // in CEL over the fields before it; empty for always
	Known    string       `yaml:"known"`    // the fact with which it is filled in; empty for none
}

// FormOption is a value to choose.
type FormOption struct {
	Value string    `yaml:"value"`
	Says  lang.Text `yaml:"says"`
}

// Forms lists the forms, also those not yet or no longer in use.
func (p *Pack) Forms() []Form { return append([]Form(nil), p.forms...) }

// Form finds a form by its id.
func (p *Pack) Form(id string) (Form, bool) {
	return find(p.forms, func(x Form) bool { return x.ID == id })
}

// checkForm finds fields that stand twice, that offer nothing or may not, and
// that are filled in from a fact that no rule of the pack knows. Conditions are
// read by package rules.
func (d *draft) checkForm(e entry[Form]) Findings {
	found := rests(d, e, e.value.Provision, e.value.From)
	seen := map[string]bool{}
	for _, f := range e.value.Fields {
		if seen[f.Name] {
			found = append(found, e.says("fields", "form %q asks for %q twice", e.value.ID, f.Name))
		}
		seen[f.Name] = true
		if offers := f.Kind == act.Choice || f.Kind == act.Several; f.Kind == act.Choice && len(f.Options) == 0 || !offers && len(f.Options) > 0 {
			found = append(found, e.says("fields", "form %q: field %q of kind %q offers %d values", e.value.ID, f.Name, f.Kind, len(f.Options)))
		}
		known := has(d.rules, func(r Rule) bool {
			for _, fact := range r.Facts {
				if fact.Name == f.Known {
					return true
				}
			}
			return false
		})
		if f.Known != "" && !known {
			found = append(found, e.says("fields", "form %q: field %q is filled in from %q, which no rule knows", e.value.ID, f.Name, f.Known))
		}
	}
	return found
}

func (d *draft) takeForm(doc document) Findings {
	found := add(doc, doc.root, &d.forms)
	e := &d.forms[len(d.forms)-1]
	e.value.At = e.at()
	return found
}
