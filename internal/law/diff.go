package law

import (
	"fmt"
	"slices"
	"strings"

	"dobosh/internal/kit/civil"
)

// Diff is what changes for the world when a new pack takes the place of an old
// one. Who gains and who loses by it, package rules works out.
type Diff struct {
	Parameters []ParameterChange `json:"parameters"`
	Ended      []Ending          `json:"ended"`   // provisions that end or are gone
	Stopped    []Ending          `json:"stopped"` // contracts that can no longer be used, and why
	Changes    []Change          `json:"changes"` // of everything else that is in both
	Added      []string          `json:"added"`   // "service newborn-grant", "rule …"
	Removed    []string          `json:"removed"`
}

// ParameterChange is a stretch of days on which a parameter has another value.
type ParameterChange struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	Span
	Old int64 `json:"old"` // 0: had no value
	New int64 `json:"new"` // 0: has no value any more
}

// Ending is something that is not in force from a day on.
type Ending struct {
	ID        string    `json:"id"`
	From      civil.Day `json:"from,omitzero"` // first day without it; no day when it is not in the new pack at all
	Provision Ref       `json:"provision,omitempty"`
}

// Compare lists the differences between two packs, in the order of names and
// days.
func Compare(old, new *Pack) Diff {
	d := Diff{
		Parameters: parameterChanges(old, new), Ended: provisionsEnded(old, new), Stopped: contractsStopped(old, new),
		Changes: changes(old, new),
	}
	have, will := contents(old), contents(new)
	for _, name := range will {
		if !slices.Contains(have, name) {
			d.Added = append(d.Added, name)
		}
	}
	for _, name := range have {
		if !slices.Contains(will, name) {
			d.Removed = append(d.Removed, name)
		}
	}
	return d
}

func contents(p *Pack) []string {
	var names []string
	for _, section := range p.sections() {
		if section.what == "rule" || section.what == "provision" || section.what == "parameter" || section.what == "pack" {
			continue // versions of rules follow; a provision that is gone has ended, a parameter has no value
		}
		for _, id := range section.ids() {
			names = append(names, section.what+" "+id)
		}
	}
	for _, r := range p.Rules() {
		names = append(names, fmt.Sprintf("rule %s from %s", r.ID, r.From))
	}
	return names
}

// Days lists the days on which something may change between two packs: the
// first days of stretches with another value and of endings.
func (d Diff) Days() []civil.Day {
	var days []civil.Day
	for _, c := range d.Parameters {
		days = append(days, c.From)
		if !c.To.IsZero() {
			days = append(days, c.To.AddDays(1))
		}
	}
	for _, e := range d.Ended {
		if !e.From.IsZero() {
			days = append(days, e.From)
		}
	}
	for _, c := range d.Changes {
		if !c.From.IsZero() && (c.What == "rule" || c.What == "service") {
			days = append(days, c.From)
		}
	}
	slices.SortFunc(days, civil.Day.Compare)
	return slices.Compact(days)
}

func parameterChanges(old, new *Pack) []ParameterChange {
	names := slices.Concat(old.Parameters(), new.Parameters())
	slices.Sort(names)
	var changes []ParameterChange
	for _, name := range slices.Compact(names) {
		changes = append(changes, valueChanges(name, old.parameters[name], new.parameters[name])...)
	}
	return changes
}

// valueChanges walks over all days on which either side begins or ends a value.
func valueChanges(name string, old, new []Parameter) []ParameterChange {
	var changes []ParameterChange
	days := edges(old, new)
	for i, day := range days {
		a, _ := find(old, func(p Parameter) bool { return p.Holds(day) })
		b, _ := find(new, func(p Parameter) bool { return p.Holds(day) })
		if a.Value == b.Value {
			continue
		}
		change := ParameterChange{Name: name, Kind: max(a.Kind, b.Kind), Span: Span{From: day}, Old: a.Value, New: b.Value}
		if i+1 < len(days) {
			change.To = days[i+1].AddDays(-1)
		}
		changes = append(changes, change)
	}
	return changes
}

func edges(lists ...[]Parameter) []civil.Day {
	var days []civil.Day
	for _, p := range slices.Concat(lists...) {
		days = append(days, p.From)
		if !p.To.IsZero() {
			days = append(days, p.To.AddDays(1))
		}
	}
	slices.SortFunc(days, civil.Day.Compare)
	return slices.Compact(days)
}

func provisionsEnded(old, new *Pack) []Ending {
	var ended []Ending
	for _, was := range old.Provisions() {
		is, still := new.Provision(was.Ref)
		if e, ends := ending(string(was.Ref), was.last(), is.last(), still); ends {
			ended = append(ended, e)
		}
	}
	return ended
}

// ending compares last days: something ends when it has one that is earlier
// than it was.
func ending(id string, was, is civil.Day, still bool) (Ending, bool) {
	if !still {
		return Ending{ID: id}, true
	}
	if is.IsZero() || (!was.IsZero() && !is.Before(was)) {
		return Ending{}, false
	}
	return Ending{ID: id, From: is.AddDays(1)}, true
}

// contractsStopped lists contracts that end by themselves or with their
// provision, whichever is first.
func contractsStopped(old, new *Pack) []Ending {
	var stopped []Ending
	for _, was := range old.contracts {
		is, still := find(new.contracts, func(c ContractTemplate) bool { return c.ID == was.ID })
		e, stops := ending(was.ID, old.lastDay(was), new.lastDay(is), still)
		if stops {
			e.Provision = was.Provision
			stopped = append(stopped, e)
		}
	}
	return stopped
}

func (p *Pack) lastDay(c ContractTemplate) civil.Day {
	last := c.To
	if pr, ok := p.provisions[c.Provision]; ok {
		if end := pr.last(); !end.IsZero() && (last.IsZero() || end.Before(last)) {
			last = end
		}
	}
	return last
}

// String writes the differences for people, one a line.
func (d Diff) String() string {
	var b strings.Builder
	for _, c := range d.Parameters {
		fmt.Fprintf(&b, "parameter %s %s: %s becomes %s\n", c.Name, c.Span, c.worth(c.Old), c.worth(c.New))
	}
	for _, e := range d.Ended {
		fmt.Fprintf(&b, "provision %s %s\n", e.ID, e.when())
	}
	for _, e := range d.Stopped {
		fmt.Fprintf(&b, "contract %s %s; it rests on %s\n", e.ID, e.when(), e.Provision)
	}
	for _, c := range d.Changes {
		fmt.Fprintln(&b, c)
	}
	for _, name := range d.Added {
		fmt.Fprintf(&b, "new: %s\n", name)
	}
	for _, name := range d.Removed {
		fmt.Fprintf(&b, "gone: %s\n", name)
	}
	return b.String()
}

// String gives "from 2026-12-01" or "from 2026-12-01 to 2026-12-31".
func (s Span) String() string {
	if s.To.IsZero() {
		return "from " + s.From.String()
	}
	return "from " + s.From.String() + " to " + s.To.String()
}

func (e Ending) when() string {
	if e.From.IsZero() {
		return "is gone"
	}
	return "is not in force from " + e.From.String()
}

func (c ParameterChange) worth(value int64) string {
	switch {
	case value == 0:
		return "no value"
	case c.Kind == "money":
		return Parameter{Value: value}.Money().Decimal()
	}
	return fmt.Sprint(value)
}
