package law_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/packs"
)

// question is a pair of a start and a term, as the independent calendar reads it.
type question struct {
	Country  string   `json:"country"`
	Unit     law.Unit `json:"unit"`
	Amount   int      `json:"amount"`
	At       string   `json:"at"` // local time, to the minute
	FirstDay bool     `json:"first_day"`
	Eve      bool     `json:"eve"`
	Moves    bool     `json:"moves"`
	ours     string
}

// TestTermsAgainstAnIndependentCalendar counts 4,000 random pairs of a start and a
// term of both countries and compares them with a program that knows nothing of the
// packs but the way of counting: the days off are those of the Python package
// holidays. The lengths are those of the terms, and random ones beyond.
func TestTermsAgainstAnIndependentCalendar(t *testing.T) {
	python := "../../.cache/python/bin/python"
	if _, err := os.Stat(python); err != nil {
		t.Skipf("the independent calendar is not installed (sh scripts/tools installs it): %v", err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var pairs []question
	for _, files := range []fs.FS{packs.Serbia(), packs.Korea()} {
		pack, err := law.Load(files)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range pack.Calendars() {
			if len(pack.Short(civil.Date(2025, 1, 1))) > 0 {
				t.Fatalf("calendar %s ends before the pairs do", c.ID)
			}
		}
		for n := len(pairs); len(pairs)-n < 2000; {
			pairs = append(pairs, pairOf(t, pack, random))
		}
	}

	units, differ := map[law.Unit]int{}, 0
	theirs := answered(t, python, pairs)
	for i, q := range pairs {
		units[q.Unit]++
		if q.ours != theirs[i] {
			differ++
			t.Errorf("%+v: the independent calendar says %s", q, theirs[i])
		}
	}
	t.Logf("%d pairs, %v, %d differ", len(pairs), units, differ)
}

// answered puts questions to the independent calendar.
func answered[T any](t *testing.T, python string, questions []T) []string {
	t.Helper()
	var in bytes.Buffer
	for _, q := range questions {
		if err := json.NewEncoder(&in).Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	program := exec.CommandContext(t.Context(), python, "testdata/recount.py")
	program.Stdin = &in
	program.Stderr = t.Output()
	out, err := program.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(answers), len(questions))
	}
	return answers
}

// Every day off of every year of both countries is one of the independent calendar, and the other way round: Easter of
// each year, days that move because they fall on a Sunday or on each other, days that were given once.
func TestDaysOffAgainstAnIndependentCalendar(t *testing.T) {
	python := "../../.cache/python/bin/python"
	if _, err := os.Stat(python); err != nil {
		t.Skipf("the independent calendar is not installed (sh scripts/tools installs it): %v", err)
	}
	type asked struct {
		Country string `json:"country"`
		Year    int    `json:"year"`
	}
	var years []asked
	var ours []string
	for id, files := range map[string]fs.FS{"serbia": packs.Serbia(), "korea": packs.Korea()} {
		pack, err := law.Load(files)
		if err != nil {
			t.Fatal(err)
		}
		c, ok := pack.Calendar(id)
		if !ok {
			t.Fatalf("no calendar %s", id)
		}
		for first, last := c.Known(); first <= last; first++ {
			var off []string
			for day := civil.Date(first, 1, 1); day.Year() == first; day = day.AddDays(1) {
				if _, is, err := c.Off(day); err != nil || is {
					off = append(off, day.String())
				}
			}
			years, ours = append(years, asked{pack.Country, first}), append(ours, strings.Join(off, " "))
		}
	}
	for i, theirs := range answered(t, python, years) {
		if theirs != ours[i] {
			t.Errorf("%+v: off are\n%s\nand by the independent calendar\n%s", years[i], ours[i], theirs)
		}
	}
}

// pairOf is a term of the pack, often longer than it is, from a random minute.
func pairOf(t *testing.T, pack *law.Pack, random *rand.Rand) question {
	terms := pack.Terms()
	term := terms[random.IntN(len(terms))]
	first := civil.Date(2015, 1, 1)
	if term.From.After(first) {
		first = term.From
	}
	day := first.AddDays(random.IntN(first.DaysUntil(civil.Date(2025, 12, 1))))
	amount, unit := term.Length()
	extra := 0
	if most := map[law.Unit]int{law.WorkingHours: 60, law.WorkingDays: 120, law.Days: 250, law.Months: 9}[unit]; random.IntN(3) > 0 && most > 0 {
		extra = random.IntN(most)
	}
	calendar, _ := pack.Calendar(term.Calendar)
	counting, _ := pack.Counting(term.Counting, day)
	minute := random.IntN(24 * 60)
	clock := law.BegunAt(term.ID, day.In(calendar.Zone).At(minute), day)
	if extra > 0 {
		clock.Extensions = []law.Extension{{At: clock.At, Amount: extra}}
	}
	r, err := pack.Read(clock)
	if err != nil {
		t.Fatalf("%+v: %v", clock, err)
	}
	q := question{
		Country: pack.Country, Unit: unit, Amount: amount + extra, FirstDay: counting.FirstDay, Eve: counting.Eve, Moves: counting.Moves,
		At: local(day, minute), ours: r.Last.In("").String(),
	}
	if unit == law.WorkingHours {
		end := civil.On(r.Until, calendar.Zone)
		q.ours = strings.Replace(local(end, int(r.Until.Sub(end.Start()).Minutes())), "T", " ", 1)
	}
	return q
}
