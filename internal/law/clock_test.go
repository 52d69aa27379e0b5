package law_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/packs"
)

// local writes a minute of a day as a clock on the wall shows it.
func local(day civil.Day, minute int) string {
	return fmt.Sprintf("%sT%02d:%02d", day.In(""), minute/60, minute%60)
}

func countries(t testing.TB) map[string]*law.Pack {
	t.Helper()
	all := map[string]*law.Pack{}
	for name, files := range map[string]fs.FS{"serbia": packs.Serbia(), "korea": packs.Korea()} {
		pack, err := law.Load(files)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = pack
	}
	return all
}

func read(t testing.TB, pack *law.Pack, c law.Clock) law.Reading {
	t.Helper()
	r, err := pack.Read(c)
	if err != nil {
		t.Fatalf("%+v: %v", c, err)
	}
	return r
}

// The explanation names what was counted, each day off by which the end moved, and
// the provisions.
func TestAReadingExplainsItself(t *testing.T) {
	r := read(t, countries(t)["serbia"], law.Begun("allowance-offer", civil.Date(2026, 5, 1)))
	if r.Nominal != civil.Date(2027, 5, 1) || r.Last != civil.Date(2027, 5, 5) || !r.Until.Equal(civil.Date(2027, 5, 6).Start()) {
		t.Errorf("from %s to %s, over at %s", r.Nominal, r.Last, r.Until)
	}
	if r.Term.Then != law.Lapse || r.Term.ThenBy != "zfpp/25" {
		t.Errorf("then %s by %s", r.Term.Then, r.Term.ThenBy)
	}
	var said []string
	for _, s := range r.Steps {
		said = append(said, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", s.Kind, s.From, s.Title["en"], s.Provision)))
	}
	want := []string{
		"counted 2026-05-02  zfpp/25", "day-off 2027-05-01 Orthodox Easter zup/80", "day-off 2027-05-02 Orthodox Easter zup/80",
		"day-off 2027-05-03 Orthodox Easter zup/80", "day-off 2027-05-04 Labour Day zup/80",
	}
	if !slices.Equal(said, want) {
		t.Errorf("said %q\nwant %q", said, want)
	}
}

// The way in which months end is the law's: the date of the event in Serbia, the eve
// of the date of the first day that counts in Korea.
func TestMonthsEndAsTheLawSays(t *testing.T) {
	all := countries(t)
	for _, tt := range []struct {
		pack, term string
		on, last   civil.Day
	}{
		{"serbia", "allowance-offer", civil.Date(2024, 2, 29), civil.Date(2025, 2, 28)},
		{"korea", "proposal", civil.Date(2026, 6, 9), civil.Date(2026, 7, 8)},    // counted from the 9th
		{"korea", "proposal", civil.Date(2026, 3, 31), civil.Date(2026, 4, 30)},  // April has no 31st: its last day
		{"korea", "proposal", civil.Date(2023, 12, 31), civil.Date(2024, 1, 30)}, // the eve of the 31st
		{"korea", "proposal", civil.Date(2025, 9, 6), civil.Date(2025, 10, 10)},  // the 5th is in Chuseok
	} {
		if r := read(t, all[tt.pack], law.Begun(tt.term, tt.on)); r.Last.In("") != tt.last {
			t.Errorf("%s of %s from %s: %s, want %s", tt.term, tt.pack, tt.on, r.Last, tt.last)
		}
	}
}

// A day is that of the calendar's zone, whatever the day is elsewhere.
func TestADayIsThatOfTheCalendarsZone(t *testing.T) {
	at := time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC) // the first of December in Seoul
	r := read(t, countries(t)["korea"], law.BegunAt("inquiry", at, civil.Date(2026, 11, 30)))
	if r.Event.String() != "2026-12-01[Asia/Seoul]" || r.Last.String() != "2026-12-09[Asia/Seoul]" || !r.Until.Equal(time.Date(2026, 12, 9, 15, 0, 0, 0, time.UTC)) {
		t.Errorf("event %s, last %s, until %s", r.Event, r.Last, r.Until)
	}
}

// The law of the day that the facts name decides, also after it has changed.
func TestTheLawOfTheDayDecides(t *testing.T) {
	pack, err := law.Load(change(t, copyOfSerbia(t), "terms.yaml", "    provision: zup/153\n    from: 2017-06-01\n    source: not read in the law\n    verified: false\n", `    provision: zup/153
    from: 2017-06-01
    to: 2026-12-31
    source: before
    verified: false
  - id: appeal
    title: {sr: рок за жалбу, en: time limit for an appeal}
    days: 30
    starts: delivery
    counting: zup
    calendar: serbia
    provision: zup/153
    from: 2027-01-01
    source: after
    verified: false
`))
	if err != nil {
		t.Fatal(err)
	}
	delivered := civil.Date(2027, 1, 11)
	for day, want := range map[civil.Day]civil.Day{civil.Date(2026, 12, 31): civil.Date(2027, 1, 26), civil.Date(2027, 1, 1): civil.Date(2027, 2, 10)} {
		c := law.Begun("appeal", delivered)
		c.Law = day
		if r := read(t, pack, c); r.Last != want {
			t.Errorf("by the law of %s: %s, want %s", day, r.Last, want)
		}
	}
	if n := len(pack.Terms()) - len(load(t).Terms()); n != 1 {
		t.Errorf("%d more versions", n)
	}
}

// A year that the calendar does not know is an error with a type, never a guess; and
// it is said a year ahead.
func TestAYearThatIsMissing(t *testing.T) {
	pack := countries(t)["korea"]
	_, err := pack.Read(law.BegunAt("inquiry", time.Date(2027, 12, 28, 3, 0, 0, 0, time.UTC), civil.Date(2027, 12, 28)))
	if !law.IsYearMissing(err) || !problem.HasCode(err, "calendar-year-missing") {
		t.Fatalf("got %v", err)
	}
	if missing, _ := errors.AsType[law.YearMissing](err); missing.Year != 2028 || missing.Calendar != "korea" {
		t.Errorf("missing %+v", missing)
	}
	if _, err := pack.Read(law.Begun("nothing", civil.Date(2027, 1, 1))); !problem.HasCode(err, "term-not-in-force") {
		t.Errorf("a term that is not: %v", err)
	}
	if _, err := pack.Read(law.Begun("inquiry", civil.Date(2016, 2, 11))); !problem.HasCode(err, "term-not-in-force") {
		t.Errorf("a term before its law: %v", err)
	}
	for today, want := range map[civil.Day]int{civil.Date(2026, 12, 31): 0, civil.Date(2027, 1, 1): 2028} {
		short := pack.Short(today)
		if want == 0 && len(short) > 0 || want > 0 && (len(short) != 2 || short[0].Year != want) {
			t.Errorf("on %s: %v", today, short)
		}
	}
	due, err := countries(t)["serbia"].Due("instalment", civil.Date(2031, 12, 1), 2)
	if err != nil || !due[0].Known || due[1].Known || due[1].Day != civil.Date(2032, 1, 1) {
		t.Errorf("instalments into an unknown year: %+v, %v", due, err)
	}
}

// A clock stands still for a reason, goes on where it stood, is made longer as often
// as the law allows, and begins again by a transfer where the law says so.
func TestAClockStandsStillAndIsExtended(t *testing.T) {
	pack := countries(t)["korea"]
	seoul := func(month time.Month, day, hour int) time.Time {
		return civil.Date(2026, month, day).In("Asia/Seoul").At(hour * 60)
	}
	c := law.BegunAt("grievance", seoul(11, 30, 10), civil.Date(2026, 11, 30)) // Mon; 7 working days: until Tue 8 December
	do := func(what string, next law.Clock, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		c = next
	}
	refused := func(code string, _ law.Clock, err error) {
		t.Helper()
		if !problem.HasCode(err, code) {
			t.Errorf("want %s, got %v", code, err)
		}
	}
	last := func() string { return read(t, pack, c).Last.In("").String() }

	next, err := read(t, pack, c).Pause(seoul(12, 2, 9), "because")
	refused("clock-pause-unknown", next, err)
	next, err = read(t, pack, c).Pause(seoul(11, 30, 9), "supplement")
	refused("clock-backwards", next, err)
	next, err = read(t, pack, c).Resume(seoul(12, 2, 9))
	refused("clock-not-paused", next, err)

	next, err = read(t, pack, c).Pause(seoul(12, 2, 9), "supplement")
	do("pause", next, err)
	if r := read(t, pack, c); r.State(seoul(12, 31, 9)) != law.Paused {
		t.Errorf("paused, and %s", r.State(seoul(12, 31, 9)))
	}
	next, err = read(t, pack, c).Pause(seoul(12, 3, 9), "consent")
	refused("clock-not-running", next, err)
	next, err = read(t, pack, c).Resume(seoul(12, 4, 9)) // Wed and Thu were not counted
	do("resume", next, err)
	if got := last(); got != "2026-12-10" {
		t.Errorf("after a pause of two days: %s", got)
	}

	next, err = read(t, pack, c).Extend(law.Extension{At: seoul(12, 7, 9), Amount: 8})
	refused("clock-extension-long", next, err)
	next, err = read(t, pack, c).Extend(law.Extension{At: seoul(12, 7, 9), Amount: 7, Reason: "увиђај"})
	do("extend", next, err)
	if got := last(); got != "2026-12-21" {
		t.Errorf("after the first extension: %s", got)
	}
	next, err = read(t, pack, c).Extend(law.Extension{At: seoul(12, 8, 9), Amount: 1})
	refused("clock-consent-needed", next, err)
	next, err = read(t, pack, c).Extend(law.Extension{At: seoul(12, 8, 9), Amount: 1, Consent: true})
	do("extend again", next, err)
	next, err = read(t, pack, c).Extend(law.Extension{At: seoul(12, 8, 10), Amount: 1, Consent: true})
	refused("clock-extensions-used", next, err)
	if got := last(); got != "2026-12-22" {
		t.Errorf("after the second extension: %s", got)
	}

	next, err = read(t, pack, c).Transfer(seoul(12, 9, 9)) // seven days from the 9th end on the 17th, and the 22nd was promised
	do("transfer", next, err)
	if r := read(t, pack, c); r.Last.In("").String() != "2026-12-22" || len(c.Restarts) != 1 || r.Steps[len(r.Steps)-1].Kind != law.StepTold {
		t.Errorf("after a transfer: %s, %+v", r.Last, r.Steps)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back law.Clock
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, c) {
		t.Errorf("%s\nread back %+v, %v", text, back, err)
	}

	next, err = read(t, pack, c).End(seoul(12, 22, 23))
	do("end", next, err)
	if state := read(t, pack, c).State(seoul(12, 31, 9)); state != law.Met {
		t.Errorf("done in time, and %s", state)
	}
}

func TestStates(t *testing.T) {
	pack := countries(t)["serbia"]
	filed := civil.Date(2026, 11, 23)
	c := law.BegunAt("decision", filed.At(600), filed)
	r := read(t, pack, c)
	for at, want := range map[time.Time]law.State{r.Until.Add(-1): law.Running, r.Until: law.Over} {
		if got := r.State(at); got != want {
			t.Errorf("at %s: %s, want %s", at, got, want)
		}
	}
	for at, want := range map[time.Time]law.State{r.Until.Add(-1): law.Met, r.Until: law.Late} {
		next, err := r.End(at)
		if err != nil || read(t, pack, next).State(at) != want {
			t.Errorf("done at %s: %v, want %s", at, err, want)
		}
	}
	// What is done while the clock stands still is done in time.
	still, err := r.Pause(filed.AddDays(5).At(600), "supplement")
	if err != nil {
		t.Fatal(err)
	}
	done, err := read(t, pack, still).End(filed.AddDays(200).At(600))
	if err != nil || read(t, pack, done).State(filed.AddDays(201).Start()) != law.Met {
		t.Errorf("done in a pause: %v", err)
	}
}

func TestMarks(t *testing.T) {
	pack := countries(t)["serbia"]
	filed := civil.Date(2026, 12, 2)
	r := read(t, pack, law.BegunAt("decision", filed.At(600), filed)) // until Monday, 4 January
	marks, err := r.Marks()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range marks {
		got = append(got, fmt.Sprintf("%d %s", m.Ahead, m.At.In(time.UTC).Format("2006-01-02 15:04")))
	}
	want := []string{"5 2026-12-25 06:30", "1 2026-12-31 06:30", "-1 2027-01-05 06:30", "-10 2027-01-19 06:30"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if still, err := r.Pause(filed.AddDays(1).At(0), "supplement"); err != nil {
		t.Error(err)
	} else if marks, err := read(t, pack, still).Marks(); err != nil || len(marks) > 0 {
		t.Errorf("marks of a clock that stands still: %v, %v", marks, err)
	}
	seoul := civil.Date(2026, 11, 30).In("Asia/Seoul")
	hourly := read(t, countries(t)["korea"], law.BegunAt("at-once", seoul.At(16*60), civil.Date(2026, 11, 30)))
	marks, err = hourly.Marks()
	if err != nil || len(marks) != 3 || !marks[0].At.Before(hourly.Until) || !marks[1].At.After(hourly.Until) {
		t.Errorf("marks of a term in hours that is over at %s: %v, %v", hourly.Until, marks, err)
	}
}

// Whatever is done to a clock, its end never comes earlier, what is done is in order,
// and a clock that is over stays so.
func TestAClockNeverGoesBackwards(t *testing.T) {
	all := countries(t)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"korea", "serbia"}).Draw(t, "pack")
		pack := all[name]
		term := rapid.SampledFrom(pack.Terms()).Draw(t, "term")
		day := civil.Date(2023, 10, 6).AddDays(rapid.IntRange(0, 400).Draw(t, "day"))
		at := day.At(rapid.IntRange(0, 24*60-1).Draw(t, "minute"))
		c := law.BegunAt(term.ID, at, day)
		before, err := pack.Read(c)
		if err != nil {
			t.Fatal(err)
		}
		now := at
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 6*24*60).Draw(t, "later")) * time.Minute)
			var next law.Clock
			switch rapid.IntRange(0, 4).Draw(t, "act") {
			case 0:
				next, err = before.Pause(now, "supplement")
			case 1:
				next, err = before.Resume(now)
			case 2:
				next, err = before.Extend(law.Extension{At: now, Amount: rapid.IntRange(1, 14).Draw(t, "amount"), Consent: true})
			case 3:
				next, err = before.Transfer(now)
			default:
				next, err = before.End(now)
			}
			if err != nil {
				if !reflect.DeepEqual(next, before.Clock) {
					t.Fatalf("refused, and changed: %+v", next)
				}
				continue
			}
			after, err := pack.Read(next)
			if err != nil {
				t.Fatal(err)
			}
			if after.Until.Before(before.Until) || after.Last.Before(before.Last) {
				t.Fatalf("the end goes back from %s to %s\n%+v\n%+v", before.Until, after.Until, before.Clock, next)
			}
			if before.State(now) == law.Over && after.State(now) == law.Running {
				t.Fatalf("a clock that was over runs again: %+v", next)
			}
			if after.State(now) == law.Running && !now.Before(after.Until) {
				t.Fatalf("a clock runs after its end: %+v", next)
			}
			if _, off, err := after.Calendar.Off(after.Last); err != nil || off && after.Counting.Moves && after.Steps[len(after.Steps)-1].Kind != law.StepTold {
				t.Fatalf("it ends on a day off, %s: %v", after.Last, err)
			}
			before = after
		}
	})
}

// A later event never ends earlier under the same law.
func TestALaterEventNeverEndsEarlier(t *testing.T) {
	all := countries(t)
	rapid.Check(t, func(t *rapid.T) {
		pack := all[rapid.SampledFrom([]string{"korea", "serbia"}).Draw(t, "pack")]
		term := rapid.SampledFrom(pack.Terms()).Draw(t, "term")
		start := civil.Date(2023, 10, 6).Start().Add(time.Duration(rapid.IntRange(0, 900*24*60).Draw(t, "minute")) * time.Minute)
		later := start.Add(time.Duration(rapid.IntRange(0, 90*24*60).Draw(t, "later")) * time.Minute)
		a, errA := pack.Read(law.BegunAt(term.ID, start, civil.Date(2024, 1, 1)))
		b, errB := pack.Read(law.BegunAt(term.ID, later, civil.Date(2024, 1, 1)))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if b.Until.Before(a.Until) {
			t.Fatalf("%s from %s ends at %s, from %s at %s", term.ID, start, a.Until, later, b.Until)
		}
	})
}

// Easter and the rule of Sundays are computed here by another way than the file was
// written.
func TestTheCalendarOfSerbiaKeepsItsLaw(t *testing.T) {
	calendar, _ := countries(t)["serbia"].Calendar("serbia")
	first, last := calendar.Known()
	if first != 2015 || last < 2027 {
		t.Fatalf("it knows %d to %d", first, last)
	}
	for year := first; year <= last; year++ {
		want := map[civil.Day]bool{civil.Date(year, 1, 7): true}
		golden := year % 19
		moon := civil.Date(year, 3, 21).AddDays((19*golden+15)%30 + 13) // the Paschal full moon of the Julian reckoning
		sunday := moon.AddDays(1)
		for sunday.Weekday() != time.Sunday {
			sunday = sunday.AddDays(1)
		}
		for i := -2; i <= 1; i++ {
			want[sunday.AddDays(i)] = true
		}
		state := []civil.Day{civil.Date(year, 1, 1), civil.Date(year, 1, 2), civil.Date(year, 2, 15), civil.Date(year, 2, 16), civil.Date(year, 5, 1), civil.Date(year, 5, 2), civil.Date(year, 11, 11)}
		for _, day := range state {
			want[day] = true
		}
		for _, day := range state {
			if day.Weekday() != time.Sunday {
				continue
			}
			for want[day] || day.Weekday() == time.Saturday {
				day = day.AddDays(1)
			}
			want[day] = true
		}
		for day := civil.Date(year, 1, 1); day.Year() == year; day = day.AddDays(1) {
			off, is, err := calendar.Off(day)
			if err != nil || (is && !off.Weekend) != want[day] {
				t.Errorf("%s: %+v, %v", day, off, err)
			}
		}
	}
}
