package services_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/services"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/laws"
)

func TestRegisterAwayDelaysAndLosesNothing(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) { c.Pack = only(t, allowance) })
		mother := r.mother()
		event := r.birth(mother, born(), 1)
		r.registers.set(residents, problem.New(problem.Unavailable, "node-away", "body", "RS-DEMO/GOV/REGISTERS"))
		r.hear(event)
		waiting := r.assessments(services.AssessmentWaiting)
		if len(waiting) != 1 || waiting[0].Waits["en"] != "Body "+residents || waiting[0].Waits["code"] != "node-away" {
			t.Fatalf("waiting %+v, want one that names the register", waiting)
		}
		want(t, "next try", waiting[0].NextTry, r.clock.Now().Add(500*time.Millisecond))
		want(t, "too early", r.work(), 0)
		for range 12 {
			r.clock.Set(r.assessments(services.AssessmentWaiting)[0].NextTry)
			want(t, "jobs due", r.work(), 1)
		}
		last := r.assessments(services.AssessmentWaiting)[0]
		want(t, "patience", last.NextTry.Sub(r.clock.Now()), 5*time.Minute)
		want(t, "tries", last.Tries, 13)
		r.restart(nil)
		r.registers.questions()
		r.registers.set(residents, nil)
		r.clock.Advance(5 * time.Minute)
		r.work()
		r.clock.Advance(time.Hour)
		r.work()
		want(t, "offers", len(r.offersOf(mother)), 1)
		want(t, "notices", len(r.notices.sent), 1)
		if got := r.registers.questions(); len(got) != 2 || strings.HasPrefix(got[0], "/v1/births/") {
			t.Errorf("asked %q, want only what was not known yet", got)
		}
		if done := r.assessments("")[0]; done.State != services.AssessmentOffered || done.Waits != nil {
			t.Errorf("assessment %+v, want one that waits for nobody", done)
		}
	})
}

// A clock that ran ahead puts jobs off; once it is set right they are due.
func TestClockThatIsSetRight(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother := r.mother()
		r.clock.Advance(10 * time.Minute)
		must(t, r.Hear(t.Context(), r.birth(mother, born(), 1)))
		r.clock.Advance(-10 * time.Minute)
		want(t, "jobs due", r.work(), 2)
		want(t, "offers", len(r.offersOf(mother)), 2)
	})
}

func TestEndedContractIsNamed(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.registers.set(payments, problem.New(problem.Forbidden, "contract-ended", "contract", "allowance-accounts", "day", "2026-11-22"))
		r.hear(r.birth(r.mother(), born(), 1))
		for _, a := range r.assessments(services.AssessmentWaiting) {
			if a.Waits["code"] != "contract-ended" || !strings.Contains(a.Waits["sr"], "allowance-accounts") {
				t.Errorf("waits for %v, want the contract named", a.Waits)
			}
		}
		want(t, "waiting", len(r.assessments(services.AssessmentWaiting)), 2)
	})
}

func TestEndedProvisionIsNamed(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) {
			c.Pack = serbiaWith(t, "instruments/zfpp.yaml", "  - ref: zfpp/22/1\n", "  - ref: zfpp/22/1\n    to: 2026-11-01\n")
		})
		mother := r.mother()
		r.hear(r.birth(mother, born(), 1))
		waiting := r.assessments(services.AssessmentWaiting)
		if len(waiting) != 1 || waiting[0].Waits["code"] != "provision-not-in-force" || !strings.Contains(waiting[0].Waits["sr"], "чл. 22. ст. 1.") || !strings.Contains(waiting[0].Waits["en"], "Art. 22(1)") {
			t.Fatalf("waiting %+v, want the provision named", waiting)
		}
		if _, there := r.offersOf(mother)[grant]; !there {
			t.Error("the other service waits too")
		}
		r.restart(func(c *services.Config) { c.Pack = laws.Serbia(t) })
		r.clock.Advance(time.Minute)
		r.work()
		want(t, "offers once it is in force again", len(r.offersOf(mother)), 2)
	})
}

func TestTwoProcessesWithOneJob(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother := r.mother()
		must(t, r.Hear(t.Context(), r.birth(mother, born(), 1)))
		slow, err := r.runner.Claim(t.Context(), jobs()...)
		must(t, err)
		want(t, "claimed", slow.Len(), 2)
		want(t, "another finds nothing", r.work(), 0)
		r.restart(nil)
		want(t, "taken for dead", r.work(), 2)
		r.registers.paid = true // what the slow one learns is another outcome
		must(t, slow.Do(t.Context()))
		want(t, "offers", len(r.offersOf(mother)), 2)
		want(t, "referrals", len(r.referrals()), 0)
		want(t, "notices", len(r.notices.sent), 2)
	})
}

func TestJobsOfADeadProcessAreTakenOver(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother := r.mother()
		must(t, r.Hear(t.Context(), r.birth(mother, born(), 1)))
		claimed, err := r.runner.Claim(t.Context(), jobs()...)
		must(t, err)
		want(t, "claimed", claimed.Len(), 2)
		r.restart(nil)
		want(t, "taken over", r.work(), 2)
		want(t, "offers", len(r.offersOf(mother)), 2)
	})
}

func TestItServesEventsUntilItEnds(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for i := range 5 {
			must(t, r.Hear(t.Context(), r.birth(r.mother(), born(), 1+i%3)))
		}
		events := &listener{}
		must(t, r.Listen(t.Context(), events))
		want(t, "types", fmt.Sprint(events.types), "[rs.births.registered]")
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); r.runner.Run(ctx) }()
		testkit.Reaches(t, "offers", func() int { return len(r.assessments(services.AssessmentOffered)) }, 10)
		stop()
		<-ended
	})
}
