package law_test

import (
	"strings"
	"testing"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/testkit/laws"
)

// A calendar without the coming year says so a year ahead, and a term that ends there is answered with the year.
func TestACalendarSaysAYearAheadThatItEnds(t *testing.T) {
	pack := laws.Serbia(t)
	c, _ := pack.Calendar("serbia")
	_, last := c.Known()
	if short := pack.Short(civil.Date(last-1, 12, 31)); len(short) != 0 {
		t.Errorf("more than a year before its end: %v", short)
	}
	short := pack.Short(civil.Date(last, 1, 1))
	if len(short) == 0 || short[0].Year != last+1 || !strings.Contains(short[0].String(), "does not know the days off of") {
		t.Errorf("a year before its end: %v", short)
	}
	for _, begun := range []civil.Day{civil.Date(last, 12, 28), civil.Date(last+1, 2, 1), civil.Date(9000, 2, 1)} {
		for _, term := range pack.Terms() {
			if !term.Holds(begun) || term.Calendar != "serbia" {
				continue
			}
			_, err := pack.Read(law.Begun(term.ID, begun))
			if !law.IsYearMissing(err) || !problem.HasCode(err, "calendar-year-missing") {
				t.Errorf("term %s from %s: %v", term.ID, begun, err)
			}
		}
	}
}
