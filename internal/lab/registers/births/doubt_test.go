package births_test

import (
	"net/http"
	"testing"

	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/lab/testquestion"
	"dobosh/internal/testkit"
)

// A birth sent again under another number is another child, event and grant; nobody
// records it without having looked.
func TestABirthThatIsLikelyRecordedAlready(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		mother := testquestion.Woman(1992, 1)
		first := o.entry(mother, 1)
		first.GivenName, first.Hour = "Ђурђица", "10:05"
		o.record(first)
		for nth, name := range []string{"Ђурђица", "Đurđica", "Djurdjica", "Ђурђица Марија"} {
			again := o.entry(mother, 2+nth)
			again.GivenName, again.Hour = name, "10:20"
			_, err := o.Record(t.Context(), o.by, again)
			if got := fields(err); !problem.HasCode(err, "birth-alike") || len(got) != 1 || got[0] != "checked:birth-alike" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := len(o.events()); n != 1 {
			t.Errorf("%d events", n)
		}

		again := o.entry(mother, 9)
		again.GivenName, again.Hour, again.Checked = "Đurđica", "10:20", "Близнакиње, две пријаве породилишта."
		birth, err := o.Birth(t.Context(), o.by, o.record(again).ID)
		if err != nil || birth.Checked != again.Checked || intOf(birth.Order) != 2 {
			t.Errorf("%+v, %v", birth, err)
		}
	})
}

func TestWhatIsNoSecondTime(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		mother := testquestion.Woman(1992, 1)
		first := o.entry(mother, 1)
		first.Hour = "10:05"
		o.record(first)

		named := o.entry(mother, 2)
		named.GivenName, named.Hour = "Милена", "10:20"
		o.record(named)

		boy := o.entry(mother, 3)
		number := jmbg.Make(boy.Born, 83, 7)
		boy.Number, boy.Sex, boy.Hour = number.String(), jmbg.Male, "10:40"
		o.record(boy)

		o.record(o.entry(testquestion.Woman(1993, 1), 4)) // of another mother
	})
}

func TestBirthsTooNearEachOther(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		for nth, c := range []struct {
			ago  int // of the first; the second was born 4 days ago
			near bool
		}{{4 + 3, false}, {4 + 4, true}, {4 + 86, true}, {4 + 167, true}, {4 + 168, false}, {0, true}, {1, false}} {
			mother := testquestion.Woman(1992, nth)
			first, second := o.entryOf(mother, c.ago, 2*nth+1), o.entryOf(mother, 4, 2*nth+2)
			second.GivenName = "Милена"
			o.record(first)
			_, err := o.Record(t.Context(), o.by, second)
			if problem.HasCode(err, "birth-too-near") != c.near || !c.near && err != nil {
				t.Errorf("%d days: %v", c.ago-4, err)
				continue
			}
			if c.near {
				second.Checked = "Извод из историје болести."
				o.record(second)
			}
		}
	})
}

// A system is told why, and sends the same entry with what a person has checked.
func TestASystemIsAskedWhatWasChecked(t *testing.T) {
	testkit.OnBoth(t, newOffice, func(t *testing.T, o office) {
		send := func(e births.Entry) (int, map[string]any) {
			e.MotherHandle, _ = o.parent(testquestion.Woman(1992, 1).String())["handle"].(string)
			e.FatherHandle, e.FatherUnknown = "", true
			return o.Send(o.Handler(), "", "/v1/births", e, "Authorization", bearer)
		}
		if status, answer := send(o.entryOf(testquestion.Woman(1992, 1), 90, 1)); status != http.StatusCreated {
			t.Fatalf("%d %v", status, answer)
		}
		second := o.entryOf(testquestion.Woman(1992, 1), 4, 2)
		status, answer := send(second)
		o.Refused(status, answer, http.StatusUnprocessableEntity, "birth-too-near", "checked:birth-too-near")
		second.Checked = "Порођај пре термина, отпусна листа."
		if status, answer := send(second); status != http.StatusCreated || answer["order"] != 2.0 {
			t.Errorf("%d %v", status, answer)
		}
	})
}
