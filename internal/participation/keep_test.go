package participation_test

import (
	"context"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/participation"
	"dobosh/internal/storage"
)

// rows counts what is kept beside a case.
func (r *rig) rows(id string) (n int) {
	r.t.Helper()
	must(r.t, r.db.Read(r.t.Context()).QueryRowContext(r.t.Context(), `select (select count(*) from participation_voices where case_id = $1) + (select count(*) from participation_supports where case_id = $1) +
		(select count(*) from participation_reached where case_id = $1) + (select count(*) from participation_ratings where case_id = $1)`, id).Scan(&n))
	return n
}

// What was raised goes with the content of its case, also what was public of it, and nothing of another goes with it.
func TestAVoiceGoesWithItsCase(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		r.spine.ReducedBy(r.Erase)
		ctx, mira, desk := t.Context(), person("mira"), officer("nada")
		number := r.raised(mira, "report", lamp())
		must(t, r.Publish(ctx, desk, number, participation.Public{Subject: "Мрак"}))
		must(t, r.Support(ctx, person("ana"), number))
		r.decide(desk, number, "repaired", "Замењена је сијалица.")
		must(t, r.Rate(ctx, mira, number, 2, "И даље је мрак."))
		open := r.raised(person("iva"), "report", lamp())
		seen, err := r.See(ctx, mira, number)
		must(t, err)

		r.clock.Set(r.clock.Now().AddDate(r.kind("report").Retention, 0, -1))
		must(t, r.spine.Retain(ctx))
		if n := r.rows(seen.Case); n != 3 {
			t.Errorf("before its time %d rows are kept", n)
		}
		r.clock.Set(r.clock.Now().AddDate(0, 0, 2))
		must(t, r.spine.Retain(ctx))
		if n := r.rows(seen.Case); n != 0 {
			t.Errorf("%d rows outlive the content of their case", n)
		}
		_, err = r.See(ctx, mira, number)
		wantCode(t, err, "voice-unknown")
		if own, err := r.Own(ctx, person("iva"), ""); err != nil || len(own.Items) != 1 || own.Items[0].Number != open {
			t.Errorf("of the case that is open is kept %+v, %v", own, err)
		}
	})
}

// Somebody reads in a copy all that is kept about them; when it is erased, their words are no longer public and their supports
// count no longer, under whichever name they were given.
func TestWhatAPersonHasErased(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig) {
		ctx, mira, desk := t.Context(), person("mira"), officer("nada")
		mine, other := r.raised(mira, "report", lamp()), r.raised(person("iva"), "report", lamp())
		must(t, r.Publish(ctx, desk, mine, participation.Public{Subject: "Мрак"}))
		must(t, r.Publish(ctx, desk, other, participation.Public{Subject: "И овде"}))
		must(t, r.Support(ctx, person("contact"), other))
		must(t, r.Support(ctx, mira, other))
		must(t, r.Support(ctx, person("ana"), other))
		r.decide(desk, mine, "repaired", "Замењена је сијалица.")
		must(t, r.Rate(ctx, mira, mine, 2, "И даље је мрак."))
		mira.Aliases = map[string][]string{exchange.ReceiptSector: {"p-contact"}}

		own, err := r.Own(ctx, mira, "")
		must(t, err)
		if len(own.Items) != 1 || own.Items[0].Raised.Subject != "Не ради светиљка" || own.Items[0].Subject != "Мрак" || own.Items[0].Stars != 2 || own.Items[0].Words != "И даље је мрак." {
			t.Errorf("the copy has %+v", own.Items)
		}
		if given, err := r.Supports(ctx, person("ana"), ""); err != nil || len(given.Items) != 1 || given.Items[0].Number != other {
			t.Errorf("ana supports %+v, %v", given.Items, err)
		}
		forget := func(by act.Actor) {
			must(t, r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return r.Forget(ctx, tx, by) }))
		}
		forget(act.Actor{})
		if seen, err := r.See(ctx, mira, other); err != nil || seen.Count != 3 {
			t.Errorf("nobody forgotten takes supports away: %+v, %v", seen, err)
		}
		forget(mira)
		forget(mira)
		_, err = r.See(ctx, act.Actor{}, mine)
		wantCode(t, err, "voice-unknown")
		wantCode(t, r.Publish(ctx, desk, mine, participation.Public{Subject: "x"}), "voice-private")
		seen, err := r.See(ctx, mira, other)
		must(t, err)
		if seen.Count != 1 || seen.Supports != 1 || seen.Given {
			t.Errorf("of the supports is left %+v", seen)
		}
		if own, err = r.Own(ctx, mira, ""); err != nil || own.Items[0].Stars != 0 || own.Items[0].Words != "" {
			t.Errorf("of the rating is left %+v, %v", own, err)
		}
		if given, err := r.Supports(ctx, mira, ""); err != nil || len(given.Items) != 0 {
			t.Errorf("mira still supports %+v, %v", given.Items, err)
		}
	})
}
