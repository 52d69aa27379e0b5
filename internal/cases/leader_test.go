package cases_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

func leaderOf(scope act.Scope) act.Actor {
	return act.Actor{Account: "leader", Grants: []act.Grant{{Role: identity.Leader, Scope: scope}}}
}

// What a leader sees are sums that were counted with each change; they are what counting the cases themselves gives,
// folded or not.
func TestTheLeaderSeesNumbersThatAreTrue(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for i := range 6 {
			c := r.handled(fmt.Sprintf("birth-%d", i))
			if i < 3 {
				r.clock.Advance(time.Duration(24*(i+1)) * time.Hour)
				_, err := r.move(cases.Move{Case: c.ID, To: "refused", By: law.ByOfficer})
				must(t, err)
			}
			if i == 3 {
				must(t, r.write(func(ctx context.Context, tx *storage.Tx) error {
					return r.HandOver(ctx, tx, c.ID, "RS-DEMO/GOV/ZRENJANIN", "second", "reorganised")
				}))
			}
		}
		leader := leaderOf(act.Scope{})
		for _, folded := range []bool{false, true} {
			if folded {
				must(t, r.Fold(t.Context()))
				must(t, r.Fold(t.Context()))
			}
			o, err := r.Lead(t.Context(), leader)
			must(t, err)
			want(t, "open", o.All.Open, 3)
			want(t, "begun", o.All.Begun, 6)
			want(t, "ended", o.All.Ended, 3)
			want(t, "late", o.All.Late, 0)
			want(t, "median of 1, 2 and 3 days", o.All.Days, 2)
			want(t, "outcomes", fmt.Sprint(o.Outcomes), "[{application refused 3}]")
			want(t, "units", fmt.Sprintf("%s %d, %s %d", o.Units[0].Of, o.Units[0].Open, o.Units[1].Of, o.Units[1].Open), " 2, second 1")
			want(t, "first week", o.Weeks[0].Of, "2026-11-23")
		}
		r.at(civil.Date(2027, 1, 4), nine)
		o, err := r.Lead(t.Context(), leader)
		must(t, err)
		want(t, "late after the end", o.All.Late, 3)
		late, err := r.Overdue(t.Context(), leader, "")
		must(t, err)
		want(t, "listed as overdue", len(late.Items), 3)
		want(t, "person on the list", late.Items[0].Person, "")

		second, err := r.Lead(t.Context(), leaderOf(act.Scope{Unit: "second"}))
		must(t, err)
		want(t, "late of one unit", second.All.Late, 1)
		want(t, "open of one unit", second.All.Open, 1)
		none, err := r.Lead(t.Context(), leaderOf(act.Scope{Service: "parental-allowance"}))
		must(t, err)
		want(t, "of another service", none.All.Begun, 0)
		r.at(civil.Date(2027, 4, 12), nine) // what began and ended is thirteen weeks back and more; what is open stays
		for range 2 {
			o, err = r.Lead(t.Context(), leader)
			must(t, err)
			want(t, "begun lately", o.All.Begun, 0)
			want(t, "ended lately", o.All.Ended, 0)
			want(t, "open still", o.All.Open, 3)
			must(t, r.write(func(ctx context.Context, tx *storage.Tx) error { // as between midnight and the first round of the day
				_, err := tx.ExecContext(ctx, `delete from cases_quarter`)
				return err
			}))
		}
		_, err = r.Lead(t.Context(), officer())
		wantCode(t, err, "not-allowed")
		_, err = r.Overdue(t.Context(), mother(), "")
		wantCode(t, err, "not-allowed")
	})
}

// BenchmarkLead is the leader's page on the sums of a country's worth of cases: thirteen weeks, three units, two
// services and 22 places, each with every outcome and every number of days.
func BenchmarkLead(b *testing.B) {
	for _, engine := range testkit.Engines() {
		b.Run(engine, func(b *testing.B) {
			r := newRig(b, engine)
			must(b, r.write(func(ctx context.Context, tx *storage.Tx) error {
				for w := range 13 {
					for v := range 33 {
						what, value := "days", fmt.Sprintf("%04d", v)
						if v > 25 {
							what, value = "ended", fmt.Sprintf("status-%d", v)
						}
						if _, err := tx.ExecContext(ctx, `with recursive n(i) as (select 0 union all select i + 1 from n where i < 131)
							insert into cases_sums (week, body, unit, service, kind, place, what, value, n)
							select $1, 'RS-DEMO/GOV/ZRENJANIN', 'unit-' || (i % 3), 'service-' || (i / 3 % 2), 'application', 'zr-' || (i / 6), $2, $3, 7 from n`,
							civil.Date(2026, 8, 31).AddDays(7*w).String(), what, value); err != nil {
							return err
						}
					}
				}
				return nil
			}))
			b.ResetTimer()
			for b.Loop() {
				o, err := r.Lead(b.Context(), leaderOf(act.Scope{}))
				must(b, err)
				if len(o.Places) != 22 {
					b.Fatalf("%d places", len(o.Places))
				}
			}
		})
	}
}
