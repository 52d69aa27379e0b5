package law

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
)

// Calendar says on which days and at which hours an office works. It knows a
// stretch of years without a gap; about any other year it answers with the problem
// "calendar-year-missing" and never with a guess.
type Calendar struct {
	ID        string         `yaml:"id"`
	Title     lang.Text      `yaml:"title"`
	Zone      string         `yaml:"zone"`    // IANA
	Like      string         `yaml:"like"`    // a calendar whose weekend, days off and office hours are also of this one; may be empty
	Weekend   []string       `yaml:"weekend"` // "saturday"
	Provision Ref            `yaml:"provision"`
	Office    []OfficeHours  `yaml:"office"`
	Holidays  []Holiday      `yaml:"holidays"`
	Years     []CalendarYear `yaml:"years"` // without a gap
	Evidence  `yaml:",inline"`

	// What follows is put together by join, once, when the pack is read.
	weekend     map[time.Weekday]bool
	off         map[civil.Day]DayOff // by day of the home zone
	first, last int                  // years that are known
}

// OfficeHours are the hours of the office for a stretch of days.
type OfficeHours struct {
	Days     []string `yaml:"days"`  // "monday"
	Hours    []string `yaml:"hours"` // "09:00-12:00", in order
	Span     `yaml:",inline"`
	Evidence `yaml:",inline"`
}

// Holiday is why nobody works on some days.
type Holiday struct {
	ID        string    `yaml:"id"`
	Title     lang.Text `yaml:"title"`
	Provision Ref       `yaml:"provision"`
}

// CalendarYear lists the days off of one year besides weekends, with what they rest on.
type CalendarYear struct {
	Year     int `yaml:"year"`
	Evidence `yaml:",inline"`
	Days     []CalendarDay `yaml:"days"`
}

// CalendarDay is one day off.
type CalendarDay struct {
	Day     civil.Day `yaml:"day"`
	Holiday string    `yaml:"holiday"`
	Instead civil.Day `yaml:"instead"` // the day of the holiday itself, which fell on another day off; zero for that day
}

// DayOff is why a day is no working day.
type DayOff struct {
	Day       civil.Day `json:"day"`
	Weekend   bool      `json:"weekend,omitempty"` // and nothing else
	Title     lang.Text `json:"title,omitempty"`   // of the holiday
	Instead   civil.Day `json:"instead,omitzero"`  // as in [CalendarDay]
	Provision Ref       `json:"provision"`
}

// YearMissing is the cause of the problem "calendar-year-missing".
type YearMissing struct {
	Calendar string
	Year     int
}

func (e YearMissing) Error() string {
	return fmt.Sprintf("calendar %q does not know the days off of %d", e.Calendar, e.Year)
}

// IsYearMissing reports whether a term could not be counted because the calendar ends.
func IsYearMissing(err error) bool {
	_, is := errors.AsType[YearMissing](err)
	return is
}

// Known gives the first and the last year that the calendar knows.
func (c *Calendar) Known() (first, last int) { return c.first, c.last }

// Off says whether and why nobody works on a day.
func (c *Calendar) Off(day civil.Day) (DayOff, bool, error) {
	if day.Year() < c.first || day.Year() > c.last {
		return DayOff{}, false, problem.New(problem.Unavailable, "calendar-year-missing", "calendar", c.ID, "year", strconv.Itoa(day.Year())).
			Because(YearMissing{c.ID, day.Year()})
	}
	if off, is := c.off[day.In("")]; is {
		off.Day, off.Instead = day, zoned(off.Instead, c.Zone)
		return off, true, nil
	}
	return DayOff{Day: day, Weekend: true, Provision: c.Provision}, c.weekend[day.Weekday()], nil
}

// Next is the first working day on or after a day, and the days off before it.
func (c *Calendar) Next(day civil.Day) (civil.Day, []DayOff, error) {
	var skipped []DayOff
	for {
		off, is, err := c.Off(day)
		if err != nil || !is {
			return day, skipped, err
		}
		skipped = append(skipped, off)
		day = day.AddDays(1)
	}
}

// Shift is the nth working day after a day, or before it where n is negative.
func (c *Calendar) Shift(day civil.Day, n int) (civil.Day, error) {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		day = day.AddDays(step)
		_, off, err := c.Off(day)
		if err != nil {
			return day, err
		}
		if !off {
			n--
		}
	}
	return day, nil
}

// open gives the instants between which the office is open on a day, in order.
func (c *Calendar) open(day civil.Day) ([][2]time.Time, error) {
	if _, off, err := c.Off(day); err != nil || off {
		return nil, err
	}
	for _, o := range c.Office {
		if !o.Holds(day) || !slices.ContainsFunc(o.Days, func(name string) bool { return weekday(name) == day.Weekday() }) {
			continue
		}
		var spans [][2]time.Time
		for _, hours := range o.Hours {
			from, to, _ := span(hours) // checked when the pack was read
			spans = append(spans, [2]time.Time{day.At(from), day.At(to)})
		}
		return spans, nil
	}
	return nil, nil
}

// Opens is the instant at which the office opens on a day, or at which the day
// begins where it has no hours.
func (c *Calendar) Opens(day civil.Day) (time.Time, error) {
	spans, err := c.open(day)
	if err != nil || len(spans) == 0 {
		return day.Start(), err
	}
	return spans[0][0], nil
}

// span reads "09:00-12:00" as minutes after midnight.
func span(hours string) (from, to int, ok bool) {
	var a, b, c, d int
	if n, err := fmt.Sscanf(hours, "%d:%d-%d:%d", &a, &b, &c, &d); n != 4 || err != nil {
		return 0, 0, false
	}
	from, to = a*60+b, c*60+d
	return from, to, a < 24 && b < 60 && d < 60 && from < to && to <= 24*60
}

// weekday reads "monday"; -1 for what is none.
func weekday(name string) time.Weekday {
	return time.Weekday(slices.Index([]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}, name))
}

func zoned(day civil.Day, zone string) civil.Day {
	if day.IsZero() {
		return day
	}
	return day.In(zone)
}

// join puts together what a calendar knows by itself and by the one it is like,
// which is joined already; nil for one that is like no other.
func (c *Calendar) join(like *Calendar) {
	c.weekend, c.off = map[time.Weekday]bool{}, map[civil.Day]DayOff{}
	if len(c.Years) > 0 {
		c.first, c.last = c.Years[0].Year, c.Years[len(c.Years)-1].Year
	}
	if like != nil {
		c.first, c.last = like.first, like.last
		for day := range like.weekend {
			c.weekend[day] = true
		}
		for day, off := range like.off {
			c.off[day] = off
		}
		if len(c.Office) == 0 {
			c.Office = like.Office
		}
	}
	for _, name := range c.Weekend {
		c.weekend[weekday(name)] = true
	}
	for _, year := range c.Years {
		for _, d := range year.Days {
			h, _ := find(c.Holidays, func(h Holiday) bool { return h.ID == d.Holiday })
			c.off[d.Day.In("")] = DayOff{Title: h.Title, Instead: d.Instead, Provision: h.Provision}
		}
	}
}

// Calendars lists the calendars in the order of their ids.
func (p *Pack) Calendars() []*Calendar { return ordered(p.calendars) }

// Calendar finds a calendar by its id.
func (p *Pack) Calendar(id string) (*Calendar, bool) {
	c, ok := p.calendars[id]
	return c, ok
}

// Shortage is a calendar that ends within a year.
type Shortage struct {
	Calendar *Calendar
	Year     int // the first that it does not know
}

// String says it for who keeps the pack.
func (s Shortage) String() string {
	return fmt.Sprintf("calendar %s does not know the days off of %d: terms that end then cannot be counted", s.Calendar.ID, s.Year)
}

// Short lists the calendars that do not know the whole year that begins on a day.
func (p *Pack) Short(today civil.Day) []Shortage {
	var short []Shortage
	for _, c := range p.Calendars() {
		if c.last < today.AddMonths(12).Year() {
			short = append(short, Shortage{c, c.last + 1})
		}
	}
	return short
}
