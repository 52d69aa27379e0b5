package node_test

import (
	"slices"
	"testing"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/demo"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
)

// The page of the operator and /readyz name the calendar for the whole year before it ends.
func TestTheOperatorSeesThatACalendarEnds(t *testing.T) {
	c, _ := laws.Serbia(t).Calendar("serbia")
	_, last := c.Known()
	w := newTown(t)
	var ahead jumping
	ahead.off.Store(int64(civil.Date(last, 6, 1).Start().Sub(clock.System())))
	w.now[demo.City] = ahead.now
	w.start(demo.City)
	testkit.Eventually(t, "/readyz and the page name the calendar", func() bool {
		_, checks := w.ready(demo.City)
		return checks["calendars"] == "short" && slices.Contains(w.alarms(demo.City), "calendar")
	})
}
