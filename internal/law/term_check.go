package law

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dobosh/internal/kit/civil"
)

// takeTerms adds the ways to count and the terms of a file.
func (d *draft) takeTerms(doc document) Findings {
	found := append(each(doc, "countings", &d.countings), each(doc, "terms", &d.terms)...)
	for i := range d.terms {
		e := &d.terms[i]
		for n := range e.value.Tests {
			e.value.Tests[n].At = e.valueAt("tests", n, "on")
		}
	}
	return found
}

// takeCalendar adds the calendar of a file.
func (d *draft) takeCalendar(doc document) Findings {
	return add(doc, doc.root, &d.calendars)
}

// versions finds what an entry needs on days for which there is no version of it.
func versions[T, V any](e entry[T], key, noun, id string, need Span, all []entry[V], of func(V) (string, Span)) Findings {
	var have []Span
	for _, v := range all {
		if name, span := of(v.value); name == id {
			have = append(have, span)
		}
	}
	if len(have) == 0 {
		return Findings{e.says(key, "%s %q is not in the pack", noun, id)}
	}
	var found Findings
	for _, day := range gaps(need, have) {
		found = append(found, e.says(key, "%s %q has no version on %s", noun, id, day))
	}
	return found
}

func (d *draft) checkCounting(e entry[Counting]) Findings {
	c := e.value
	found := rests(d, e, c.Provision, c.From)
	if c.Moves {
		found = append(found, rests(d, e, c.MovesBy, c.From)...)
	}
	return found
}

func (d *draft) checkTerm(e entry[Term]) Findings {
	t := e.value
	found := rests(d, e, t.Provision, t.From)
	found = append(found, versions(e, "counting", "counting", t.Counting, t.Span, d.countings, func(c Counting) (string, Span) { return c.ID, c.Span })...)
	if !has(d.calendars, func(c Calendar) bool { return c.ID == t.Calendar }) {
		found = append(found, e.says("calendar", "calendar %q is not in the pack", t.Calendar))
	} else if t.WorkingHours > 0 && !d.hasHours(t.Calendar, 0) {
		found = append(found, e.says("calendar", "calendar %q has no office hours, in which term %q is counted", t.Calendar, t.ID))
	}
	if t.Then != NoEffect {
		found = append(found, rests(d, e, t.ThenBy, t.From)...)
	}
	seen := map[string]bool{}
	for _, p := range t.Pauses {
		if seen[p.ID] {
			found = append(found, e.says("pauses", "pause %q is in this term twice", p.ID))
		}
		seen[p.ID] = true
		found = append(found, rests(d, e, p.Provision, t.From)...)
	}
	if t.Extensions != nil {
		found = append(found, rests(d, e, t.Extensions.Provision, t.From)...)
	}
	return found
}

// hasHours reports whether a calendar has office hours, or one that it is like.
func (d *draft) hasHours(id string, depth int) bool {
	return depth < len(d.calendars) && has(d.calendars, func(c Calendar) bool {
		return c.ID == id && (len(c.Office) > 0 || d.hasHours(c.Like, depth+1))
	})
}

func (d *draft) checkCalendar(e entry[Calendar]) Findings {
	c := e.value
	// A calendar has no first day: its provisions may begin in the course of its years.
	found := d.named(e, c.Provision)
	if !civil.Known(c.Zone) {
		found = append(found, e.says("zone", "there is no time zone %q", c.Zone))
	}
	seen := map[string]bool{}
	for _, h := range c.Holidays {
		if seen[h.ID] {
			found = append(found, e.says("holidays", "holiday %q is in calendar %q twice", h.ID, c.ID))
		}
		seen[h.ID] = true
		found = append(found, d.named(e, h.Provision)...)
	}
	if c.Like == "" && (len(c.Years) == 0 || len(c.Weekend) == 0) {
		found = append(found, e.says("", "calendar %q is like no other and needs years and a weekend", c.ID))
	}
	for n, id := 0, c.Like; id != ""; n++ {
		i := slices.IndexFunc(d.calendars, func(other entry[Calendar]) bool { return other.value.ID == id })
		if i < 0 || n > len(d.calendars) {
			return append(found, e.says("like", "calendar %q is not in the pack, or is like itself", id))
		}
		if d.calendars[i].value.Zone != c.Zone {
			found = append(found, e.says("like", "calendar %q is of another zone", id))
		}
		id = d.calendars[i].value.Like
	}
	return append(append(found, checkYears(e)...), checkHours(e)...)
}

// named checks that a provision is in the pack.
func (d *draft) named(e entry[Calendar], ref Ref) Findings {
	if ref != "" && !has(d.provisions, func(p Provision) bool { return p.Ref == ref }) {
		return Findings{e.says("provision", "provision %q is not in the pack", ref)}
	}
	return nil
}

// checkYears finds years that leave a gap and days that stand twice, in another year
// or for no holiday.
func checkYears(e entry[Calendar]) Findings {
	c := e.value
	var found Findings
	for i, year := range c.Years {
		at := func(format string, args ...any) {
			node, key := lookup(e.node, "years", fmt.Sprint(i), "year")
			if key != nil {
				node = key
			}
			found = append(found, Finding{Position{File: e.file, Line: node.Line, Column: node.Column}, fmt.Sprintf(format, args...)})
		}
		if i > 0 && year.Year != c.Years[i-1].Year+1 {
			at("%d follows %d in calendar %q; years are without a gap", year.Year, c.Years[i-1].Year, c.ID)
		}
		seen := map[civil.Day]bool{}
		for _, d := range year.Days {
			switch {
			case d.Day.Year() != year.Year:
				at("%s is no day of %d", d.Day, year.Year)
			case seen[d.Day]:
				at("%s is here twice", d.Day)
			case !slices.ContainsFunc(c.Holidays, func(h Holiday) bool { return h.ID == d.Holiday }):
				at("%s is for holiday %q, which calendar %q does not have", d.Day, d.Holiday, c.ID)
			}
			seen[d.Day] = true
		}
	}
	return found
}

// checkHours finds office hours that cannot be, or that hold twice on a day.
func checkHours(e entry[Calendar]) Findings {
	var found Findings
	taken := map[time.Weekday][]Span{}
	for _, o := range e.value.Office {
		before := 0
		for _, hours := range o.Hours {
			from, to, ok := span(hours)
			if !ok || from < before {
				found = append(found, e.says("office", "the office hours %q cannot be, or are not in order", strings.Join(o.Hours, ", ")))
				break
			}
			before = to
		}
		for _, name := range o.Days {
			day := weekday(name)
			if slices.ContainsFunc(taken[day], func(s Span) bool { return s.Holds(o.From) || o.Holds(s.From) }) {
				found = append(found, e.says("office", "the office has two kinds of hours on the same %s", name))
			}
			taken[day] = append(taken[day], o.Span)
		}
	}
	return found
}

// joined puts the calendars of a pack together, each after the one that it is like.
func joined(entries []entry[Calendar]) map[string]*Calendar {
	all := map[string]*Calendar{}
	for len(all) < len(entries) {
		for _, e := range entries {
			like, ready := all[e.value.Like]
			if _, done := all[e.value.ID]; !done && (e.value.Like == "" || ready) {
				c := e.value
				c.join(like)
				all[c.ID] = &c
			}
		}
	}
	return all
}

// TestTerms runs the tests written beside the terms of a pack.
func (p *Pack) TestTerms() (ran int, failed Findings) {
	for _, t := range p.Terms() {
		for _, test := range t.Tests {
			ran++
			if got, err := p.try(t, test); err != nil {
				failed = append(failed, Finding{test.At, fmt.Sprintf("term %q from %s: %v", t.ID, test.On, err)})
			} else if got != test.Last {
				failed = append(failed, Finding{test.At, fmt.Sprintf("term %q from %s ends on %s, not on %s", t.ID, test.On, got, test.Last)})
			}
		}
	}
	return ran, failed
}

// minute is how a test writes an instant.
const minute = "2006-01-02 15:04"

// try says where a term ends, in the form in which the test says it.
func (p *Pack) try(t Term, test TermTest) (string, error) {
	calendar := p.calendars[t.Calendar]
	date, clock, timed := strings.Cut(test.On, " ")
	day, err := civil.Parse(date)
	if err != nil {
		return "", err
	}
	if !t.Holds(day) {
		return "", fmt.Errorf("this version is not in force on %s", day)
	}
	c := Begun(t.ID, day)
	if timed {
		at, err := time.Parse(minute, test.On)
		if err != nil {
			return "", fmt.Errorf("%q is no time of a day", clock)
		}
		c = BegunAt(t.ID, day.In(calendar.Zone).At(at.Hour()*60+at.Minute()), day)
	}
	r, err := p.Read(c)
	if err != nil {
		return "", err
	}
	if _, unit := t.Length(); !unit.Instants() {
		return r.Last.In("").String(), nil
	}
	day = civil.On(r.Until, calendar.Zone)
	return day.In("").String() + " " + time.UnixMilli(0).UTC().Add(r.Until.Sub(day.Start())).Format("15:04"), nil
}
