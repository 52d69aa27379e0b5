package civil

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseAndPrint(t *testing.T) {
	for _, s := range []string{"2026-11-23", "2024-02-29", "2018-07-01[Asia/Seoul]"} {
		d, err := Parse(s)
		if err != nil {
			t.Fatalf("Parse(%q): %v", s, err)
		}
		if d.String() != s {
			t.Errorf("Parse(%q) prints %q", s, d)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "2026-13-01", "2025-02-29", "23.11.2026", "2026-11-23T00:00:00Z", "2026-11-23[Nowhere/Else]", "2026-11-23[]"} {
		if d, err := Parse(s); !errors.Is(err, ErrNotADay) {
			t.Errorf("Parse(%q) = %v, %v; want ErrNotADay", s, d, err)
		}
	}
}

func TestHomeIsTheDefaultZone(t *testing.T) {
	named, err := Parse("2026-11-23[Europe/Belgrade]")
	if err != nil {
		t.Fatal(err)
	}
	if named != Date(2026, time.November, 23) {
		t.Error("a day of the home zone differs from the same day with the zone named")
	}
}

func TestDayOfAnInstantDependsOnTheZone(t *testing.T) {
	late := time.Date(2026, time.July, 1, 22, 30, 0, 0, time.UTC)
	if got := Of(late); got != Date(2026, time.July, 2) {
		t.Errorf("in Belgrade it is already 2 July, got %v", got)
	}
}

func TestStartKnowsSummerTime(t *testing.T) {
	if got := Date(2026, time.July, 1).Start(); !got.Equal(time.Date(2026, time.June, 30, 22, 0, 0, 0, time.UTC)) {
		t.Errorf("start of 1 July = %v", got)
	}
	if got := Date(2026, time.January, 1).Start(); !got.Equal(time.Date(2025, time.December, 31, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("start of 1 January = %v", got)
	}
}

func TestAddMonthsEndsOnTheLastDay(t *testing.T) {
	if got := Date(2026, time.January, 31).AddMonths(1); got != Date(2026, time.February, 28) {
		t.Errorf("31 January + 1 month = %v", got)
	}
	if got := Date(2024, time.February, 29).AddMonths(12); got != Date(2025, time.February, 28) {
		t.Errorf("29 February + 12 months = %v", got)
	}
}

func TestJSON(t *testing.T) {
	var v struct{ Born, Gone Day }
	if err := json.Unmarshal([]byte(`{"Born":"2026-11-19","Gone":""}`), &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil || string(out) != `{"Born":"2026-11-19","Gone":""}` {
		t.Errorf("got %s, %v", out, err)
	}
}

func TestDayProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Date(rapid.IntRange(1900, 2200).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"))
		n := rapid.IntRange(-50000, 50000).Draw(t, "days")
		if got := d.DaysUntil(d.AddDays(n)); got != n {
			t.Fatalf("%v + %d days is %d days away", d, n, got)
		}
		if Of(d.Start()) != d {
			t.Fatalf("the start of %v falls on %v", d, Of(d.Start()))
		}
	})
}
