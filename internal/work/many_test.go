package work_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// Many jobs are added and ended together; one that another process has taken over is
// not ended by who had it.
func TestManyTogether(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		var held []*work.Try[work.None]
		queue := func(keep bool) *work.Queue[work.None] {
			q := &work.Queue[work.None]{Name: "room.many", Batch: 300}
			q.DoAll = func(ctx context.Context, tries []*work.Try[work.None]) error {
				if keep {
					held = tries
					return work.ErrGone
				}
				return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
					_, err := q.DoneAll(ctx, tx, tries)
					return err
				})
			}
			return q
		}
		first, second := queue(true), queue(false)
		one, two := r.process("a", r.db, first), r.process("b", r.open(), second)
		refs := make([]string, 250)
		for i := range refs {
			refs[i] = fmt.Sprint("job-", i)
		}
		for range 2 { // the second time they are there
			r.write(func(ctx context.Context, tx *storage.Tx) error {
				return first.AddAll(ctx, tx, refs, make([]work.None, len(refs)))
			})
		}
		_, _ = one.RunDue(t.Context()) // they go back, and their tries are kept
		if len(held) != len(refs) {
			t.Fatalf("%d of %d jobs", len(held), len(refs))
		}
		r.due(two, len(refs))
		r.write(func(ctx context.Context, tx *storage.Tx) error {
			return second.AddAllAt(ctx, tx, []string{"now", "later"}, make([]work.None, 2), []time.Time{r.clock.Now(), r.clock.Now().Add(time.Hour)})
		})
		r.due(two, 1)
		r.clock.Advance(time.Hour)
		r.due(two, 1)
		r.write(func(ctx context.Context, tx *storage.Tx) error {
			ours, err := first.DoneAll(ctx, tx, held)
			if len(ours) != 0 {
				t.Errorf("%d were ended twice", len(ours))
			}
			return err
		})
	})
}
