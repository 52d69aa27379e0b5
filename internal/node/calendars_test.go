package node

import (
	"testing"

	"dobosh/internal/kit/civil"
	"dobosh/internal/testkit/laws"
)

// The operator's page names the calendar and the year, a year before anything cannot be counted.
func TestACalendarThatEndsIsAnAlarmAYearAhead(t *testing.T) {
	pack := laws.Serbia(t)
	c, _ := pack.Calendar("serbia")
	_, last := c.Known()
	if f := calendarPart(pack, civil.Date(last-1, 12, 31).Start()); f.alarm != "" {
		t.Errorf("an alarm more than a year ahead: %+v", f)
	}
	f := calendarPart(pack, civil.Date(last, 1, 1).Start())
	if f.grade != poor || f.code != "short" || f.alarm != "calendar" || len(f.values) != 4 {
		t.Errorf("a year ahead: %+v", f)
	}
}
