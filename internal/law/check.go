package law

import (
	"cmp"
	"slices"
	"strings"

	"dobosh/internal/kit/civil"
)

// check looks at what only shows when all files are seen together.
func (d *draft) check() Findings {
	var found Findings
	found = append(found, spans(d.instruments, func(x Instrument) Span { return x.Span })...)
	found = append(found, spans(d.provisions, func(x Provision) Span { return x.Span })...)
	found = append(found, spans(d.purposes, func(x Purpose) Span { return x.Span })...)
	found = append(found, spans(d.events, func(x LifeEvent) Span { return x.Span })...)
	found = append(found, spans(d.parameters, func(x Parameter) Span { return x.Span })...)
	found = append(found, spans(d.bodies, func(x Body) Span { return x.Span })...)
	found = append(found, spans(d.places, func(x Place) Span { return x.Span })...)
	found = append(found, spans(d.countings, func(x Counting) Span { return x.Span })...)
	found = append(found, spans(d.terms, func(x Term) Span { return x.Span })...)
	found = append(found, spans(d.services, func(x PublicService) Span { return x.Span })...)
	found = append(found, spans(d.rules, func(x Rule) Span { return x.Span })...)
	found = append(found, spans(d.contracts, func(x ContractTemplate) Span { return x.Span })...)
	found = append(found, spans(d.forms, func(x Form) Span { return x.Span })...)
	found = append(found, spans(d.cases, func(x CaseKind) Span { return x.Span })...)

	found = append(found, unique("instrument", d.instruments, func(x Instrument) string { return x.ID })...)
	found = append(found, unique("provision", d.provisions, func(x Provision) string { return string(x.Ref) })...)
	found = append(found, unique("purpose", d.purposes, func(x Purpose) string { return x.ID })...)
	found = append(found, unique("life event", d.events, func(x LifeEvent) string { return x.ID })...)
	found = append(found, unique("body", d.bodies, func(x Body) string { return x.ID })...)
	found = append(found, unique("place", d.places, func(x Place) string { return x.Code })...)
	found = append(found, unique("calendar", d.calendars, func(x Calendar) string { return x.ID })...)
	found = append(found, unique("service", d.services, func(x PublicService) string { return x.ID })...)
	found = append(found, unique("form", d.forms, func(x Form) string { return x.ID })...)
	found = append(found, unique("kind of case", d.cases, func(x CaseKind) string { return x.ID })...)
	found = append(found, unique("contract", d.contracts, func(x ContractTemplate) string { return x.ID })...)

	found = append(found, overlaps("parameter", d.parameters, func(x Parameter) (string, Span) { return x.Name, x.Span })...)
	found = append(found, overlaps("counting", d.countings, func(x Counting) (string, Span) { return x.ID, x.Span })...)
	found = append(found, overlaps("term", d.terms, func(x Term) (string, Span) { return x.ID, x.Span })...)
	found = append(found, overlaps("rule", d.rules, func(x Rule) (string, Span) { return x.ID, x.Span })...)
	return append(found, d.references()...)
}

// spans finds entries that end before they begin.
func spans[T any](entries []entry[T], of func(T) Span) Findings {
	var found Findings
	for _, e := range entries {
		if s := of(e.value); !s.To.IsZero() && s.To.Before(s.From) {
			found = append(found, e.says("to", "ends on %s, before it begins on %s", s.To, s.From))
		}
	}
	return found
}

// unique finds ids that are given twice.
func unique[T any](noun string, entries []entry[T], id func(T) string) Findings {
	var found Findings
	first := map[string]Position{}
	for _, e := range entries {
		key := id(e.value)
		if at, taken := first[key]; taken {
			found = append(found, e.says("", "%s %q is already at %s", noun, key, at))
			continue
		}
		first[key] = e.at()
	}
	return found
}

// overlaps finds days for which one name has two values.
func overlaps[T any](noun string, entries []entry[T], of func(T) (string, Span)) Findings {
	var found Findings
	sorted := slices.SortedStableFunc(slices.Values(entries), func(a, b entry[T]) int {
		nameA, spanA := of(a.value)
		nameB, spanB := of(b.value)
		return cmp.Or(strings.Compare(nameA, nameB), spanA.From.Compare(spanB.From))
	})
	for i := 1; i < len(sorted); i++ {
		name, before := of(sorted[i-1].value)
		next, after := of(sorted[i].value)
		if name == next && before.Holds(after.From) {
			found = append(found, sorted[i].says("from", "%s %q has two values on %s: the other is at %s",
				noun, name, after.From, sorted[i-1].at("from")))
		}
	}
	return found
}

// gaps lists the first day of each stretch of need that no span covers.
func gaps(need Span, have []Span) []civil.Day {
	var missing []civil.Day
	slices.SortFunc(have, func(a, b Span) int { return a.From.Compare(b.From) })
	day := need.From
	for _, s := range have {
		if !s.To.IsZero() && s.To.Before(day) {
			continue
		}
		if !need.To.IsZero() && s.From.After(need.To) {
			break
		}
		if s.From.After(day) {
			missing = append(missing, day)
		}
		if s.To.IsZero() {
			return missing
		}
		day = s.To.AddDays(1)
	}
	if need.To.IsZero() || !day.After(need.To) {
		missing = append(missing, day)
	}
	return missing
}

// within cuts the span of a payment to that of its rule.
func (s Span) within(outer Span) Span {
	if s.From.Before(outer.From) {
		s.From = outer.From
	}
	if s.To.IsZero() || (!outer.To.IsZero() && outer.To.Before(s.To)) {
		s.To = outer.To
	}
	return s
}
