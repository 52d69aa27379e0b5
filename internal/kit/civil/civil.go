// Package civil holds days as the law means them: a date on the calendar of a
// place, not an instant. A day knows its zone, so it can say at which instant
// it begins there.
package civil

import (
	"errors"
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // an old machine may have no zone files, and a day must still know its zone
)

// Home is the zone of a day that names none.
const Home = "Europe/Belgrade"

// ErrNotADay is the cause of every failed [Parse].
var ErrNotADay = errors.New("not a day of the form 2026-11-23")

// Day is one calendar day in one zone. Days are comparable with ==; the zero
// Day is no day.
type Day struct {
	year  int16
	month int8
	day   int8
	zone  string // empty for Home, so that days of the home zone compare equal
}

// Date returns the day in the home zone. Values outside the calendar are
// normalised as by [time.Date].
func Date(year int, month time.Month, day int) Day {
	return in(time.Date(year, month, day, 0, 0, 0, 0, time.UTC), "")
}

// Of returns the day on which t falls in the home zone.
func Of(t time.Time) Day { return in(t.In(location("")), "") }

// On returns the day on which t falls in a zone that [Known] knows; in UTC where it
// knows none of that name.
func On(t time.Time, zone string) Day {
	if zone == Home {
		zone = ""
	}
	return in(t.In(location(zone)), zone)
}

// Known reports whether there is a zone of that name.
func Known(zone string) bool {
	_, err := time.LoadLocation(zone)
	return err == nil && zone != "" && zone != "Local"
}

func in(t time.Time, zone string) Day {
	y, m, d := t.Date()
	return Day{year: int16(y), month: int8(m), day: int8(d), zone: zone}
}

// Parse reads "2026-11-23" as a day of the home zone, or, with the suffix of
// RFC 9557, "2026-11-23[Asia/Seoul]" as a day of that zone.
func Parse(s string) (Day, error) {
	date, zone, err := split(s)
	if err != nil {
		return Day{}, err
	}
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return Day{}, fmt.Errorf("%w: %q", ErrNotADay, s)
	}
	if zone == Home {
		zone = ""
	}
	if zone != "" {
		if _, err := time.LoadLocation(zone); err != nil {
			return Day{}, fmt.Errorf("%w: unknown zone in %q", ErrNotADay, s)
		}
	}
	return in(t, zone), nil
}

func split(s string) (date, zone string, err error) {
	if len(s) == len(time.DateOnly) {
		return s, Home, nil
	}
	if len(s) > 64 || len(s) < len(time.DateOnly)+3 || s[len(time.DateOnly)] != '[' || s[len(s)-1] != ']' {
		return "", "", fmt.Errorf("%w: %.40q", ErrNotADay, s)
	}
	return s[:len(time.DateOnly)], s[len(time.DateOnly)+1 : len(s)-1], nil
}

// Year, Month and Dom (1 to 31) are the parts of the date.
func (d Day) Year() int         { return int(d.year) }
func (d Day) Month() time.Month { return time.Month(d.month) }
func (d Day) Dom() int          { return int(d.day) }

// Zone names the IANA zone of the day.
func (d Day) Zone() string {
	if d.zone == "" {
		return Home
	}
	return d.zone
}

// In returns the same date as a day of another zone, as [On] reads it.
func (d Day) In(zone string) Day {
	if zone == Home {
		zone = ""
	}
	d.zone = zone
	return d
}

// At is the instant at which the clocks of the zone show a time of this day, given
// in minutes after midnight.
func (d Day) At(minutes int) time.Time {
	return time.Date(d.Year(), d.Month(), d.Dom(), 0, minutes, 0, 0, location(d.zone)).UTC()
}

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday { return d.utc().Weekday() }

// IsZero reports whether d is no day.
func (d Day) IsZero() bool { return d == Day{} }

// Start is the instant at which the day begins in its zone.
func (d Day) Start() time.Time { return d.At(0) }

// AddDays returns the day n days later.
func (d Day) AddDays(n int) Day { return in(d.utc().AddDate(0, 0, n), d.zone) }

// AddMonths returns the same date n months later, or the last day of that
// month where it is shorter, as terms in law are counted.
func (d Day) AddMonths(n int) Day {
	first := time.Date(d.Year(), d.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return in(first.AddDate(0, 0, min(d.Dom(), last)-1), d.zone)
}

// Compare orders days by their date: -1, 0 or +1.
func (d Day) Compare(other Day) int { return d.utc().Compare(other.utc()) }

// Before and After compare dates.
func (d Day) Before(other Day) bool { return d.Compare(other) < 0 }
func (d Day) After(other Day) bool  { return d.Compare(other) > 0 }

// DaysUntil counts the days from d to other; negative when other is earlier.
func (d Day) DaysUntil(other Day) int { return int(other.utc().Sub(d.utc()).Hours() / 24) }

// String gives "2026-11-23", with the zone in brackets when it is not Home.
func (d Day) String() string {
	if d.IsZero() {
		return ""
	}
	s := d.utc().Format(time.DateOnly)
	if d.zone != "" {
		s += "[" + d.zone + "]"
	}
	return s
}

// MarshalText and UnmarshalText carry a day through JSON and YAML; no day is
// the empty text.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (d *Day) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Day{}
		return nil
	}
	day, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = day
	return nil
}

func (d Day) utc() time.Time {
	return time.Date(d.Year(), d.Month(), d.Dom(), 0, 0, 0, 0, time.UTC)
}

// home is read once: reading a zone costs more than all else that is done with
// a day.
var home = sync.OnceValue(func() *time.Location { return load(Home) })

func location(zone string) *time.Location {
	if zone == "" {
		return home()
	}
	return load(zone)
}

// zones keeps the zones that were read, of which there are some hundreds.
var zones sync.Map

// load cannot fail: only zones that loaded once get into a Day, and the zone
// files are part of the binary.
func load(zone string) *time.Location {
	if loc, read := zones.Load(zone); read {
		return loc.(*time.Location)
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return time.UTC
	}
	zones.Store(zone, loc)
	return loc
}
