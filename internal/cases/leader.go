package cases

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/page"
	"dobosh/internal/storage"
)

// RightToLead is that of those who stand above officers, each for their scope: they see how much there is and what
// is late, and no person.
func RightToLead() act.Right { return act.Only(identity.Leader) }

// Load is the work of a unit, of a public service, of a place or of a week.
type Load struct {
	Of        string // code; the Monday of a week
	Open      int
	Late      int // of those that are open
	Begun     int // since Overview.Since, as all that follows
	Ended     int
	EndedLate int
	Days      int // by which half of those that ended had ended; -1 for none

	days map[int]int // cases by days
}

// Outcome is how often cases of a kind came to a status.
type Outcome struct {
	Kind   string
	Status string
	N      int
}

// Overview is the work of a leader's scopes in numbers.
type Overview struct {
	Since    civil.Day // the Monday from which it counts
	All      Load
	Units    []Load
	Services []Load
	Places   []Load
	Weeks    []Load // the oldest first; without what is open
	Outcomes []Outcome
}

// leadWeeks is how many weeks an overview goes back.
const leadWeeks = 13

// sum is a row of what was counted.
type sum struct {
	week, unit, service, kind, place string
	what                             what
	value                            string
	n                                int
}

// Lead shows a leader the work of their scopes in numbers.
//
// Problems: sign-in-needed, not-allowed.
func (r *Room) Lead(ctx context.Context, by act.Actor) (Overview, error) {
	scopes, err := r.scoped(RightToLead(), by)
	if err != nil {
		return Overview{}, err
	}
	from := r.DB.Read(ctx)
	today := civil.Of(r.Now())
	view := Overview{Since: overviewSince(today)}
	units, services, places, weeks := tally{}, tally{}, tally{}, tally{}
	all, outcomes := tally{}, map[Outcome]int{}
	lately, err := r.lately(ctx, from, today)
	if err != nil {
		return view, err
	}
	sums, err := lately.of(ctx, from, scopes, "unit, service, kind, place, what, value", func(scan storage.Scan) (s sum, err error) {
		return s, scan(&s.unit, &s.service, &s.kind, &s.place, &s.what, &s.value, &s.n)
	})
	if err != nil {
		return view, err
	}
	for _, s := range sums {
		all.add("", s)
		units.add(s.unit, s)
		services.add(s.service, s)
		places.add(s.place, s)
		if s.what == hasGone {
			outcomes[Outcome{Kind: s.kind, Status: s.value}] += s.n
		}
	}
	if sums, err = (lastWeeks{table: "cases_sums", since: view.Since, onlyWeeks: true}).of(ctx, from, scopes, "week, what, value", func(scan storage.Scan) (s sum, err error) {
		return s, scan(&s.week, &s.what, &s.value, &s.n)
	}); err != nil {
		return view, err
	}
	for _, s := range sums {
		weeks.add(s.week, s)
	}
	late := `ended_at = 0 and alarm in ('over', 'escalated')` // as the index has it
	if scopes.Where != "" {
		late += " and " + scopes.Where
	}
	// By all columns of the index, in its order: else SQLite reads what is open instead.
	found, err := from.QueryContext(ctx, `select unit, service, place, count(*) from cases_cases where `+late+` group by body, unit, service, kind, place`, scopes.Args...)
	behind, err := storage.All(found, err, func(scan storage.Scan) (s sum, err error) { return s, scan(&s.unit, &s.service, &s.place, &s.n) })
	if err != nil {
		return view, fmt.Errorf("cases that are late: %w", err)
	}
	for _, s := range behind {
		for of, t := range map[*tally]string{&all: "", &units: s.unit, &services: s.service, &places: s.place} {
			of.of(t).Late += s.n
		}
	}
	view.Units, view.Services, view.Places, view.Weeks = units.loads(), services.loads(), places.loads(), weeks.loads()
	if whole := all.loads(); len(whole) > 0 {
		view.All = whole[0]
	}
	for o, n := range outcomes {
		o.N = n
		view.Outcomes = append(view.Outcomes, o)
	}
	slices.SortFunc(view.Outcomes, func(a, b Outcome) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.N, a.N), cmp.Compare(a.Status, b.Status))
	})
	return view, nil
}

// overviewSince is the Monday from which an overview of a day counts.
func overviewSince(today civil.Day) civil.Day { return week(today).AddDays(-7 * (leadWeeks - 1)) }

// lastWeeks is where what was counted in the last weeks stands, beside what is not folded yet.
type lastWeeks struct {
	table     string
	day       civil.Day // on which the table was added up; none for one with weeks
	since     civil.Day
	onlyWeeks bool // without what is true of all time
}

// lately is what was added up today, or, while that is still to be done, the weeks.
func (r *Room) lately(ctx context.Context, from storage.Reader, today civil.Day) (lastWeeks, error) {
	all := lastWeeks{table: "cases_sums", since: overviewSince(today)}
	done, err := isAddedUp(ctx, from, today)
	if done {
		all.table, all.day = "cases_quarter", today
	}
	return all, err
}

// of adds up what was counted, folded or not.
func (l lastWeeks) of(ctx context.Context, from storage.Reader, scopes storage.Filter, by string, read func(storage.Scan) (sum, error)) ([]sum, error) {
	weeks := storage.Filter{Where: scopes.Where, Args: slices.Clone(scopes.Args)}
	if l.onlyWeeks {
		and(&weeks, "week >= %s", l.since.String())
	} else {
		and(&weeks, "(week = '' or week >= %s)", l.since.String())
	}
	kept := weeks
	if !l.day.IsZero() {
		kept = storage.Filter{Where: scopes.Where, Args: weeks.Args}
		and(&kept, "day = %s", l.day.String())
		weeks.Args = kept.Args
	}
	rows, err := from.QueryContext(ctx, `select `+by+`, sum(n) from (select `+by+`, n from `+l.table+` where `+kept.Where+` union all select `+by+`, n from cases_counted where `+weeks.Where+`) counted group by `+by, weeks.Args...)
	all, err := storage.All(rows, err, read)
	if err != nil {
		return nil, fmt.Errorf("what was counted of cases: %w", err)
	}
	return all, nil
}

// tally adds up loads by what they are of.
type tally map[string]*Load

func (t tally) of(of string) *Load {
	if t[of] == nil {
		t[of] = &Load{Of: of, Days: -1, days: map[int]int{}}
	}
	return t[of]
}

func (t tally) add(of string, s sum) {
	l := t.of(of)
	switch s.what {
	case isOpen:
		l.Open += s.n
	case hasCome:
		l.Begun += s.n
	case hasGone:
		l.Ended += s.n
	case wasLate:
		l.EndedLate += s.n
	case tookFor:
		if days, err := strconv.Atoi(s.value); err == nil {
			l.days[days] += s.n
		}
	}
}

// loads lists the loads that are not empty, with their medians, in order.
func (t tally) loads() (all []Load) {
	for _, of := range slices.Sorted(maps.Keys(t)) {
		l := *t[of]
		half := 0
		for _, days := range slices.Sorted(maps.Keys(l.days)) {
			if half += l.days[days]; 2*half >= l.Ended && l.Ended > 0 {
				l.Days = days
				break
			}
		}
		if l.Open != 0 || l.Begun != 0 || l.Ended != 0 || l.Late != 0 {
			all = append(all, l)
		}
	}
	return all
}

// Overdue lists the open cases of a leader's scopes whose term has ended, the longest late first. It names nobody.
//
// Problems: sign-in-needed, not-allowed.
func (r *Room) Overdue(ctx context.Context, by act.Actor, after page.Key) (page.Page[Case], error) {
	f, err := r.scoped(RightToLead(), by)
	if err != nil {
		return page.Page[Case]{}, err
	}
	and(&f, "ended_at = %s", 0)
	and(&f, "due <= %s", storage.Micros(r.Now()))
	found, err := queue.Page(ctx, r.DB.Read(ctx), f, after, page.Size)
	if err != nil {
		return found, fmt.Errorf("cases that are overdue: %w", err)
	}
	return page.Map(found, func(c Case) (Case, error) {
		c.Person = ""
		return c, nil
	})
}
