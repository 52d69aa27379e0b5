package law

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
)

// Clock is a term that runs, as bare facts: what began it, what made it stand still
// and what made it longer. It is what a room keeps; what follows from it is read by
// [Pack.Read]. A Clock is a value: what changes it gives another one.
type Clock struct {
	Term string    `json:"term"`
	Law  civil.Day `json:"law"` // whose law decides: picks the version of the term and of the counting

	// The event: Day alone for what has only a day, as a birth; At for what has an
	// instant, as a receipt, whose Day is then that of the calendar's zone.
	Day civil.Day `json:"day,omitzero"`
	At  time.Time `json:"at,omitzero"`

	Pauses     []Pause     `json:"pauses,omitempty"`     // in order; only the last may be open
	Extensions []Extension `json:"extensions,omitempty"` // in order
	Restarts   []time.Time `json:"restarts,omitempty"`   // the events before the last, where transfers began it again
	Told       Promise     `json:"told,omitzero"`        // an end that the party was told: it never comes earlier, whatever the pack learns
	Done       time.Time   `json:"done,omitzero"`        // when what was due was done; zero while it is not
}

// Pause is a stretch in which the term stands still.
type Pause struct {
	Reason string    `json:"reason"` // of a [PauseRule]
	From   time.Time `json:"from"`
	To     time.Time `json:"to,omitzero"` // zero while it stands still
}

// Extension makes the term longer.
type Extension struct {
	At      time.Time `json:"at"`
	Amount  int       `json:"amount"` // in the unit of the term
	Reason  string    `json:"reason"` // in the words of who decided it
	Consent bool      `json:"consent,omitempty"`
}

// Promise is an end that the party was told at an instant. Pauses that begin after it
// put it off.
type Promise struct {
	Until time.Time `json:"until"` // the first instant that is late
	At    time.Time `json:"at"`
}

// Begun is a clock that begins with an event of which only the day is known; the
// law of that day decides.
func Begun(term string, day civil.Day) Clock { return Clock{Term: term, Law: day, Day: day} }

// BegunAt is a clock that begins at an instant. The law of the day decides that is
// given, which is that of the facts and not of the transport.
func BegunAt(term string, at time.Time, law civil.Day) Clock {
	return Clock{Term: term, Law: law, At: at.UTC()}
}

// Reading is what follows from a clock under the law of a pack. Its days are those
// of the zone of the calendar.
type Reading struct {
	Clock    Clock
	Term     Term
	Counting Counting
	Calendar *Calendar

	Event   civil.Day // the day of the event
	First   civil.Day // the first day that counts
	Nominal civil.Day // the last day as counted, before a day off moved it
	Last    civil.Day // the last day, or the day of the last instant, on which what is due is in time
	Until   time.Time // the first instant that is late; where the clock stands still, the earliest there can be
	Steps   []Step    // how Last came about, in order
}

// StepKind says what a step of the explanation is about.
type StepKind string

// The kinds of steps.
const (
	StepCounted  StepKind = "counted"  // Amount in Unit from First by Provision
	StepPaused   StepKind = "paused"   // for Title, From to To; Days of it were not counted
	StepExtended StepKind = "extended" // by Amount in Unit
	StepDayOff   StepKind = "day-off"  // the end could not be on From, which is Title
	StepTold     StepKind = "told"     // an end that was told stands
	StepRestart  StepKind = "restart"  // began at From first; a transfer began it again
)

// Step is one sentence of the explanation, as data.
type Step struct {
	Kind      StepKind  `json:"kind"`
	Amount    int       `json:"amount,omitempty"`
	Unit      Unit      `json:"unit,omitempty"`
	From      civil.Day `json:"from,omitzero"`
	To        civil.Day `json:"to,omitzero"` // zero while a pause is open
	Weekend   bool      `json:"weekend,omitempty"`
	Title     lang.Text `json:"title,omitempty"`
	Provision Ref       `json:"provision,omitempty"`
}

// State is where a clock stands.
type State string

// The states.
const (
	Running State = "running"
	Paused  State = "paused"
	Over    State = "over" // the end came and nothing was done: what the term says Then
	Met     State = "met"  // done in time
	Late    State = "late" // done after the end
)

// Read counts a clock. It is the one way in which a term is counted.
//
// Problems: term-not-in-force, calendar-year-missing ([IsYearMissing]).
func (p *Pack) Read(c Clock) (Reading, error) {
	term, counting, calendar, err := p.counted(c.Term, c.Law)
	if err != nil {
		return Reading{}, err
	}
	if c.Day.IsZero() && c.At.IsZero() {
		return Reading{}, fmt.Errorf("the clock of term %q has no event", c.Term)
	}
	r := Reading{Clock: c, Term: term, Counting: counting, Calendar: calendar}
	r.Event = zoned(c.Day, calendar.Zone)
	if !c.At.IsZero() {
		r.Event = civil.On(c.At, calendar.Zone)
	}
	amount, unit := term.Length()
	r.First = counting.first(r.Event)
	for _, at := range c.Restarts {
		r.Steps = append(r.Steps, Step{Kind: StepRestart, From: civil.On(at, calendar.Zone), Provision: term.Provision})
	}
	r.Steps = append(r.Steps, Step{Kind: StepCounted, Amount: amount, Unit: unit, From: r.First, Provision: term.Provision})
	for _, e := range c.Extensions {
		amount += e.Amount
		step := Step{Kind: StepExtended, Amount: e.Amount, Unit: unit, From: civil.On(e.At, calendar.Zone)}
		if term.Extensions != nil {
			step.Provision = term.Extensions.Provision
		}
		r.Steps = append(r.Steps, step)
	}
	for _, pause := range c.Pauses {
		rule, _ := term.Pause(pause.Reason)
		from, to := pause.days(calendar.Zone)
		if pause.To.IsZero() {
			to = civil.Day{}
		}
		r.Steps = append(r.Steps, Step{Kind: StepPaused, From: from, To: to, Title: rule.Title, Provision: rule.Provision})
	}
	if unit.Instants() {
		err = r.countInstants(amount, unit)
	} else {
		err = r.countDays(amount, unit)
	}
	if err != nil {
		return Reading{}, err
	}
	r.keep(c.Told, unit)
	return r, nil
}

// keep holds what the party was told where that is later.
func (r *Reading) keep(told Promise, unit Unit) {
	until := told.Until
	for _, p := range r.Clock.Pauses {
		if !p.From.Before(told.At) && p.From.Before(until) && p.To.After(p.From) {
			until = until.Add(p.To.Sub(p.From))
		}
	}
	if !until.After(r.Until) {
		return
	}
	r.Last, r.Until = civil.On(until.Add(-time.Nanosecond), r.Calendar.Zone), until
	if !unit.Instants() {
		r.Until = r.Last.AddDays(1).Start()
	}
	r.Steps = append(r.Steps, Step{Kind: StepTold, From: r.Last})
}

// counted finds the versions that decide on a day.
func (p *Pack) counted(id string, day civil.Day) (Term, Counting, *Calendar, error) {
	term, ok := p.Term(id, day)
	counting, known := p.Counting(term.Counting, day)
	calendar, has := p.Calendar(term.Calendar)
	if !ok || !known || !has {
		return term, counting, calendar, problem.New(problem.Unavailable, "term-not-in-force", "term", id, "day", day.String())
	}
	return term, counting, calendar, nil
}

// countDays finds the last day of a term that is counted in days, months or years.
func (r *Reading) countDays(amount int, unit Unit) (err error) {
	switch unit {
	case WorkingDays:
		r.Nominal, err = r.workingDay(amount)
	case Days:
		r.Nominal, err = r.paused(r.First.AddDays(amount - 1))
	case Months:
		r.Nominal, err = r.paused(r.Counting.months(r.Event, amount))
	default:
		r.Nominal, err = r.paused(r.Counting.months(r.Event, 12*amount))
	}
	if err != nil {
		return err
	}
	skipped, err := r.move(r.Nominal)
	if err != nil {
		return err
	}
	for _, off := range skipped {
		r.Steps = append(r.Steps, Step{Kind: StepDayOff, From: off.Day, Weekend: off.Weekend, Title: off.Title, Provision: r.Counting.MovesBy})
	}
	r.Last = r.Nominal.AddDays(len(skipped))
	r.Until = r.Last.AddDays(1).Start()
	return nil
}

// move lists the days off by which an end on a day moves.
func (r *Reading) move(day civil.Day) ([]DayOff, error) {
	if !r.Counting.Moves {
		return nil, nil
	}
	_, skipped, err := r.Calendar.Next(day)
	return skipped, err
}

// workingDay is the nth working day from the first day that counts. A day on which
// the clock stands still does not count; the day on which it goes on does.
func (r *Reading) workingDay(n int) (civil.Day, error) {
	still := make([]Span, 0, len(r.Clock.Pauses))
	for _, p := range r.Clock.Pauses {
		if from, to := p.days(r.Calendar.Zone); from.Before(to) {
			still = append(still, Span{from, to.AddDays(-1)})
		}
	}
	for day := r.First; ; day = day.AddDays(1) {
		_, off, err := r.Calendar.Off(day)
		if err != nil {
			return day, err
		}
		if off || slices.ContainsFunc(still, func(s Span) bool { return s.Holds(day) }) {
			continue
		}
		if n--; n == 0 {
			return day, nil
		}
	}
}

// paused puts the last day off by the days on which the clock stood still: from the
// day on which it stopped up to the day on which it went on, which counts again. A
// pause that begins in the days off by which the end moves leaves at least the day
// on which the clock goes on.
func (r *Reading) paused(last civil.Day) (civil.Day, error) {
	for _, p := range r.Clock.Pauses {
		from, to := p.days(r.Calendar.Zone)
		skipped, err := r.move(last)
		if err != nil {
			return last, err
		}
		if from.After(last.AddDays(len(skipped))) {
			break
		}
		if last = last.AddDays(max(0, from.DaysUntil(to))); last.Before(to) {
			last = to
		}
	}
	return last, nil
}

// days are the day on which the clock stopped and the one on which it went on; both
// are the first while it stands still.
func (p Pause) days(zone string) (from, to civil.Day) {
	from = civil.On(p.From, zone)
	if p.To.IsZero() {
		return from, from
	}
	return from, civil.On(p.To, zone)
}

// countInstants finds the end of a term that is counted in hours.
func (r *Reading) countInstants(amount int, unit Unit) (err error) {
	start, need := r.Clock.At, time.Duration(amount)*time.Hour
	if start.IsZero() {
		start = r.Event.Start()
	}
	if unit == Hours {
		r.Until = start.Add(need)
		for _, p := range r.Clock.Pauses {
			if !p.To.IsZero() && p.From.Before(r.Until) {
				r.Until = r.Until.Add(p.To.Sub(p.From))
			}
		}
	} else if r.Until, err = r.Calendar.worked(start, need, r.Clock.Pauses); err != nil {
		return err
	}
	r.Last = civil.On(r.Until.Add(-time.Nanosecond), r.Calendar.Zone)
	r.Nominal = r.Last
	return nil
}

// worked is the instant at which an office has been open for so long since start,
// pauses not counted.
func (c *Calendar) worked(start time.Time, need time.Duration, pauses []Pause) (time.Time, error) {
	for day := civil.On(start, c.Zone); ; day = day.AddDays(1) {
		open, err := c.open(day)
		if err != nil {
			return start, err
		}
		for _, span := range open {
			at, end := span[0], span[1]
			if at.Before(start) {
				at = start
			}
			for _, p := range pauses { // in order
				if p.To.IsZero() || !p.From.Before(end) || !p.To.After(at) {
					continue
				}
				if before := p.From.Sub(at); before > 0 {
					if before >= need {
						return at.Add(need), nil
					}
					need -= before
				}
				at = p.To
			}
			have := end.Sub(at)
			if have >= need {
				return at.Add(need), nil
			}
			need -= max(0, have)
		}
	}
}

// State says where the clock stands.
func (r Reading) State(now time.Time) State {
	switch c := r.Clock; {
	case !c.Done.IsZero() && c.Done.Before(r.Until):
		return Met
	case !c.Done.IsZero():
		return Late
	case r.still():
		return Paused
	case now.Before(r.Until):
		return Running
	}
	return Over
}

func (r Reading) still() bool {
	n := len(r.Clock.Pauses)
	return n > 0 && r.Clock.Pauses[n-1].To.IsZero()
}

// Mark is an instant at which somebody is told about a clock.
type Mark struct {
	At    time.Time // when the office opens on that day
	Ahead int       // how far before the end, as [Term.Remind]; negative after it
}

// Marks lists the reminders before the end and what follows after it, in order.
// Those that would come before the event are left out, and there are none while the
// clock stands still or after what was due was done.
//
// Problems: calendar-year-missing.
func (r Reading) Marks() ([]Mark, error) {
	if r.still() || !r.Clock.Done.IsZero() {
		return nil, nil
	}
	var marks []Mark
	ahead := slices.Clone(r.Term.Remind)
	for _, n := range r.Term.Escalate {
		ahead = append(ahead, -n)
	}
	slices.SortFunc(ahead, func(a, b int) int { return b - a })
	for _, n := range ahead {
		at, err := r.mark(n)
		if err != nil {
			return nil, err
		}
		if began := r.began(); !at.After(began) {
			continue
		}
		marks = append(marks, Mark{At: at, Ahead: n})
	}
	return marks, nil
}

func (r Reading) began() time.Time {
	if !r.Clock.At.IsZero() {
		return r.Clock.At
	}
	return r.Event.AddDays(1).Start()
}

func (r Reading) mark(ahead int) (time.Time, error) {
	_, unit := r.Term.Length()
	switch {
	case !unit.Instants():
		day, err := r.Calendar.Shift(r.Last, -ahead)
		if err != nil {
			return day.Start(), err
		}
		return r.Calendar.Opens(day)
	case unit == Hours || ahead >= 0:
		return r.Until.Add(-time.Duration(ahead) * time.Hour), nil
	}
	return r.Calendar.worked(r.Until, time.Duration(-ahead)*time.Hour, nil)
}

// Pause lets the clock stand still for a reason that the term knows.
//
// Problems: clock-not-running, clock-pause-unknown, clock-backwards.
func (r Reading) Pause(at time.Time, reason string) (Clock, error) {
	if err := r.mayChange(at); err != nil {
		return r.Clock, err
	}
	if _, known := r.Term.Pause(reason); !known {
		return r.Clock, problem.New(problem.Invalid, "clock-pause-unknown", "term", r.Term.ID, "reason", reason)
	}
	c := r.Clock
	c.Pauses = append(slices.Clone(c.Pauses), Pause{Reason: reason, From: at.UTC()})
	return c, nil
}

// Resume lets the clock go on.
//
// Problems: clock-not-paused, clock-backwards.
func (r Reading) Resume(at time.Time) (Clock, error) {
	if !r.still() || !r.Clock.Done.IsZero() {
		return r.Clock, problem.New(problem.Conflict, "clock-not-paused")
	}
	if at.Before(r.latest()) {
		return r.Clock, problem.New(problem.Invalid, "clock-backwards")
	}
	c := r.Clock
	c.Pauses = slices.Clone(c.Pauses)
	c.Pauses[len(c.Pauses)-1].To = at.UTC()
	return c, nil
}

// Extend makes the term longer, as often and by as much as it allows.
//
// Problems: clock-not-running, clock-backwards, clock-extensions-used,
// clock-extension-long, clock-consent-needed.
func (r Reading) Extend(e Extension) (Clock, error) {
	if err := r.mayChange(e.At); err != nil {
		return r.Clock, err
	}
	rule, nth := r.Term.Extensions, len(r.Clock.Extensions)+1
	switch {
	case rule == nil || nth > rule.Most:
		return r.Clock, problem.New(problem.Conflict, "clock-extensions-used", "term", r.Term.ID)
	case e.Amount < 1 || e.Amount > rule.Amount:
		return r.Clock, problem.New(problem.Invalid, "clock-extension-long", "most", strconv.Itoa(rule.Amount))
	case rule.ConsentFrom > 0 && nth >= rule.ConsentFrom && !e.Consent:
		return r.Clock, problem.New(problem.Conflict, "clock-consent-needed")
	}
	c := r.Clock
	e.At = e.At.UTC()
	c.Extensions = append(slices.Clone(c.Extensions), e)
	return c, nil
}

// Transfer notes that another body has received the matter. Where the term begins
// again by it, pauses and extensions of before are spent; else it goes on.
//
// Problems: clock-not-running, clock-backwards.
func (r Reading) Transfer(at time.Time) (Clock, error) {
	if err := r.mayChange(at); err != nil || !r.Term.Restarts {
		return r.Clock, err
	}
	c := r.Clock
	began := c.At
	if began.IsZero() {
		began = r.Event.Start()
	}
	c.Restarts = append(slices.Clone(c.Restarts), began)
	c.Day, c.At, c.Pauses, c.Extensions = civil.Day{}, at.UTC(), nil, nil
	c.Told = Promise{Until: r.Until, At: at.UTC()} // what was to come is not made earlier by it
	return c, nil
}

// End notes that what was due was done. It may be noted late, for a time before.
//
// Problems: clock-not-running, clock-backwards.
func (r Reading) End(at time.Time) (Clock, error) {
	if !r.Clock.Done.IsZero() {
		return r.Clock, problem.New(problem.Conflict, "clock-not-running")
	}
	if at.Before(r.start()) {
		return r.Clock, problem.New(problem.Invalid, "clock-backwards")
	}
	c := r.Clock
	if r.still() { // it goes on only to end
		c.Pauses = slices.Clone(c.Pauses)
		c.Pauses[len(c.Pauses)-1].To = later(c.Pauses[len(c.Pauses)-1].From, at.UTC())
	}
	c.Done = at.UTC()
	return c, nil
}

// mayChange admits a change to a clock that runs at an instant which is not before
// what was done to it last.
func (r Reading) mayChange(at time.Time) error {
	if r.State(at) != Running {
		return problem.New(problem.Conflict, "clock-not-running")
	}
	if at.Before(r.latest()) {
		return problem.New(problem.Invalid, "clock-backwards")
	}
	return nil
}

func (r Reading) start() time.Time {
	if !r.Clock.At.IsZero() {
		return r.Clock.At
	}
	return r.Event.Start()
}

// latest is the instant of the last thing that was done to the clock.
func (r Reading) latest() time.Time {
	latest := r.start()
	for _, p := range r.Clock.Pauses {
		latest = later(later(latest, p.From), p.To)
	}
	for _, e := range r.Clock.Extensions {
		latest = later(latest, e.At)
	}
	return latest
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Due lists the days on which what comes again and again is due: an event, and
// after every further run of the term, each moved by itself. A day whose year the
// calendar does not know yet is given as counted, with known false: before it
// comes, the calendar must be told.
//
// Problems: term-not-in-force.
func (p *Pack) Due(term string, event civil.Day, count int) ([]DueDay, error) {
	t, counting, calendar, err := p.counted(term, event)
	if err != nil {
		return nil, err
	}
	amount, unit := t.Length()
	days := make([]DueDay, 0, max(0, count))
	for i := range count {
		day := event.In(calendar.Zone)
		switch n := i * amount; {
		case n == 0:
		case unit == Months:
			day = day.AddMonths(n)
		case unit == Years:
			day = day.AddMonths(12 * n)
		default:
			day = day.AddDays(n)
		}
		due := DueDay{Day: day, Known: true}
		if counting.Moves {
			moved, _, err := calendar.Next(day)
			if due.Known = err == nil; due.Known {
				due.Day = moved
			}
		}
		days = append(days, due)
	}
	return days, nil
}

// DueDay is one of the days of [Pack.Due].
type DueDay struct {
	Day   civil.Day
	Known bool // moved past days off; false where the calendar does not know the year
}
