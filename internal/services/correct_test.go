package services_test

import (
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/bus"
	"dobosh/internal/cases"
	"dobosh/internal/services"
	"dobosh/internal/testkit"
)

// saysNo is a mother whose allowance waits for an officer, since the register says that it is her fifth child.
func (r *rig) saysNo() (act.Actor, services.Referral) {
	r.t.Helper()
	mother := r.mother()
	r.hear(r.birth(mother, born(), 5))
	return mother, r.referrals()[0]
}

func correction(f services.Referral, fact, value string) services.Correction {
	return services.Correction{Referral: f.ID, Version: f.Version, Fact: fact, Value: value, Kind: services.FromDocument, Source: "извод 12/2026", Reason: "Погрешан упис у регистру."}
}

// said are the reasons of something, in Serbian.
func saidAll(reasons []services.Reason) string {
	var all []string
	for _, reason := range reasons {
		all = append(all, reason.Says["sr"])
	}
	return strings.Join(all, "\n")
}

// A fact that a register told wrongly is corrected with its source: the original stays, the rule is run again, and what
// is decided names the correction, also in the file that anybody checks.
func TestAFactIsCorrectedWithItsSource(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) { c.Pack = only(t, allowance) })
		mother, f := r.saysNo()
		want(t, "why it waits", f.Why, services.RuleSaysNo)
		must(t, r.Correct(t.Context(), officer(), correction(f, "child.order", "2")))
		f, err := r.Referral(t.Context(), officer(), f.ID)
		must(t, err)
		want(t, "what the rule says now", f.Result.String(), "yes")
		for _, k := range f.Known {
			if k.Fact == "child.order" && (!k.Found || k.Was == nil || k.Register["sr"] != "") {
				t.Errorf("the corrected fact is %+v", k)
			}
			if k.Type == "person" {
				t.Errorf("a pseudonym is shown: %+v", k)
			}
		}
		names := []string{"Исправио службеник: ред рођења детета", "исправа, извод 12/2026", "Погрешан упис у регистру."}
		for _, name := range names {
			if !strings.Contains(saidAll(f.Reasons), name) {
				t.Errorf("the reasons do not say %q:\n%s", name, saidAll(f.Reasons))
			}
		}
		wantCode(t, r.Correct(t.Context(), colleague(), correction(f, "child.order", "1")), "case-taken")

		number, err := r.DraftResolve(t.Context(), officer(), f.ID, f.Version, nil, "")
		must(t, err)
		wantCode(t, r.Correct(t.Context(), officer(), correction(f, "child.order", "1")), "case-changed")
		must(t, r.cases.SendNow(t.Context(), officer(), number))
		o := r.offersOf(mother)[allowance]
		d, err := r.Accept(t.Context(), mother, o.ID, o.Version)
		must(t, err)
		file, err := r.DecisionFile(t.Context(), mother, d.ID)
		must(t, err)
		for _, name := range names {
			if !strings.Contains(saidAll(o.Reasons), name) || !strings.Contains(saidAll(d.Reasons), name) {
				t.Errorf("the offer or the decision does not say %q:\n%s", name, saidAll(d.Reasons))
			}
		}
		for _, part := range []string{`"found":[{`, `"fact":"child.order"`, `"by":"jovana"`, `"kind":"document"`, `"was":"5"`} {
			if !strings.Contains(string(file), part) {
				t.Errorf("the file of the decision lacks %s", part)
			}
		}
		report, err := r.VerifyFile(t.Context(), strings.NewReader(string(file)))
		must(t, err)
		if !report.OK && string(report.Verdict) == "broken" {
			t.Errorf("the file of a decision with a correction is %+v", report)
		}
		_, err = r.DecisionPDF(t.Context(), mother, d.ID, "sr")
		must(t, err)
	})
}

func TestACorrectionThatIsNone(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) { c.Pack = only(t, allowance) })
		mother, f := r.saysNo()
		for _, c := range []struct{ fact, value, code string }{
			{"child.order", "second", "form-incomplete"}, {"child.order", "31", "form-incomplete"}, {"child.order", "5", "form-incomplete"}, {"child.live", "maybe", "form-incomplete"},
			{"child.born", "yesterday", "form-incomplete"}, {"mother.person", mother.Is("family"), "fact-unknown"}, {"nothing", "1", "fact-unknown"}, {"account", "1", "fact-unknown"},
		} {
			wantCode(t, r.Correct(t.Context(), officer(), correction(f, c.fact, c.value)), c.code)
		}
		stale := correction(f, "child.order", "2")
		stale.Version++
		wantCode(t, r.Correct(t.Context(), officer(), stale), "referral-changed")
		own := officer()
		own.Persons = mother.Persons
		wantCode(t, r.Correct(t.Context(), own, correction(f, "child.order", "2")), "own-matter")
		again, err := r.Referral(t.Context(), officer(), f.ID)
		must(t, err)
		want(t, "version of what nothing changed", again.Version, f.Version)
	})
}

// Where the kind of the case wants two pairs of eyes, what rests on a correction waits for the second.
func TestTwoPairsOfEyesOnWhatRestsOnACorrection(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) {
			c.Pack = serbiaWith(t, "cases/application.yaml", "- { to: offered, by: [officer, rule] }", "- { to: offered, by: [officer, rule], eyes: 2 }")
		})
		mother := r.mother()
		r.hear(r.birth(mother, born(), 5))
		f := r.referrals()[0]
		must(t, r.Correct(t.Context(), officer(), correction(f, "child.order", "2")))
		number, err := r.DraftResolve(t.Context(), officer(), f.ID, f.Version+1, nil, "")
		must(t, err)
		r.clock.Advance(cases.UndoFor)
		r.due()
		offers := len(r.offersOf(mother))
		c, err := r.cases.Case(t.Context(), colleague(), number)
		must(t, err)
		want(t, "state", c.Draft, cases.ForSecond)
		must(t, r.cases.Confirm(t.Context(), colleague(), number, c.Version))
		must(t, r.cases.SendNow(t.Context(), colleague(), number))
		want(t, "offers when a second officer has seen it", len(r.offersOf(mother)), offers+1)
	})
}

// twoUnknown is a mother of whom both public services lack the same fact.
func (r *rig) twoUnknown() (act.Actor, bus.Event, map[string]services.Referral) {
	r.t.Helper()
	mother := r.mother()
	e := r.birth(mother, born(), 1)
	r.change(e, "order", nil)
	r.hear(e)
	open := map[string]services.Referral{}
	for _, f := range r.referrals() {
		open[f.Service] = f
	}
	want(r.t, "matters that wait for an officer", len(open), 2)
	return mother, e, open
}

// A fact that an officer finds out in one matter serves the other of the same birth: nobody is asked for it again, and
// what the rule then says becomes the offer by itself.
func TestAFactFoundOnceServesBothServices(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, _, open := r.twoUnknown()
		together, err := r.Together(t.Context(), officer(), open[allowance].ID)
		must(t, err)
		if len(together) != 1 || together[0].Referral != open[grant].ID || len(together[0].Missing) != 1 {
			t.Fatalf("beside it: %+v", together)
		}
		none, err := r.Together(t.Context(), officerOf(allowance), open[allowance].ID)
		must(t, err)
		want(t, "beside it for an officer of one service", len(none), 0)

		must(t, r.Resolve(t.Context(), officer(), open[allowance].ID, open[allowance].Version, map[string]string{"child.order": "2"}, "извод 12/2026"))
		want(t, "offers before the other is looked at", len(r.offersOf(mother)), 1)
		r.work()
		want(t, "offers when it was", len(r.offersOf(mother)), 2)
		want(t, "left for officers", len(r.referrals()), 0)
		o := r.offersOf(mother)[grant]
		if !strings.Contains(saidAll(o.Reasons), "извод 12/2026") {
			t.Errorf("the other offer does not say on what it rests:\n%s", saidAll(o.Reasons))
		}
		_, err = r.Accept(t.Context(), mother, o.ID, o.Version)
		must(t, err)
	})
}

// A correction in one matter reaches the other too, and a no there stays with the officer.
func TestACorrectionReachesTheOtherMatter(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, _, open := r.twoUnknown()
		must(t, r.Correct(t.Context(), officer(), correction(open[grant], "child.order", "5")))
		r.work()
		f, err := r.Referral(t.Context(), officer(), open[allowance].ID)
		must(t, err)
		want(t, "missing in the other", len(f.Missing), 0)
		want(t, "what its rule says", f.Result.String(), "no")
		want(t, "offers", len(r.offersOf(mother)), 0)
		want(t, "left for officers", len(r.referrals()), 2)
	})
}

// Both are decided with one tap each: what an officer has decided in the other matter is theirs, and not looked at anew
// under their hands.
func TestBothAreDecidedTogether(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, _, open := r.twoUnknown()
		supplied := map[string]string{"child.order": "2"}
		for _, f := range open {
			_, err := r.DraftResolve(t.Context(), officer(), f.ID, f.Version, supplied, "извод 12/2026")
			must(t, err)
		}
		r.clock.Advance(cases.UndoFor)
		r.due()
		r.work()
		r.clock.Advance(3 * cases.UndoFor)
		r.work()
		want(t, "offers", len(r.offersOf(mother)), 2)
		want(t, "left for officers", len(r.referrals()), 0)
	})
}

// A matter that begins when the fact is found already never comes to an officer.
func TestWhatWasFoundServesAMatterThatBeginsLater(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		whole := r.cfg.Pack
		r.restart(func(c *services.Config) { c.Pack = only(t, allowance) })
		mother := r.mother()
		e := r.birth(mother, born(), 1)
		r.change(e, "order", nil)
		r.hear(e)
		f := r.referrals()[0]
		must(t, r.Resolve(t.Context(), officer(), f.ID, f.Version, map[string]string{"child.order": "2"}, "извод 12/2026"))
		r.restart(func(c *services.Config) { c.Pack = whole })
		e.ID += "-again"
		r.hear(e)
		want(t, "offers", len(r.offersOf(mother)), 2)
		want(t, "left for officers", len(r.referrals()), 0)
	})
}
