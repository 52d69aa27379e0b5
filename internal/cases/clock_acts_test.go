package cases_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
)

func TestAnOfficerStopsTheClockForAReasonOfTheLaw(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.handled("birth-1")
		wantCode(t, r.Pause(t.Context(), officer(), c.Number, c.Version, "holiday"), "clock-pause-unknown")
		wantCode(t, r.Pause(t.Context(), mother(), c.Number, c.Version, "supplement"), "not-allowed")
		wantCode(t, r.Pause(t.Context(), officer(), c.Number, c.Version-1, "supplement"), "case-changed")
		wantCode(t, r.Resume(t.Context(), officer(), c.Number, c.Version), "clock-not-paused")
		must(t, r.Pause(t.Context(), officer(), c.Number, c.Version, "supplement"))
		want(t, "told", r.subjects(), "City: the deadline in case "+c.Number+" is paused")
		wantCode(t, r.Pause(t.Context(), officer(), c.Number, c.Version+1, "supplement"), "clock-not-running")
		r.clock.Advance(72 * time.Hour)
		must(t, r.Resume(t.Context(), officer(), c.Number, c.Version+1))
		want(t, "told", r.subjects(), "City: the deadline in case "+c.Number+" goes on")
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "last day, three later and on to a Monday", v.Last(), civil.Date(2026, 12, 28))
		want(t, "what paused it", v.Running.Steps[1].Kind, law.StepPaused)
	})
}

func TestAnOfficerExtendsATermAsOftenAsTheLawLets(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.handled("birth-1")
		wantCode(t, r.Extend(t.Context(), officer(), c.Number, c.Version, law.Extension{Amount: 5}, "Чека се вештак."), "clock-extensions-used")
		r.restart(amended(t, "    remind: [5, 1]\n    escalate: [1, 10]\n    provision: zup/145/2", "    extensions: {most: 2, amount: 10, consent_from: 2, provision: zup/145/2}\n    remind: [5, 1]\n    escalate: [1, 10]\n    provision: zup/145/2"))
		wantCode(t, r.Extend(t.Context(), officer(), c.Number, c.Version, law.Extension{Amount: 11}, "Чека се вештак."), "clock-extension-long")
		must(t, r.Extend(t.Context(), officer(), c.Number, c.Version, law.Extension{Amount: 10}, "Чека се вештак."))
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "last day: ten later is a Saturday of holidays", v.Last(), civil.Date(2027, 1, 4))
		want(t, "what she reads", v.Messages[0].Said, "Чека се вештак.")
		want(t, "told", r.subjects(), "City: the deadline in case "+c.Number+" was extended")
		wantCode(t, r.Extend(t.Context(), officer(), c.Number, v.Version, law.Extension{Amount: 5}, "Још."), "clock-consent-needed")
		must(t, r.Extend(t.Context(), officer(), c.Number, v.Version, law.Extension{Amount: 5, Consent: true}, "Још."))
		wantCode(t, r.Extend(t.Context(), officer(), c.Number, v.Version+1, law.Extension{Amount: 5, Consent: true}, "Још."), "clock-extensions-used")
	})
}

// amended is the pack of Serbia with a change to its terms.
func amended(t testing.TB, old, next string) *law.Pack {
	t.Helper()
	return laws.Amended(t, func(files fstest.MapFS) {
		terms := string(files["terms.yaml"].Data)
		if strings.Count(terms, old) != 1 {
			t.Fatalf("the terms have %q %d times", old, strings.Count(terms, old))
		}
		files["terms.yaml"].Data = []byte(strings.Replace(terms, old, next, 1))
	})
}

func TestSilenceGivesARightOfWhichItsPartyMakesUse(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.handled("birth-1")
		_, err := r.AppealSilence(t.Context(), mother(), c.Number, "Нема решења.")
		wantCode(t, err, "case-not-silent")
		r.at(civil.Date(2026, 12, 24), 60)
		r.notices()
		_, err = r.AppealSilence(t.Context(), officer(), c.Number, "Нема решења.")
		wantCode(t, err, "case-unknown")
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "she may appeal", v.Silent, true)
		number, err := r.AppealSilence(t.Context(), mother(), c.Number, "Нема решења.")
		must(t, err)
		again, err := r.AppealSilence(t.Context(), mother(), c.Number, "Још га нема.")
		must(t, err)
		want(t, "the appeal, sent again", again, number)
		appeal, err := r.Case(t.Context(), mother(), number)
		must(t, err)
		want(t, "kind", appeal.Case.Kind, "appeal")
		want(t, "what it says", len(appeal.Messages), 2)
		want(t, "what it follows", appeal.Links[0].Number, c.Number)
		_, err = r.move(cases.Move{Case: c.ID, To: "granted", By: law.ByOfficer})
		must(t, err)
		_, err = r.AppealSilence(t.Context(), mother(), c.Number, "Нема решења.")
		wantCode(t, err, "case-not-silent")
	})
}

// What the law attaches to the end moves a case that no room moves: here nobody decided on an appeal.
func TestTheEndOfATermMovesACaseAsItsKindSays(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(laws.Amended(t, func(files fstest.MapFS) {
			kind := string(files["cases/appeal.yaml"].Data)
			files["cases/appeal.yaml"].Data = []byte(strings.Replace(kind, "{ to: rejected, by: [officer] }", "{ to: rejected, by: [officer, clock] }", 1))
		}))
		var c cases.Case
		must(t, r.write(func(ctx context.Context, tx *storage.Tx) (err error) {
			c, _, err = r.Open(ctx, tx, cases.Opening{Kind: "appeal", About: "decision", Source: "page", Person: "p-1", Sector: "family", Channel: cases.ByPage})
			if err == nil {
				c, err = r.Move(ctx, tx, cases.Move{Case: c.ID, To: "with-second", By: law.ByOfficer})
			}
			return err
		}))
		r.notices()
		r.sure = false
		r.at(c.Last().AddDays(1), 60)
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "status by a clock that nobody confirms", v.Case.Status, "with-second")
		r.sure = true
		r.clock.Advance(time.Minute)
		r.due()
		v, err = r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "status", v.Case.Status, "rejected")
		want(t, "by whom", v.Steps[len(v.Steps)-1].By, law.ByClock)
		want(t, "notices of the outcome", len(r.notices()), 1)
		r.clock.Set(civil.Date(2026, 11, 24).At(nine))
		r.due()
		v, err = r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "status after the clock was set back", v.Case.Status, "rejected")
	})
}

// The term of a case is that of the law of the day of its facts, also when the law changes while the case runs.
func TestACaseCrossesAChangeOfTheLaw(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.handled("birth-1")
		terms := string(laws.Files(t)["terms.yaml"].Data)
		at := strings.Index(terms, "  - id: decision\n")
		end := at + strings.Index(terms[at:], "\n  - id: ") + 1
		before := strings.Replace(terms[at:end], "    from: 2017-06-01\n", "    from: 2017-06-01\n    to: 2026-11-30\n", 1)
		after := strings.Replace(terms[at:end], "days: 30", "days: 60", 1)
		after, _, _ = strings.Cut(strings.Replace(after, "from: 2017-06-01", "from: 2026-12-01", 1), "    tests:")
		r.restart(amended(t, terms[at:end], before+after))
		r.at(civil.Date(2026, 12, 1), nine)
		v, err := r.Case(t.Context(), mother(), c.Number)
		must(t, err)
		want(t, "last day of the case of before", v.Last(), civil.Date(2026, 12, 23))
		later := r.handled("birth-2")
		want(t, "last day of a case under the new law", later.Last(), civil.Date(2027, 2, 1))
		r.at(civil.Date(2026, 12, 24), 60)
		want(t, "told of the silence in the case of before alone", r.subjects(), "City: the deadline for the decision in case "+c.Number+" has passed")
	})
}

// A calendar that ends before a term does: whoever begins a case is told so, and nothing is written.
func TestATermThatEndsInAYearWithoutACalendar(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		first := r.handled("birth-1")
		_, last := calendar(t).Known()
		r.clock.Set(civil.Date(last, 12, 20).At(nine))
		c, _ := r.open("birth-2", "event-2")
		_, err := r.move(cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule, Person: "p-1", Sector: "family"})
		wantCode(t, err, "calendar-year-missing")
		v, err := r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "status of the case", v.Case.Status, "checking")
		r.due()
		r.due()
		want(t, "alarm of another, whose term ended in a year that is known", r.alarm(first.Number), cases.Escalated)
	})
}

func calendar(t testing.TB) *law.Calendar {
	t.Helper()
	c, ok := laws.Serbia(t).Calendar("serbia")
	if !ok {
		t.Fatal("no calendar")
	}
	return c
}
