package births_test

import (
	"fmt"
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
				e.GivenName, e.Hour = []string{"Лена", "Мила", "Дуња", "Сара"}[i], fmt.Sprintf("10:%02d", i)
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
		e.PreviousLiveBirths, e.GivenName, e.Born = 2, "Мила", e.Born.AddDays(1)
		e.Number = o.born(3, 2).String()
		_, err := o.Record(t.Context(), o.by, e)
		if got := strings.Join(fields(err), " "); got != "previous_live_births:previous-births-too-few" {
			t.Errorf("got %v", err)
		}
		if n := len(o.events()); n != 1 {
			t.Errorf("%d events", n)
		}
	})
}

// twins are two girls of one mother and day.
func (o office) twins() (first, second births.Entry) {
	first, second = o.entry(testquestion.Woman(1992, 1), 1), o.entry(testquestion.Woman(1992, 1), 2)
	second.GivenName = "Мила"
	return first, second
}

// The hour at which twins were born decides, whichever entry arrives first.
func TestTwins(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		elder, younger := o.twins()
		elder.Hour, younger.Hour = "9.05", "10:05"
		b := o.record(younger)
		a := o.record(elder)
		if intOf(b.Order) != 1 || intOf(a.Order) != 1 {
			t.Errorf("told at the entry: the younger %d, the elder %d", intOf(b.Order), intOf(a.Order))
		}
		if o.order(a) != 1 || o.order(b) != 2 {
			t.Errorf("told now: the elder %d, the younger %d", o.order(a), o.order(b))
		}
		if again := o.record(younger); intOf(again.Order) != 2 {
			t.Errorf("the same entry sent again: %d", intOf(again.Order))
		}
	})
}

// Twins whose hours do not tell them apart are not ordered by chance; a child
// after them is.
func TestTwinsWhoseHourIsNotKnown(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		first, second := o.twins()
		a := o.record(first)
		_, err := o.Record(t.Context(), o.by, second)
		if got := strings.Join(fields(err), " "); got != "hour:hour-needed" {
			t.Fatalf("a second child of the day without an hour: %v", err)
		}
		second.Hour = "25:00"
		_, err = o.Record(t.Context(), o.by, second)
		if got := strings.Join(fields(err), " "); got != "hour:hour-malformed" {
			t.Errorf("an hour that is none: %v", err)
		}
		second.Hour = "10:05"
		b := o.record(second)
		for _, birth := range []births.Birth{a, b} {
			if _, answer := o.Ask(o.Handler(), "family", "/v1/births/"+birth.ID); answer["order"] != nil || answer["live"] != true {
				t.Errorf("answer %v", answer)
			}
		}
		third := o.entryOf(testquestion.Woman(1992, 1), 2, 3)
		third.GivenName = "Дуња"
		if got := intOf(o.record(third).Order); got != 3 {
			t.Errorf("the next child is number %d", got)
		}
	})
}

// An elder child that is entered later moves those after it, and only those.
func TestAnElderChildIsEnteredLater(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		counted, stated := testquestion.Woman(1992, 1), testquestion.Woman(1993, 1)
		younger := o.record(o.entryOf(counted, 4, 1))
		elder := o.record(o.entryOf(counted, 300, 2))
		if o.order(younger) != 2 || o.order(elder) != 1 {
			t.Errorf("the elder %d, the younger %d", o.order(elder), o.order(younger))
		}

		e := o.entryOf(stated, 4, 3)
		e.PreviousLiveBirths = 1 // the elder was counted before anybody entered it
		younger = o.record(e)
		o.record(o.entryOf(stated, 300, 4))
		if o.order(younger) != 2 {
			t.Errorf("one elder child makes the younger number %d", o.order(younger))
		}

		listed, err := o.List(t.Context(), o.by, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range listed.Items {
			if intOf(b.Order) != o.order(b) {
				t.Errorf("the list says %d, the entry %d", intOf(b.Order), o.order(b))
			}
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
