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
	Left   int // days, not negative
	Passed int // hundredths of the whole
	By     lang.Text
	Then   string
}

// Clock reads a term that began and ends at two instants. The last day is the one before
// whose end the term is over.
func (v *Visit) Clock(from, until time.Time, by lang.Text, then string) Clock {
	last, now := civil.Of(until.Add(-time.Nanosecond)), v.Now()
	c := Clock{Says: v.Say("clock.until"), Until: last, Left: max(0, civil.Of(now).DaysUntil(last)), By: by, Then: then}
	if whole := until.Sub(from); whole > 0 {
		c.Passed = int(min(100, max(0, 100*now.Sub(from)/whole)))
	}
	return c
}
