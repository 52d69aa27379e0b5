package portal

import (
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
)

// Clock is a term as a page shows it: until when, by which provision, what happens then.
type Clock struct {
	Says   string // whose term it is: "Answer by"
	Until  civil.Day
	Left   int  // days, not negative
	Over   bool // its end has come
	Passed int  // hundredths of the whole
	By     lang.Text
	Then   string
	Gaps   []Gap // when it stood still

	from, until time.Time
}

// Gap is when a clock stood still, in hundredths of the whole.
type Gap struct{ At, Wide int }

// Stood adds that the clock stood still from one day to another, which begins the first that counts again.
func (c *Clock) Stood(from, to civil.Day) {
	whole := c.until.Sub(c.from)
	if whole <= 0 {
		return
	}
	at := func(d civil.Day) int { return int(min(100, max(0, 100*d.Start().Sub(c.from)/whole))) }
	if begin, end := at(from), at(to); end > begin {
		c.Gaps = append(c.Gaps, Gap{begin, end - begin})
	}
}

// Clock reads a term that began and ends at two instants. The last day is the one before
// whose end the term is over.
func (v *Visit) Clock(from, until time.Time, by lang.Text, then string) Clock {
	last, now := civil.Of(until.Add(-time.Nanosecond)), v.Now()
	c := Clock{Says: v.Say("clock.until"), Until: last, Left: max(0, civil.Of(now).DaysUntil(last)), Over: !now.Before(until), By: by, Then: then, from: from, until: until}
	if whole := until.Sub(from); whole > 0 {
		c.Passed = int(min(100, max(0, 100*now.Sub(from)/whole)))
	}
	return c
}
