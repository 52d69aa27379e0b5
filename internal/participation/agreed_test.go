package participation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/participation"
)

// Who sends the same again without agreeing that it may be public has taken that back; agreeing later changes nothing.
func TestTheLastWordOnBeingPublicIsNo(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		ctx, mira, desk := t.Context(), person("mira"), officer("nada")
		number := r.raised(mira, "report", lamp())
		must(t, r.Publish(ctx, desk, number, participation.Public{Subject: "Мрак"}))
		private := lamp()
		private["public"] = []string{"no"}
		if again := r.raised(mira, "report", private); again != number {
			t.Fatalf("the same is the case %s as well as %s", again, number)
		}
		_, err := r.See(ctx, act.Actor{}, number)
		wantCode(t, err, "voice-unknown")
		wantCode(t, r.Publish(ctx, desk, number, participation.Public{Subject: "Мрак"}), "voice-private")
		r.raised(mira, "report", lamp())
		wantCode(t, r.Publish(ctx, desk, number, participation.Public{Subject: "Мрак"}), "voice-private")
	})
}

// What its author took back, or what goes on in another case, was not answered: there is nothing to rate, and nothing to
// examine again.
func TestWhatWasTakenBackHasNoAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		ctx, mira, desk := t.Context(), person("mira"), officer("nada")
		number := r.raised(mira, "report", lamp())
		must(t, r.Publish(ctx, desk, number, participation.Public{Subject: "Мрак"}))
		other := lamp()
		other["where"] = []string{"Главна 5"}
		goesOn := r.raised(mira, "report", other)
		must(t, r.spine.Join(ctx, desk, cases.Joining{Number: number, How: cases.Merged, Other: goesOn, Why: "Исто место."}))
		wantCode(t, r.Rate(ctx, mira, number, 1, ""), "voice-open")
		_, err := r.Again(ctx, mira, number, "Нисам добила одговор.")
		wantCode(t, err, "voice-open")
		r.decide(desk, goesOn, "repaired", "Замењена је сијалица.")
		if _, err := r.Again(ctx, mira, goesOn, "И даље је мрак."); err != nil {
			t.Error(err)
		}
	})
}

// Whoever raised something is told that it is public from now on, in words that an officer may have changed: once.
func TestItsAuthorIsToldThatItIsPublic(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		number := r.raised(person("mira"), "report", lamp())
		before := len(r.told)
		must(t, r.Publish(t.Context(), officer("nada"), number, participation.Public{Subject: "Мрак"}))
		must(t, r.Publish(t.Context(), officer("nada"), number, participation.Public{Subject: "Мрак у Главној"}))
		told := r.told[before:]
		if len(told) != 1 || told[0].Person != "p-mira" || !strings.Contains(told[0].Body["en"], "public") {
			t.Errorf("told is %+v", told)
		}
	})
}

// hides has a voice hidden between the look at it and the support.
type hides struct {
	*cases.Room
	hide func()
}

func (h hides) Outline(ctx context.Context, number string) (cases.Outline, error) {
	o, err := h.Room.Outline(ctx, number)
	h.hide()
	return o, err
}

// What is taken back at the moment of a support is supported by nobody.
func TestNobodySupportsWhatIsNoLongerPublic(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		ctx, mira := t.Context(), person("mira")
		number := r.raised(mira, "report", lamp())
		must(t, r.Publish(ctx, officer("nada"), number, participation.Public{Subject: "Мрак"}))
		config := r.Config
		config.Cases = hides{r.spine, func() { must(t, r.Hide(ctx, mira, number)) }}
		wantCode(t, participation.New(config).Support(ctx, person("ana"), number), "voice-unknown")
		of, _, err := r.Of(ctx, cases.View{Case: cases.Case{Number: number}})
		must(t, err)
		if n := r.rows(of.Case); n != 1 || of.Supports != 0 {
			t.Errorf("%d rows and %d supports of what is not public", n, of.Supports)
		}
	})
}

// The average of a kind is told when ten people rated, and not when one person rated ten times.
func TestAnAverageIsOfTenPeople(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		rate := func(name string, i, stars int) {
			in := lamp()
			in["where"] = []string{fmt.Sprint("Главна ", i)}
			number := r.raised(person(name), "report", in)
			r.decide(officer("nada"), number, "repaired", "Замењена је сијалица.")
			must(t, r.Rate(t.Context(), person(name), number, stars, ""))
		}
		for i := range 10 {
			rate("mira", i, 1)
		}
		if _, _, ok, err := r.Satisfaction(t.Context(), "report"); err != nil || ok {
			t.Errorf("what one person says ten times is told as an average, %v", err)
		}
		for i := range 9 {
			rate(fmt.Sprint("ana", i), i, 5)
		}
		mean, count, ok, err := r.Satisfaction(t.Context(), "report")
		if err != nil || !ok || count != 19 || mean < 2.85 || mean > 2.95 {
			t.Errorf("the average of %d is %f, %t, %v", count, mean, ok, err)
		}
	})
}
