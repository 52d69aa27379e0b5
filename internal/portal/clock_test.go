package portal_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
)

func TestAClockEndsWithItsLastDay(t *testing.T) {
	said, err := words.Of()
	if err != nil {
		t.Fatal(err)
	}
	at := func(now time.Time) *portal.Visit {
		return &portal.Visit{Portal: &portal.Portal{Config: portal.Config{Now: func() time.Time { return now }}}, Speaker: portal.Speaker{Catalogue: said, Tag: lang.SrCyrl, Zone: time.UTC}}
	}
	from, until := pages.Now.Add(-10*24*time.Hour), civil.Date(2026, time.December, 4).Start()
	got := at(pages.Now).Clock(from, until, nil, "")
	if got.Until != civil.Date(2026, time.December, 3) || got.Left != 10 || got.Passed < 48 || got.Passed > 50 {
		t.Errorf("%+v", got)
	}
	if over := at(until.Add(time.Hour)).Clock(from, until, nil, ""); over.Left != 0 || over.Passed != 100 {
		t.Errorf("after its end: %+v", over)
	}
	rapid.Check(t, func(t *rapid.T) {
		begin := time.Unix(rapid.Int64Range(0, math.MaxInt32).Draw(t, "begin"), 0)
		end := begin.Add(time.Duration(rapid.Int64Range(0, int64(5*365*24*time.Hour)).Draw(t, "length")))
		now := time.Unix(rapid.Int64Range(0, math.MaxInt32).Draw(t, "now"), 0)
		if c := at(now).Clock(begin, end, nil, ""); c.Left < 0 || c.Passed < 0 || c.Passed > 100 {
			t.Fatalf("%+v", c)
		}
	})
}
