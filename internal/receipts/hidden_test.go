package receipts_test

import (
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/testkit"
)

// What the law hides for a while is seen by the person afterwards, in its place.
func TestAHiddenLookIsSeenAfterItsTerm(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		until := r.clock.Now().Add(10 * 24 * time.Hour)
		r.look("RS-T/GOV/B", 1, nil)
		r.look("RS-T/GOV/B", 60, func(x *journal.Receipt) { x.Hidden = journal.Hidden{Until: until, Provision: "zkp/286"} })
		r.look("RS-T/GOV/B", 1, nil)
		r.settled()
		if list, _ := r.all(); len(list) != 2 {
			t.Errorf("%d looks are seen while the others are hidden, want 2", len(list))
		}
		r.clock.Set(until)
		if list, _ := r.all(); len(list) != 62 {
			t.Errorf("%d looks are seen after the term, want 62", len(list))
		}
	})
}
