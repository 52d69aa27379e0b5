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

	var in bytes.Buffer
	for _, q := range pairs {
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
	theirs, units, differ := strings.Split(strings.TrimSpace(string(out)), "\n"), map[law.Unit]int{}, 0
	if len(theirs) != len(pairs) {
		t.Fatalf("%d answers to %d pairs", len(theirs), len(pairs))
	}
	for i, q := range pairs {
		units[q.Unit]++
		if q.ours != theirs[i] {
			differ++
			t.Errorf("%+v: the independent calendar says %s", q, theirs[i])
		}
	}
	t.Logf("%d pairs, %v, %d differ", len(pairs), units, differ)
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
