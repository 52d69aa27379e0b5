package law

import (
	"slices"
	"strings"
)

// checkRule checks what can be seen without reading the conditions.
func (d *draft) checkRule(e entry[Rule]) Findings {
	r := e.value
	var found Findings
	for _, c := range r.Conditions {
		found = append(found, onLine(c.At, rests(d, e, c.Provision, r.From))...)
	}
	for _, p := range r.Plan {
		span := p.Span.within(r.Span)
		found = append(found, onLine(p.At, rests(d, e, p.Provision, span.From))...)
		found = append(found, onLine(p.At, d.covered(e, p.Amount, "money", span))...)
		if p.Months != "" {
			found = append(found, onLine(p.At, d.covered(e, p.Months, "count", span))...)
		}
	}
	for _, name := range r.Parameters {
		found = append(found, d.covered(e, name, "", r.Span)...)
	}
	found = append(found, doubled(e)...)
	found = append(found, asks(e)...)
	return append(found, examples(e)...)
}

// onLine moves findings about one item of a rule to its line.
func onLine(at Position, found Findings) Findings {
	for i := range found {
		found[i].At = at
	}
	return found
}

// covered checks that a parameter has a value on every day the rule needs one.
func (d *draft) covered(e entry[Rule], name, kind string, need Span) Findings {
	var have []Span
	for _, p := range d.parameters {
		if p.value.Name != name {
			continue
		}
		if kind != "" && p.value.Kind != kind {
			return Findings{e.says("plan", "parameter %q is of kind %s; a %s is needed here", name, p.value.Kind, kind)}
		}
		have = append(have, p.value.Span)
	}
	if len(have) == 0 {
		return Findings{e.says("plan", "parameter %q is not in the pack", name)}
	}
	var found Findings
	for _, day := range gaps(need, have) {
		found = append(found, e.says("plan", "rule %q needs parameter %q on %s, which has no value then", e.value.ID, name, day))
	}
	return found
}

// doubled finds facts, conditions and payments that share a name.
func doubled(e entry[Rule]) Findings {
	var found Findings
	seen := map[string]bool{}
	check := func(key, noun, name string) {
		if seen[key+name] {
			found = append(found, e.says(key, "%s %q is in this rule twice", noun, name))
		}
		seen[key+name] = true
	}
	for _, f := range e.value.Facts {
		check("facts", "fact", f.Name)
	}
	for _, c := range e.value.Conditions {
		check("conditions", "condition", c.ID)
	}
	for _, p := range e.value.Plan {
		check("plan", "payment", p.ID)
	}
	return found
}

// Places lists the names that stand in braces in a template, without their
// plural forms: "{birth}" gives "birth", "{n:дан|дана}" gives "n".
func Places(template string) []string {
	var names []string
	for part := range strings.SplitSeq(template, "{") {
		inside, _, closed := strings.Cut(part, "}")
		if name, _, _ := strings.Cut(inside, ":"); closed {
			names = append(names, name)
		}
	}
	return names
}

// asks checks that every question can be put together from the event and from
// answers that come before it.
func asks(e entry[Rule]) Findings {
	var found Findings
	earlier := []string{"birth", "service"}
	for _, f := range e.value.Facts {
		for _, name := range Places(f.Ask) {
			if !slices.Contains(earlier, name) {
				found = append(found, e.says("facts", "the question for fact %q needs %q, which is not known before it", f.Name, name))
			}
		}
		earlier = append(earlier, f.Name)
	}
	return found
}

// examples checks that tests speak of facts and days the rule knows.
func examples(e entry[Rule]) Findings {
	var found Findings
	known := func(name string) bool {
		return slices.ContainsFunc(e.value.Facts, func(f RuleFact) bool { return f.Name == name })
	}
	for _, name := range keys(e.value.Example) {
		if !known(name) {
			found = append(found, e.says("example", "the rule has no fact %q", name))
		}
	}
	for _, test := range e.value.Tests {
		if !e.value.Holds(test.Day) {
			found = append(found, Finding{test.At, "the rule is not in force on " + test.Day.String() + ", the day of this test"})
		}
		for _, name := range slices.Concat(keys(test.Facts), test.Without, test.Missing) {
			if !known(name) {
				found = append(found, Finding{test.At, "the rule has no fact \"" + name + "\""})
			}
		}
	}
	return found
}
