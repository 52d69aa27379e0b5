package cases_test

import (
	"context"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// Of an erased case nothing stays that somebody said or gave as a reason, and nothing is said in it any more.
func TestAnErasedCaseSaysNothingAndTakesNothing(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.clock.Set(time.Now().UTC())
		c, second := r.appeal("decision-1"), atDesk("second", act.Scope{})
		must(t, r.Decide(t.Context(), officer(), c.Number, c.Version, "replaced", "Тајни разлог."))
		must(t, r.Return(t.Context(), second, c.Number, r.version(c), "Тајни приговор."))
		must(t, r.Decide(t.Context(), officer(), c.Number, r.version(c), "late", "Касно."))
		must(t, r.SendNow(t.Context(), officer(), c.Number))
		r.clock.Advance(20 * 366 * 24 * time.Hour)
		must(t, r.Retain(t.Context()))

		v, err := r.Case(t.Context(), officer(), c.Number)
		must(t, err)
		want(t, "erased", v.Reduced.IsZero(), false)
		want(t, "what was decided still counts", len(v.Drafts), 2)
		for _, d := range v.Drafts {
			want(t, "words of a draft", d.Why+d.Said, "")
			want(t, "what a draft gave", string(d.Given), "")
		}
		wantCode(t, r.Note(t.Context(), officer(), c.Number, cases.Internal, "После."), "case-reduced")
		err = r.write(func(ctx context.Context, tx *storage.Tx) error { return r.Heard(ctx, tx, c.ID, "После.") })
		wantCode(t, err, "case-reduced")
		wantCode(t, r.arrives(c, written("1", "После.")), "thread-unknown")
		var n int
		must(t, r.db.Read(t.Context()).QueryRowContext(t.Context(), `select count(*) from cases_messages`).Scan(&n))
		want(t, "messages that are kept", n, 0)
	})
}
