package births_test

import (
	"strings"
	"testing"

	"dobosh/internal/kit/id"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/lab/testquestion"
	"dobosh/internal/testkit"
)

func TestOrder(t *testing.T) {
	type step struct {
		previous  int
		unknown   bool
		stillborn bool
		want      int // 0: not known
	}
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		nth := 0
		for name, steps := range map[string][]step{
			"counted":                  {{want: 1}, {want: 2}, {want: 3}},
			"born elsewhere before":    {{previous: 2, want: 3}, {want: 4}, {previous: 6, want: 7}, {want: 8}},
			"stated as it is counted":  {{want: 1}, {previous: 1, want: 2}},
			"stillborn do not count":   {{stillborn: true}, {want: 1}, {stillborn: true}, {want: 2}},
			"not known":                {{unknown: true}},
			"not known stays so":       {{want: 1}, {unknown: true}, {}, {previous: 3, want: 4}},
			"not known until it is":    {{unknown: true}, {previous: 1, want: 2}, {}},
			"not known after counting": {{want: 1}, {want: 2}, {unknown: true}},
		} {
			mother := testquestion.Woman(1992, nth)
			for i, s := range steps {
				nth++
				e := o.entry(mother, nth)
				e.PreviousLiveBirths, e.OrderUnknown, e.Live = s.previous, s.unknown, !s.stillborn
				if got := intOf(o.record(e).Order); got != s.want {
					t.Errorf("%s: child %d is number %d, want %d", name, i+1, got, s.want)
				}
			}
		}
	})
}

func TestFewerBirthsThanRecorded(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		mother := testquestion.Woman(1992, 1)
		e := o.entry(mother, 1)
		e.PreviousLiveBirths = 3
		o.record(e)
		e = o.entry(mother, 2)
		e.PreviousLiveBirths = 2
		_, err := o.Record(t.Context(), o.by, e)
		if got := strings.Join(fields(err), " "); got != "previous_live_births:previous-births-too-few" {
			t.Errorf("got %v", err)
		}
		if n := len(o.events()); n != 1 {
			t.Errorf("%d events", n)
		}
	})
}

// Twins have one mother and one day, and an order between them.
func TestTwins(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		first, second := o.entry(testquestion.Woman(1992, 1), 1), o.entry(testquestion.Woman(1992, 1), 2)
		boy := jmbg.Make(second.Born, 83, 7)
		second.Number, second.Sex, second.GivenName = boy.String(), jmbg.Male, "Вук"
		if a, b := intOf(o.record(first).Order), intOf(o.record(second).Order); a != 1 || b != 2 {
			t.Errorf("orders %d and %d", a, b)
		}
	})
}

func TestPut(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		mother := testquestion.Woman(1992, 1)
		earlier := births.Birth{
			ID: id.New(), Child: o.Own(testquestion.Woman(2019, 1)), GivenName: "Ема", FamilyName: "Примерић", Sex: jmbg.Female,
			Born: testquestion.Woman(2019, 1).Born(), Live: true, Order: new(1), Place: "zr-14", Mother: o.Own(mother), MotherName: "Ана Примерић",
			RecordedAt: o.clock.Now(), RecordedBy: "before",
		}
		for range 2 {
			if err := o.Put(t.Context(), []births.Birth{earlier}); err != nil {
				t.Fatal(err)
			}
			earlier.ID = id.New() // a second start invents a new reference, and the old one stays
		}
		if n := len(o.events()); n != 0 {
			t.Errorf("%d events of births that are long past", n)
		}
		if got := intOf(o.record(o.entry(mother, 1)).Order); got != 2 {
			t.Errorf("the next child is number %d", got)
		}
	})
}
