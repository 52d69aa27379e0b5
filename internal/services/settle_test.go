package services_test

import (
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/problem"
	"dobosh/internal/rules"
	"dobosh/internal/services"
	"dobosh/internal/testkit"
)

// orderUnknown is a mother whose allowance waits for an officer, since nobody
// knows the order of birth.
func (r *rig) orderUnknown() (act.Actor, services.Referral) {
	r.t.Helper()
	r.restart(func(c *services.Config) { c.Pack = only(r.t, allowance) })
	mother := r.mother()
	event := r.birth(mother, born(), 1)
	r.change(event, "order", nil)
	r.hear(event)
	return mother, r.referrals()[0]
}

func TestOfficerFindsTheFact(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, f := r.orderUnknown()
		supplied := map[string]string{"child.order": " 2 "}
		must(t, r.Resolve(t.Context(), officer(), f.ID, f.Version, supplied, "извод из матичне књиге 12/2026"))
		o := r.offersOf(mother)[allowance]
		want(t, "total", o.Plan.Total, money.Dinars(735_000))
		want(t, "state", r.assessments("")[0].State, services.AssessmentOffered)
		want(t, "notices, of the officer who has it and of the offer", len(r.notices.sent), 2)
		want(t, "open", len(r.referrals()), 0)
		wantCode(t, r.Resolve(t.Context(), officer(), f.ID, f.Version, supplied, "опет"), "referral-changed")
		wantCode(t, r.Dismiss(t.Context(), officer(), f.ID, f.Version+1, "опет"), "referral-changed")
		d, err := r.Accept(t.Context(), mother, o.ID, o.Version)
		must(t, err)
		want(t, "sealed", d.Sealed, true)
	})
}

func TestFactsThatAreNone(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, f := r.orderUnknown()
		for _, c := range []struct {
			facts        map[string]string
			source, code string
			field        string
		}{
			{map[string]string{"child.order": "second"}, "извод", "facts-not-usable", "child.order"},
			{map[string]string{"child.order": "99999999999999999999"}, "извод", "facts-not-usable", "child.order"},
			{map[string]string{"child.live": "yes"}, "извод", "facts-not-usable", "child.live"},
			{map[string]string{"child.born": "19. 11. 2026."}, "извод", "facts-not-usable", "child.born"},
			{map[string]string{"child.given_name": strings.Repeat("а", 201)}, "извод", "facts-not-usable", "child.given_name"},
			{map[string]string{"child.given_name": "Ми\u202eлица"}, "извод", "facts-not-usable", "child.given_name"},
			{map[string]string{"child.given_name": "Ми\x00лица"}, "извод", "facts-not-usable", "child.given_name"},
			{map[string]string{"child.given_name": "Милица"}, "из\x00вод", "facts-not-usable", "source"},
			{map[string]string{"child.given_name": "Милица"}, "из\u202eвод", "facts-not-usable", "source"},
			{map[string]string{"mother.person": "0101990850017"}, "извод", "facts-not-usable", "mother.person"},
			{map[string]string{"child.order": "1"}, " ", "facts-not-usable", "source"},
			{map[string]string{"child.order": "1"}, strings.Repeat("а", 2001), "facts-not-usable", "source"},
			{map[string]string{"child.order": "31"}, "извод", "still-not-yes", ""},
			{map[string]string{"child.order": "5"}, "извод", "still-not-yes", ""},
			{map[string]string{"child.order": " "}, "", "still-not-yes", ""},
			{nil, "", "still-not-yes", ""},
		} {
			err := r.Resolve(t.Context(), officer(), f.ID, f.Version, c.facts, c.source)
			wantCode(t, err, c.code)
			if fields := problem.Of(err).Fields; c.field != "" && (len(fields) != 1 || fields[0].Name != c.field) {
				t.Errorf("%v: fields %+v, want %s", c.facts, fields, c.field)
			}
		}
		want(t, "offers", len(r.offersOf(mother)), 0)
		want(t, "open", len(r.referrals()), 1)
	})
}

func TestDismissNeedsAReason(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, f := r.orderUnknown()
		for _, reason := range []string{"", " \n", strings.Repeat("а", 2001), "\xff", "а\x00б", "а\u202eб"} {
			wantCode(t, r.Dismiss(t.Context(), officer(), f.ID, f.Version, reason), "reason-missing")
		}
		must(t, r.Dismiss(t.Context(), officer(), f.ID, f.Version, "мајка је одустала"))
		want(t, "open", len(r.referrals()), 0)
		all, err := r.Decisions(t.Context(), mother, "")
		must(t, err)
		if len(all.Items) != 1 || all.Items[0].Granted || all.Items[0].Remedy["sr"] == "" || !all.Items[0].Sealed {
			t.Fatalf("a refusal without a decision that she can read: %+v", all.Items)
		}
		want(t, "notices, of the officer who has it and of the decision", len(r.notices.sent), 2)
		wantCode(t, r.Dismiss(t.Context(), officer(), "nothing", 1, "разлог"), "referral-unknown")
	})
}

func TestPersonAskedForAPerson(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		must(t, r.Refer(t.Context(), mother, o.ID, o.Version))
		must(t, r.Refer(t.Context(), mother, o.ID, o.Version)) // doubled tap
		f := r.referrals()[0]
		want(t, "why", f.Why, services.PersonAsked)
		must(t, r.Resolve(t.Context(), officer(), f.ID, f.Version, nil, ""))
		o = r.offersOf(mother)[grant]
		d, err := r.Decision(t.Context(), mother, o.Decision)
		must(t, err)
		if !d.Granted || d.By != "jovana" || !d.Sealed || o.State != services.OfferAccepted {
			t.Errorf("decision %+v of the offer %+v", d, o)
		}
		r.work()
		want(t, "payments", len(r.paymentsIn(services.PaymentDue)), 1)
	})
}

func TestRefusalIsADecisionOfAPerson(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		must(t, r.Refer(t.Context(), mother, o.ID, o.Version))
		f := r.referrals()[0]
		must(t, r.Dismiss(t.Context(), officer(), f.ID, f.Version, "Дете живи код оца."))
		o = r.offersOf(mother)[grant]
		want(t, "state", o.State, services.OfferRefused)
		d, err := r.Decision(t.Context(), mother, o.Decision)
		must(t, err)
		if d.Granted || d.By != "jovana" || d.Remedy["sr"] == "" || d.Plan.Total != 0 || len(d.Payments) != 0 || !d.Sealed {
			t.Errorf("refusal %+v", d)
		}
		if last := d.Reasons[len(d.Reasons)-1]; last.Says["sr"] != "Дете живи код оца." || last.Result != rules.No {
			t.Errorf("reasons %+v, want the officer's last", d.Reasons)
		}
		if list, err := r.Decisions(t.Context(), mother, ""); err != nil || len(list.Items) != 1 {
			t.Errorf("decisions %+v, %v", list, err)
		}
		r.work()
		want(t, "payments", len(r.paymentsIn("")), 0)
		wantCode(t, r.do(services.OfferAccepted, mother, o), "offer-answered")
	})
}

func TestNobodyDecidesInTheirOwnMatter(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, f := r.orderUnknown()
		mother.Grants = append(mother.Grants, act.Grant{Role: identity.Officer})
		wantCode(t, r.Resolve(t.Context(), mother, f.ID, f.Version, map[string]string{"child.order": "1"}, "знам"), "own-matter")
		wantCode(t, r.Dismiss(t.Context(), mother, f.ID, f.Version, "знам"), "own-matter")
	})
}

func TestOfficerRespectsAnObjection(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, f := r.orderUnknown()
		r.hear(r.birth(mother, born(), 1))
		o := r.offersOf(mother)[allowance]
		must(t, r.Object(t.Context(), mother, o.ID, o.Version))
		must(t, r.Resolve(t.Context(), officer(), f.ID, f.Version, map[string]string{"child.order": "2"}, "извод"))
		want(t, "offers", len(r.offersOf(mother)), 1)
		want(t, "objected", len(r.assessments(services.AssessmentObjected)), 1)
	})
}

func TestMatterOfADayWithoutARule(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		_, f := r.orderUnknown()
		supplied := map[string]string{"child.born": "2017-03-01", "child.order": "1"}
		wantCode(t, r.Resolve(t.Context(), officer(), f.ID, f.Version, supplied, "извод"), "rule-not-in-force")
		want(t, "open", len(r.referrals()), 1)
		supplied["child.born"] = "2024-03-01" // the term has ended long ago
		wantCode(t, r.Resolve(t.Context(), officer(), f.ID, f.Version, supplied, "извод"), "offer-lapsed")
	})
}

// A fifth child ends the questions; where the register was wrong about the
// order, the officer need not bring what registers know.
func TestRegistersAreAskedWhatTheOfficerNeedNotKnow(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) { c.Pack = only(t, allowance) })
		mother := r.mother()
		r.registers.residents[mother.Is("family")]["citizen"] = false
		r.hear(r.birth(mother, born(), 5))
		f := r.referrals()[0]
		r.registers.questions()
		supplied := map[string]string{"child.order": "4", "mother.citizen": "true"}
		r.registers.set(payments, problem.New(problem.Unavailable, "node-away"))
		wantCode(t, r.Resolve(t.Context(), officer(), f.ID, f.Version, supplied, "решење суда"), "node-away")
		r.registers.set(payments, nil)
		must(t, r.Resolve(t.Context(), officer(), f.ID, f.Version, supplied, "решење суда"))
		want(t, "total", r.offersOf(mother)[allowance].Plan.Total, money.Dinars(3_180_000))
		want(t, "questions, of two attempts", len(r.registers.questions()), 4)
	})
}
