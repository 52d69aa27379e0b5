package work_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/acts"
	"dobosh/internal/work"
)

const keeper act.Role = "keeper"

// failed is a process with one job that was put aside, and the acts on it.
func (r *rig) failed(ref string) (p *work.Runner, again, drop act.Act) {
	r.Helper()
	q := &work.Queue[work.None]{Name: "room.fails", Attempts: 1, Do: func(context.Context, *work.Try[work.None]) error {
		return problem.New(problem.Unavailable, "node-away")
	}}
	p = r.process("a", r.db, q)
	add(r, q, ref, work.None{})
	r.due(p, 1)
	all, err := p.Acts(act.Only(keeper), act.Scope{Body: "here"})
	r.must(err)
	return p, all[0], all[1]
}

func TestActsRefuseWhatTheirFieldsDoNotTake(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		_, again, drop := r.failed("1")
		at, by := map[string]string{"queue": "room.fails", "ref": "1"}, act.As("ana", keeper)
		acts.Refuses(t, again, by, at, map[string]any{})
		acts.Refuses(t, drop, by, at, map[string]any{"reason": "Не треба."})
	})
}

// A job that was put aside is tried again or dropped by those who hold the role for
// this node, and by nobody else.
func TestPeopleSettleWhatWasPutAside(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		const ref = "https://example.org/a b#1"
		p, again, drop := r.failed(ref)
		elsewhere := act.Actor{Account: "vera", Grants: []act.Grant{{Role: keeper, Scope: act.Scope{Body: "there"}}}}
		ana := act.As("ana", keeper)
		do := func(a act.Act, by act.Actor, ref, reason string) error {
			sent := act.FromValues(map[string][]string{"reason": {reason}}).With(map[string]string{"queue": "room.fails", "ref": ref})
			_, begun := a.Begin(t.Context(), by, sent)
			_, done := a.Do(t.Context(), by, sent)
			return errors.Join(begun, done)
		}
		for _, a := range []act.Act{again, drop} {
			if err := do(a, elsewhere, ref, "x"); !problem.HasCode(err, "not-allowed") {
				t.Errorf("%s for another body: %v", a.Name, err)
			}
			if err := do(a, ana, "none", "x"); !problem.HasCode(err, "job-unknown") {
				t.Errorf("%s of no job: %v", a.Name, err)
			}
		}
		r.must(do(again, ana, ref, ""))
		if _, err := p.FindDead(t.Context(), "room.fails", ref); !problem.HasCode(err, "job-unknown") {
			t.Errorf("it is still put aside: %v", err)
		}
		r.due(p, 1)
		if d, err := p.FindDead(t.Context(), "room.fails", ref); err != nil || d.Tries != 2 || d.Code != "node-away" {
			t.Errorf("%+v, %v", d, err)
		}
		reason := strings.Repeat("ж", 2000)
		r.must(do(drop, ana, ref, reason))
		dropped, err := p.Dropped(t.Context(), "", 0)
		r.must(err)
		if len(dropped.Items) != 1 || dropped.Items[0].Actor != "ana" || dropped.Items[0].Reason != reason || dropped.Items[0].Ref != ref {
			t.Errorf("kept: %+v", dropped.Items)
		}
	})
}
