package services_test

import (
	"slices"
	"testing"

	"dobosh/internal/services"
	"dobosh/internal/testkit"
)

// referredFor gives the open matters of officers that are there for a reason.
func (r *rig) referredFor(why services.ReferralReason) (found []services.Referral) {
	r.t.Helper()
	list, err := r.Referrals(r.t.Context(), officer(), "")
	must(r.t, err)
	for _, f := range list.Items {
		if f.Why == why {
			found = append(found, f)
		}
	}
	return found
}

// Of twins the younger is heard first, as the first child; when the elder is heard the register tells the younger as
// the second. What was offered for the younger goes to an officer with what holds now, and the elder is offered as usual.
func TestTheYoungerOfTwinsIsHeardFirst(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother := r.mother()
		younger := r.birth(mother, born(), 1)
		r.hear(younger)
		before := r.offersOf(mother)
		elder := r.birth(mother, born(), 1)
		r.change(younger, "order", 2)
		r.registers.questions()
		r.hear(elder)
		want(t, "the younger is asked about again", slices.Contains(r.registers.questions(), "/v1/births/"+younger.Subject), true)

		referred := r.referredFor(services.FactsChanged)
		want(t, "with an officer", len(referred), 2)
		open := 0
		list, err := r.Offers(t.Context(), mother, "")
		must(t, err)
		for _, o := range list.Items {
			if o.State == services.OfferOpen {
				open++
				wantCode(t, second(r.Accept(t.Context(), mother, before[o.Service].ID, before[o.Service].Version)), "offer-answered")
			}
		}
		want(t, "open offers: those of the elder", open, 2)
		for _, f := range referred {
			must(t, r.Resolve(t.Context(), officer(), f.ID, f.Version, nil, ""))
		}
		list, err = r.Offers(t.Context(), mother, "")
		must(t, err)
		for _, o := range list.Items {
			if o.Service == allowance && o.State == services.OfferAccepted {
				want(t, "what the officer granted for the younger", o.Plan.Months, 24)
			}
		}
	})
}

// The younger was granted as the first child before anybody entered the elder: on the elder nobody but a person decides.
func TestTheYoungerOfTwinsWasGrantedFirst(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother := r.mother()
		younger := r.birth(mother, born(), 1)
		r.hear(younger)
		for _, o := range r.offersOf(mother) {
			must(t, second(r.Accept(t.Context(), mother, o.ID, o.Version)))
		}
		decided := len(r.entries("decision"))
		elder := r.birth(mother, born(), 1)
		r.change(younger, "order", 2)
		r.hear(elder)
		want(t, "with an officer", len(r.referredFor(services.FactsChanged)), 2)
		want(t, "decisions", len(r.entries("decision")), decided)
		for _, o := range r.offersOf(mother) {
			want(t, "state of "+o.Service, o.State, services.OfferAccepted)
		}
	})
}

// Twins that are told in their order, and a child after another, trouble nobody; while the register is away the
// second of twins waits.
func TestChildrenInTheirOrderTroubleNobody(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother := r.mother()
		r.hear(r.birth(mother, born(), 1))
		r.hear(r.birth(mother, born(), 2))
		r.hear(r.birth(mother, born().AddDays(1), 3))
		want(t, "with an officer", len(r.referredFor(services.FactsChanged)), 0)
		list, err := r.Offers(t.Context(), mother, "")
		must(t, err)
		want(t, "offers", len(list.Items), 6)
	})
}

// What an officer corrected of one child stays when another is heard of, and the register that was wrong is asked again.
func TestACorrectionOutlivesTheNextChild(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) { c.Pack = only(t, allowance) })
		mother, f := r.saysNo()
		must(t, r.Correct(t.Context(), officer(), correction(f, "child.order", "2")))
		f, err := r.Referral(t.Context(), officer(), f.ID)
		must(t, err)
		number, err := r.DraftResolve(t.Context(), officer(), f.ID, f.Version, nil, "")
		must(t, err)
		must(t, r.cases.SendNow(t.Context(), officer(), number))
		before := r.offersOf(mother)[allowance]
		r.hear(r.birth(mother, born(), 1))
		want(t, "with an officer", len(r.referredFor(services.FactsChanged)), 0)
		list, err := r.Offers(t.Context(), mother, "")
		must(t, err)
		for _, o := range list.Items {
			if o.ID == before.ID {
				want(t, "state of what the officer had offered", o.State, services.OfferOpen)
			}
		}
	})
}
