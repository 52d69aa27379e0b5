package law

import (
	"slices"
	"strings"

	"dobosh/internal/kit/civil"
)

// references finds what leads nowhere: to something that is not in the pack,
// or that begins later than what rests on it. What a provision carries may
// outlast it on purpose: when the provision ends, InForce stops what rests on
// it, and that must not make the pack unreadable.
func (d *draft) references() Findings {
	var found Findings
	for _, e := range d.provisions {
		if e.value.Ref.Instrument() != e.value.Instrument.ID {
			found = append(found, e.says("ref", "provision %q does not belong to instrument %q", e.value.Ref, e.value.Instrument.ID))
		}
	}
	for _, e := range d.purposes {
		found = append(found, rests(d, e, e.value.Provision, e.value.From)...)
	}
	for _, e := range d.parameters {
		found = append(found, rests(d, e, e.value.Provision, e.value.From)...)
	}
	for _, e := range d.calendars {
		found = append(found, d.checkCalendar(e)...)
	}
	for _, e := range d.countings {
		found = append(found, d.checkCounting(e)...)
	}
	for _, e := range d.terms {
		found = append(found, d.checkTerm(e)...)
	}
	for _, e := range d.places {
		found = append(found, placeOf(d, e, "within", e.value.Within)...)
	}
	for _, e := range d.bodies {
		found = append(found, placeOf(d, e, "area", e.value.Area)...)
	}
	for _, e := range d.services {
		found = append(found, d.checkService(e)...)
	}
	for _, e := range d.contracts {
		found = append(found, d.checkContract(e)...)
	}
	for _, e := range d.forms {
		found = append(found, d.checkForm(e)...)
	}
	for _, e := range d.cases {
		found = append(found, d.checkCaseKind(e)...)
	}
	for _, e := range d.rules {
		found = append(found, d.checkRule(e)...)
	}
	return found
}

// rests checks the provision on which an entry rests.
func rests[T any](d *draft, e entry[T], ref Ref, from civil.Day) Findings {
	i := slices.IndexFunc(d.provisions, func(p entry[Provision]) bool { return p.value.Ref == ref })
	if i < 0 {
		return Findings{e.says("provision", "provision %q is not in the pack", ref)}
	}
	if begins := d.provisions[i].value.From; begins.After(from) {
		return Findings{e.says("provision", "begins on %s, but its provision %q only on %s", from, ref, begins)}
	}
	return nil
}

func has[T any](entries []entry[T], is func(T) bool) bool {
	return slices.ContainsFunc(entries, func(e entry[T]) bool { return is(e.value) })
}

func placeOf[T any](d *draft, e entry[T], key, code string) Findings {
	if code == "" || has(d.places, func(p Place) bool { return p.Code == code }) {
		return nil
	}
	return Findings{e.says(key, "place %q is not in the pack", code)}
}

func (d *draft) checkService(e entry[PublicService]) Findings {
	s := e.value
	found := append(rests(d, e, s.Provision, s.From), placeOf(d, e, "area", s.Area)...)
	for key, term := range map[string]string{"offer": s.Offer, "decide": s.Decide, "appeal": s.Appeal, "pay": s.Pay} {
		found = append(found, versions(e, key, "term", term, s.Span, d.terms, func(t Term) (string, Span) { return t.ID, t.Span })...)
	}
	if !has(d.purposes, func(p Purpose) bool { return p.ID == s.Purpose }) {
		found = append(found, e.says("purpose", "purpose %q is not in the pack", s.Purpose))
	}
	if !d.hasSystem(s.Body + "/" + s.Subsystem) {
		found = append(found, e.says("body", "no body %q with subsystem %q is in the pack", s.Body, s.Subsystem))
	}
	for _, id := range s.Life {
		if !has(d.events, func(l LifeEvent) bool { return l.ID == id }) {
			found = append(found, e.says("life", "life event %q is not in the pack", id))
		}
	}
	for _, statement := range s.Affirms {
		found = append(found, rests(d, e, statement.Provision, s.From)...)
	}
	return append(found, d.ruleOf(e)...)
}

// ruleOf checks that a service has its rule every day, and may ask all it needs.
func (d *draft) ruleOf(e entry[PublicService]) Findings {
	var found Findings
	var have []Span
	for _, r := range d.rules {
		if r.value.ID == e.value.Rule {
			have = append(have, r.value.Span)
			found = append(found, d.mayAsk(e.value, r)...)
		}
	}
	if len(have) == 0 {
		return Findings{e.says("rule", "rule %q is not in the pack", e.value.Rule)}
	}
	for _, day := range gaps(e.value.Span, have) {
		found = append(found, e.says("rule", "rule %q has no version on %s", e.value.Rule, day))
	}
	return found
}

// mayAsk checks that a contract lets out each fact the rule of a service needs.
func (d *draft) mayAsk(s PublicService, r entry[Rule]) Findings {
	var found Findings
	for _, fact := range r.value.Facts {
		if !has(d.contracts, func(c ContractTemplate) bool { return c.answers(s, fact) }) {
			found = append(found, r.says("facts", "service %q needs fact %q, but no contract lets %s of %s out for it",
				s.ID, fact.Name, fact.Pointer, fact.Service))
		}
	}
	return found
}

func (c ContractTemplate) answers(s PublicService, fact RuleFact) bool {
	return c.Consumer == s.Body+"/"+s.Subsystem && c.Purpose == s.Purpose &&
		c.Provider+"/"+c.Service == fact.Service && slices.Contains(c.Fields, fact.Pointer) &&
		slices.ContainsFunc(c.Paths, func(path string) bool { return matches(path, fact.Ask) })
}

// matches reports whether a question goes where a path pattern allows: a place
// in braces stands for one segment.
func matches(pattern, ask string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(ask, "/")
	if len(want) != len(have) {
		return false
	}
	for i := range want {
		if want[i] != have[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}

func (d *draft) checkContract(e entry[ContractTemplate]) Findings {
	c := e.value
	found := rests(d, e, c.Provision, c.From)
	if !has(d.purposes, func(p Purpose) bool { return p.ID == c.Purpose }) {
		found = append(found, e.says("purpose", "purpose %q is not in the pack", c.Purpose))
	}
	for key, system := range map[string]string{"consumer": c.Consumer, "provider": c.Provider} {
		if !d.hasSystem(system) {
			found = append(found, e.says(key, "no body with the subsystem %q is in the pack", system))
		}
	}
	found = append(found, placeOf(d, e, "area", c.Area)...)
	for _, field := range c.Fields {
		if c.Reason == nil && !d.needed(c, field) {
			found = append(found, e.says("fields", "field %q leaves the register, but no rule of this purpose needs it", field))
		}
	}
	return found
}

func (d *draft) hasSystem(system string) bool {
	return has(d.bodies, func(b Body) bool {
		name, under := strings.CutPrefix(system, b.ID+"/")
		return under && slices.Contains(b.Subsystems, name)
	})
}

// needed reports whether some rule behind the contract reads the field: data
// are asked for a need, never for the case that they may be useful.
func (d *draft) needed(c ContractTemplate, field string) bool {
	return has(d.services, func(s PublicService) bool {
		return has(d.rules, func(r Rule) bool {
			return r.ID == s.Rule && slices.ContainsFunc(r.Facts, func(f RuleFact) bool { return f.Pointer == field && c.answers(s, f) })
		})
	})
}
