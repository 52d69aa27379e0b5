package law

import (
	"slices"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
)

// Unit is what a term is counted in.
type Unit string

// The units, as the pack writes them.
const (
	Hours        Unit = "hours"         // of the clock, day and night
	WorkingHours Unit = "working_hours" // of the office, by the hours of the calendar
	WorkingDays  Unit = "working_days"
	Days         Unit = "days"
	Months       Unit = "months"
	Years        Unit = "years"
)

// Instants reports whether a term of the unit runs from instant to instant, and
// not from day to day.
func (u Unit) Instants() bool { return u == Hours || u == WorkingHours }

// Effect is what the law attaches to the end of a term in which nothing was done.
type Effect string

// The effects.
const (
	NoEffect   Effect = ""
	Lapse      Effect = "lapse"      // the right that could be used is gone
	Appeal     Effect = "appeal"     // silence: the party may appeal as if refused
	Granted    Effect = "granted"    // silence is a yes
	Refused    Effect = "refused"    // silence is a no
	Escalation Effect = "escalation" // who stands above is told
)

// Counting is one dated version of how a law counts its terms.
type Counting struct {
	ID       string    `yaml:"id"`
	Title    lang.Text `yaml:"title"`
	FirstDay bool      `yaml:"first_day"` // the day of the event is the first that counts, else the one after it
	// Eve reads months and years: true ends them on the eve of the date of the first
	// day that counts, or on the last day of a month without that date (Civil Act of
	// Korea, art. 160); false on the date of the event, or on the last day of a month
	// without it (as administrative procedure in Serbia).
	Eve bool `yaml:"eve"`
	// Moves says that a term whose last day is a day off ends with the next working day.
	Moves     bool `yaml:"moves"`
	MovesBy   Ref  `yaml:"moves_by"` // empty where it does not move
	Provision Ref  `yaml:"provision"`
	Span      `yaml:",inline"`
	Evidence  `yaml:",inline"`
}

// Term is one dated version of a period that the law sets.
type Term struct {
	ID    string    `yaml:"id"`
	Title lang.Text `yaml:"title"`

	// Exactly one of these is given, and at least 1; see [Term.Length].
	Hours        int `yaml:"hours,omitempty"`
	WorkingHours int `yaml:"working_hours,omitempty"`
	WorkingDays  int `yaml:"working_days,omitempty"`
	Days         int `yaml:"days,omitempty"`
	Months       int `yaml:"months,omitempty"`
	Years        int `yaml:"years,omitempty"`

	Starts   string `yaml:"starts"`   // the event: birth, filing, receipt, delivery, decision …
	Counting string `yaml:"counting"` // how it is counted
	Calendar string `yaml:"calendar"` // whose days off and office hours

	Then   Effect `yaml:"then"`    // when the term is over
	ThenBy Ref    `yaml:"then_by"` // the provision of the effect; empty where there is none

	Pauses     []PauseRule    `yaml:"pauses"`     // for what it may stand still; none when empty
	Extensions *ExtensionRule `yaml:"extensions"` // nil: it cannot be made longer
	Restarts   bool           `yaml:"restarts"`   // a transfer to another body begins it again; else it goes on

	// Remind and Escalate are how long before and after the end somebody is told: in
	// working hours for a term in hours, else in working days.
	Remind   []int `yaml:"remind"`
	Escalate []int `yaml:"escalate"`

	Provision Ref        `yaml:"provision"`
	Tests     []TermTest `yaml:"tests"`
	Span      `yaml:",inline"`
	Evidence  `yaml:",inline"`
}

// PauseRule is a reason for which a term may stand still.
type PauseRule struct {
	ID        string    `yaml:"id"`
	Title     lang.Text `yaml:"title"`
	Provision Ref       `yaml:"provision"`
}

// ExtensionRule says how a term may be made longer.
type ExtensionRule struct {
	Most        int `yaml:"most"`         // times
	Amount      int `yaml:"amount"`       // at most, each time, in the unit of the term
	ConsentFrom int `yaml:"consent_from"` // the party must agree to this one and those after it; 0: to none
	Provision   Ref `yaml:"provision"`
}

// TermTest is an example that the authors of a term wrote beside it: an event on a
// day ("2026-01-03") or at a time of the calendar's zone ("2026-01-03 16:20"), and
// the last day, or the time at which the term is over.
type TermTest struct {
	On   string   `yaml:"on"`
	Last string   `yaml:"last"`
	At   Position `yaml:"-"`
}

// Length is how long the term is and in what it is counted.
func (t Term) Length() (int, Unit) {
	for unit, n := range map[Unit]int{Hours: t.Hours, WorkingHours: t.WorkingHours, WorkingDays: t.WorkingDays, Days: t.Days, Months: t.Months} {
		if n > 0 {
			return n, unit
		}
	}
	return t.Years, Years
}

// Pause finds the reason for which the term may stand still.
func (t Term) Pause(id string) (PauseRule, bool) {
	return find(t.Pauses, func(x PauseRule) bool { return x.ID == id })
}

// Terms lists every version of every term, ordered by id and first day.
func (p *Pack) Terms() []Term {
	var all []Term
	for _, id := range keys(p.terms) {
		all = append(all, p.terms[id]...)
	}
	return all
}

// Term gives the version of a term that is in force on a day.
func (p *Pack) Term(id string, day civil.Day) (Term, bool) {
	return find(p.terms[id], func(x Term) bool { return x.Holds(day) })
}

// Countings lists every version of every way to count, ordered by id and first day.
func (p *Pack) Countings() []Counting {
	var all []Counting
	for _, id := range keys(p.countings) {
		all = append(all, p.countings[id]...)
	}
	return all
}

// Counting gives the version of a way to count that is in force on a day.
func (p *Pack) Counting(id string, day civil.Day) (Counting, bool) {
	return find(p.countings[id], func(x Counting) bool { return x.Holds(day) })
}

// months gives the last day of n months from an event, before any move.
func (c Counting) months(event civil.Day, n int) civil.Day {
	if !c.Eve {
		return event.AddMonths(n)
	}
	first := c.first(event)
	last := first.AddMonths(n)
	if last.Dom() == first.Dom() {
		return last.AddDays(-1)
	}
	return last
}

// first is the first day that counts.
func (c Counting) first(event civil.Day) civil.Day {
	if c.FirstDay {
		return event
	}
	return event.AddDays(1)
}

// byDay orders dated versions.
func byDay[T any](versions []T, span func(T) Span) {
	slices.SortFunc(versions, func(a, b T) int { return span(a).From.Compare(span(b).From) })
}
