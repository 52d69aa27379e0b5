package cases_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
)

// handled is a case of the mother with an officer since the clock of the rig.
func (r *rig) handled(about string) cases.Case {
	r.t.Helper()
	c, _ := r.open(about, "event "+about)
	c, err := r.move(cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule, Person: "p-1", Sector: "family"})
	must(r.t, err)
	r.notices()
	return c
}

func (r *rig) alarm(number string) cases.Alarm {
	r.t.Helper()
	v, err := r.Case(r.t.Context(), mother(), number)
	must(r.t, err)
	return v.Alarm
}

// told are the subjects of what people were told since the last call.
func (r *rig) subjects() string {
	var all []string
	for _, n := range r.notices() {
		all = append(all, n.Subject["en"])
	}
	return strings.Join(all, "; ")
}

const nine = 9 * 60 // in the morning, in minutes

func TestTheClockRemindsAndEndsInSilenceAndEscalates(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.handled("birth-1")
		want(t, "last day", c.Last(), civil.Date(2026, 12, 23))
		r.at(civil.Date(2026, 12, 15), nine)
		want(t, "six working days before", r.alarm(c.Number), cases.NoAlarm)
		r.at(civil.Date(2026, 12, 16), nine)
		want(t, "five working days before", r.alarm(c.Number), cases.Reminded)
		want(t, "told to the person, who need not do anything", r.subjects(), "")
		r.at(civil.Date(2026, 12, 24), 60)
		want(t, "the night after", r.alarm(c.Number), cases.Passed)
		want(t, "told of silence", r.subjects(), "City: the deadline for the decision in case "+c.Number+" has passed")
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "what the history says last", v.Steps[len(v.Steps)-1].By, law.ByClock)
		want(t, "version, which a form of an officer carries", v.Version, c.Version)

		// A clock that was set back and went on again tells nothing twice and takes nothing back.
		r.at(civil.Date(2026, 12, 1), nine)
		want(t, "after the clock was set back", r.alarm(c.Number), cases.Passed)
		r.at(civil.Date(2026, 12, 24), 60)
		r.restart(laws.Serbia(t))
		r.due()
		want(t, "told again", r.subjects(), "")
		r.at(civil.Date(2026, 12, 24), nine)
		want(t, "one working day after", r.alarm(c.Number), cases.Escalated)

		ended, err := r.move(cases.Move{Case: c.ID, To: "granted", By: law.ByOfficer})
		must(t, err)
		want(t, "after the decision", ended.Alarm, cases.NoAlarm)
		r.notices()
		r.at(civil.Date(2027, 2, 1), nine)
		want(t, "told after the decision", r.subjects(), "")
	})
}

// What cannot be taken back waits until the clock of the node is believed: somebody set it a year ahead.
func TestATermEndsOnlyByAClockThatIsBelieved(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.handled("birth-1")
		r.sure = false
		r.at(civil.Date(2027, 11, 23), nine)
		want(t, "told by a clock that nobody confirms", r.subjects(), "")
		want(t, "alarm by it", r.alarm(c.Number), cases.NoAlarm)
		r.sure = true
		r.clock.Set(civil.Date(2026, 11, 30).At(nine))
		r.restart(laws.Serbia(t))
		r.clock.Advance(10 * time.Minute)
		r.due()
		want(t, "told on the day that it is", r.subjects(), "")
		r.at(civil.Date(2026, 12, 24), nine)
		want(t, "told after the end", strings.Count(r.subjects(), "has passed"), 1)
	})
}

func TestAPausedClockSaysNothingAndItsOldMarksAreHarmless(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.handled("birth-1")
		must(t, r.Ask(t.Context(), officer(), c.Number, 0, "Када сте се доселили?"))
		must(t, r.SendNow(t.Context(), officer(), c.Number))
		r.notices()
		r.at(civil.Date(2027, 1, 15), nine)
		want(t, "told while it stands", r.subjects(), "")
		must(t, r.Answer(t.Context(), mother(), c.Number, "У мају."))
		r.notices()
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "the last day, which moved on", v.Last(), civil.Date(2027, 2, 17))
		r.due()
		want(t, "alarm when it goes on", r.alarm(c.Number), cases.NoAlarm)
		r.at(v.Last(), nine)
		want(t, "alarm on the last day", r.alarm(c.Number), cases.Reminded)
		r.at(v.Last().AddDays(1), nine)
		want(t, "told", strings.Count(r.subjects(), "has passed"), 1)
	})
}

func TestThePersonIsRemindedOfWhatWaitsForThem(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c, _ := r.open("birth-1", "event-1")
		c, err := r.move(cases.Move{Case: c.ID, To: "offered", By: law.ByRule, Person: "p-1", Sector: "family", Answer: law.Begun("grant-offer", civil.Date(2026, 1, 3))})
		must(t, err)
		want(t, "by when she answers", c.AnswerBy(), civil.Date(2027, 1, 4))
		if told := r.notices(); len(told) != 1 || !strings.Contains(told[0].Body["en"], "4 January 2027") {
			t.Errorf("told %+v", told)
		}
		reminders := 0
		for day := civil.Date(2026, 11, 24); day.Before(civil.Date(2027, 1, 5)); day = day.AddDays(1) {
			r.at(day, nine)
			for _, n := range r.notices() {
				reminders++
				want(t, "lane of a reminder, which whoever ended mailings gets too", n.Lane, notify.Normal)
				want(t, "where it leads", strings.HasSuffix(n.Link, c.Number), true)
			}
		}
		want(t, "reminders of an offer, twenty and five working days before its end", reminders, 2)
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "status: the room of the offer moves it", v.Case.Status, "offered")
	})
}

// A case that was written by a process before this one has no mark: it gets one.
func TestCasesOfBeforeGetTheirMarks(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.handled("birth-1")
		must(t, r.write(func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `update cases_cases set mark = 0, ends = 0`)
			if err == nil {
				_, err = tx.ExecContext(ctx, `delete from work_jobs where queue = 'cases.marks'`)
			}
			return err
		}))
		r.clock.Advance(2 * time.Hour)
		r.due()
		r.at(civil.Date(2026, 12, 24), nine)
		want(t, "told", strings.Count(r.subjects(), "has passed"), 1)
		want(t, "alarm", r.alarm(c.Number), cases.Escalated)
	})
}

// A day on which very many cases are reminded of goes by in batches, and each is told once.
func TestADayOfManyMarks(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		const many = 450
		for i := range many {
			r.handled(fmt.Sprintf("birth-%d", i))
		}
		r.at(civil.Date(2026, 12, 24), nine)
		r.due()
		want(t, "told", len(r.notices()), many)
	})
}

// Many who are waited for are reminded together: each once at each mark, and each party of a case. A case that is no longer
// kept, or whose clock has another mark by now, is passed over.
func TestADayOfManyReminders(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		const many = 230
		var all []cases.Case
		for i := range many {
			c, _ := r.open(fmt.Sprintf("birth-%d", i), fmt.Sprintf("event-%d", i))
			c, err := r.move(cases.Move{Case: c.ID, To: "offered", By: law.ByRule, Person: fmt.Sprintf("p-%d", i), Sector: "family", Answer: law.Begun("grant-offer", civil.Date(2026, 1, 3))})
			must(t, err)
			all = append(all, c)
		}
		must(t, r.write(func(ctx context.Context, tx *storage.Tx) error {
			if _, err := tx.ExecContext(ctx, `insert into cases_parties (case_id, number, person, sector, role, mandate, from_at, added_by) values ($1, 1, 'p-father', 'family', 'interested', $2, 0, 'officer')`, all[0].ID, []byte("sealed")); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `delete from cases_cases where id = $1`, all[1].ID)
			return err
		}))
		if _, err := r.move(cases.Move{Case: all[2].ID, To: "declined", By: law.ByParty}); err != nil {
			t.Fatal(err)
		}
		r.notices()
		for _, day := range []civil.Day{civil.Date(2026, 12, 4), civil.Date(2026, 12, 28)} { // after twenty and five working days before the end
			r.at(day, nine)
			told := map[string]int{}
			for _, n := range r.notices() {
				told[n.Person]++
			}
			want(t, "persons reminded by "+day.String(), len(told), many-2+1)
			for person, n := range told {
				want(t, "reminders of "+person, n, 1)
			}
			want(t, "the father in the case of another", told["p-father"], 1)
			want(t, "whose case is gone", told["p-1"], 0)
			want(t, "who wants nothing", told["p-2"], 0)
		}
		left := 0
		must(t, r.db.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from work_jobs where queue = 'cases.marks'`).Scan(&left))
		want(t, "marks to come: the end of each", left, many-2)
	})
}
