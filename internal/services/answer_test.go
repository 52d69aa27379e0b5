package services_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/money"
	"dobosh/internal/law"
	"dobosh/internal/services"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

func TestTwentyTapsGiveOneDecision(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offeredOf(allowance, 1)
		decisions, errs := make([]services.Decision, 20), make([]error, 20)
		var taps sync.WaitGroup
		for i := range decisions {
			taps.Go(func() { decisions[i], errs[i] = r.Accept(t.Context(), mother, o.ID, o.Version) })
		}
		taps.Wait()
		for i, d := range decisions {
			must(t, errs[i])
			if d.ID != decisions[0].ID || !d.Granted || d.By != "rule" || d.Plan.Total != money.Dinars(500_000) {
				t.Errorf("tap %d: %+v, want the one decision", i, d)
			}
		}
		r.clock.Advance(time.Minute)
		r.work()
		list, err := r.AllDecisions(t.Context(), officer(), "")
		must(t, err)
		want(t, "decisions", len(list.Items), 1)
		want(t, "sealed", len(r.entries("decision")), 1)
		want(t, "payments", len(r.paymentsIn("")), 1)
		want(t, "state", r.offersOf(mother)[allowance].State, services.OfferAccepted)
	})
}

func TestDecisionSaysWhyAndWhatThen(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offeredOf(allowance, 2)
		d, err := r.Accept(t.Context(), mother, o.ID, o.Version)
		must(t, err)
		if !strings.HasPrefix(d.Code, "ZR-2026-") || !d.Sealed || d.Offer != o.ID || len(d.Affirms) != 2 || !reflect.DeepEqual(d.About, o.About) {
			t.Errorf("decision %+v", d)
		}
		_, first := r.offeredOf(allowance, 1)
		want(t, "what a mother of one child states", len(first.Affirms), 1)
		if !strings.Contains(d.Remedy["en"], "15 days") {
			t.Errorf("remedy %q, want fifteen days", d.Remedy["en"])
		}
		if !reflect.DeepEqual(d.Reasons, o.Reasons) {
			t.Errorf("reasons of the decision %+v are not those of the offer %+v", d.Reasons, o.Reasons)
		}
		want(t, "payments laid out", len(d.Payments), 24)
	})
}

func TestRemedyIsATermOfThePack(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) {
			c.Pack = serbiaWith(t, "terms.yaml", "days: 15", "days: 20", "provision: zup/153", "provision: zup/145/2")
		})
		mother, o := r.offered()
		d, err := r.Accept(t.Context(), mother, o.ID, o.Version)
		must(t, err)
		if !strings.Contains(d.Remedy["en"], "20 days") || !strings.Contains(d.Remedy["sr"], "чл. 145. ст. 2.") {
			t.Errorf("remedy %v, want twenty days, and the provision", d.Remedy)
		}
		read, err := r.Decision(t.Context(), mother, d.ID)
		must(t, err)
		want(t, "nobody has read it in the law", read.Unchecked, true)
	})
}

// do names the answers of a person.
func (r *rig) do(what services.OfferState, by act.Actor, o services.Offer) error {
	switch what {
	case services.OfferDeclined:
		return r.Decline(r.t.Context(), by, o.ID, o.Version)
	case services.OfferObjected:
		return r.Object(r.t.Context(), by, o.ID, o.Version)
	case services.OfferReferred:
		return r.Refer(r.t.Context(), by, o.ID, o.Version)
	}
	_, err := r.Accept(r.t.Context(), by, o.ID, o.Version)
	return err
}

func TestAnOfferIsAnsweredOnce(t *testing.T) {
	answers := []services.OfferState{services.OfferAccepted, services.OfferDeclined, services.OfferObjected, services.OfferReferred}
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for _, first := range answers {
			for _, then := range answers {
				mother, o := r.offeredOf(allowance, 1)
				must(t, r.do(first, mother, o))
				for _, version := range []int{o.Version, o.Version + 1} { // a stale form and a fresh one
					o.Version = version
					if err := r.do(then, mother, o); then == first {
						must(t, err)
					} else {
						wantCode(t, err, "offer-answered")
					}
				}
				want(t, fmt.Sprintf("%s then %s", first, then), r.offersOf(mother)[allowance].State, first)
			}
		}
		counts, err := r.Counts(t.Context(), officer())
		must(t, err)
		want(t, "decisions", counts.Decisions, 4)
		want(t, "referrals", counts.ReferralsOpen, 4)
		want(t, "accepted", counts.Accepted, 4)
		want(t, "declined or objected", counts.Declined, 8)
	})
}

func TestStaleForm(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		for _, answer := range []services.OfferState{services.OfferAccepted, services.OfferDeclined, services.OfferObjected, services.OfferReferred} {
			stale := o
			stale.Version = o.Version + 7
			wantCode(t, r.do(answer, mother, stale), "offer-changed")
		}
		want(t, "state", r.offersOf(mother)[grant].State, services.OfferOpen)
		want(t, "decisions", len(r.entries("decision")), 0)
	})
}

// A term that ends on a day off ends on the next working day.
func TestOfferLapsesOnAWorkingDay(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for _, tt := range []struct{ born, last civil.Day }{
			{civil.Date(2026, 1, 3), civil.Date(2027, 1, 4)}, // a Sunday
			{civil.Date(2026, 1, 1), civil.Date(2027, 1, 4)}, // New Year, a Saturday and a Sunday
			{civil.Date(2026, 5, 1), civil.Date(2027, 5, 5)}, // Labour Day with Easter, and the day that stands in for the Sunday
			{civil.Date(2026, 6, 3), civil.Date(2027, 6, 3)}, // a Thursday
		} {
			mother := r.mother()
			r.hear(r.birth(mother, tt.born, 1))
			o := r.offersOf(mother)[allowance]
			want(t, "end of the offer for a child of "+tt.born.String(), o.Until, tt.last.AddDays(1).Start())
		}
	})
}

func TestOfferLapses(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		want(t, "last day", civil.Of(o.Until.Add(-time.Second)), born().AddMonths(12))
		r.clock.Set(o.Until.Add(-time.Microsecond))
		must(t, r.LapseOffers(t.Context()))
		want(t, "on the last day", r.offersOf(mother)[grant].State, services.OfferOpen)
		r.clock.Set(o.Until)
		wantCode(t, r.do(services.OfferAccepted, mother, o), "offer-lapsed") // before anybody has written it
		want(t, "shown", r.offersOf(mother)[grant].State, services.OfferLapsed)
		must(t, r.LapseOffers(t.Context()))
		must(t, r.LapseOffers(t.Context()))
		o = r.offersOf(mother)[grant]
		for _, answer := range []services.OfferState{services.OfferAccepted, services.OfferDeclined, services.OfferObjected, services.OfferReferred} {
			wantCode(t, r.do(answer, mother, o), "offer-lapsed")
		}
	})
}

func TestServiceThatPersonsDecide(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) {
			c.Pack = serbiaWith(t, "services/newborn-grant.yaml", "automatic: true", "automatic: false")
		})
		mother, o := r.offered()
		for range 2 {
			d, err := r.Accept(t.Context(), mother, o.ID, o.Version)
			must(t, err)
			want(t, "decision", d.ID, "")
		}
		want(t, "referrals", len(r.referrals()), 1)
		f := r.referrals()[0]
		must(t, r.Resolve(t.Context(), officer(), f.ID, f.Version, nil, ""))
		want(t, "state", r.offersOf(mother)[grant].State, services.OfferAccepted)
	})
}

// The amounts of 2024 were adopted in September for births since January: an
// offer that was made in between must not be accepted as it was.
func TestOfferThatTheLawOvertook(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		r.restart(func(c *services.Config) {
			pack, err := law.Load(edited(t, map[string][]string{
				"parameters/zrenjanin.yaml": {"value: 60000", "value: 70000"},
				"rules/newborn-grant.yaml":  {"once: 60000\n    total: 60000", "once: 70000\n    total: 70000"},
			}))
			must(t, err)
			c.Pack = pack
		})
		wantCode(t, r.do(services.OfferAccepted, mother, o), "offer-changed")
		wantCode(t, r.do(services.OfferAccepted, mother, o), "offer-changed")
		renewed := r.offersOf(mother)[grant]
		want(t, "total", renewed.Plan.Total, money.Dinars(70_000))
		d, err := r.Accept(t.Context(), mother, o.ID, renewed.Version)
		must(t, err)
		want(t, "decided", d.Plan.Total, money.Dinars(70_000))
	})
}

func TestOfferThatTheLawTookBack(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		r.restart(func(c *services.Config) {
			pack, err := law.Load(edited(t, map[string][]string{"rules/newborn-grant.yaml": {
				"when: child.order == 1", "when: child.order == 7", "facts: {child.order: 1}", "facts: {child.order: 7}",
			}}))
			must(t, err)
			c.Pack = pack
		})
		wantCode(t, r.do(services.OfferAccepted, mother, o), "offer-changed")
		want(t, "state", r.offersOf(mother)[grant].State, services.OfferReferred)
		if list := r.referrals(); len(list) != 1 || list[0].Why != services.AmountMissing || list[0].Offer != o.ID {
			t.Errorf("referrals %+v, want one about the offer", list)
		}
	})
}

func TestSeenOnce(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		want(t, "not seen", o.SeenAt.IsZero(), true)
		seen, err := r.Offer(t.Context(), mother, o.ID)
		must(t, err)
		at := r.clock.Now()
		r.clock.Advance(time.Hour)
		again, err := r.Offer(t.Context(), mother, o.ID)
		must(t, err)
		if !seen.SeenAt.Equal(at) || !again.SeenAt.Equal(at) {
			t.Errorf("seen at %v and %v, want %v", seen.SeenAt, again.SeenAt, at)
		}
		want(t, "receipts for one's own look", len(r.entries("act")), 0)
	})
}

func TestADecisionLeavesAnEvent(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother, o := r.offered()
		d, err := r.Accept(t.Context(), mother, o.ID, o.Version)
		must(t, err)
		want(t, "offers made", r.published("services.offer.made", o.ID), 1)
		want(t, "decisions made", r.published("services.decision.made", d.ID), 1)
	})
}

// published counts the events of a type about a subject that wait to go out.
func (r *rig) published(kind, subject string) (n int) {
	r.t.Helper()
	rows, err := r.cfg.DB.Read(r.t.Context()).QueryContext(context.Background(), `select event from bus_outbox`)
	events, err := storage.All(rows, err, func(scan storage.Scan) (string, error) {
		var text string
		return text, scan(&text)
	})
	must(r.t, err)
	for _, e := range events {
		if strings.Contains(e, `"type":"`+kind+`"`) && strings.Contains(e, `"subject":"`+subject+`"`) {
			n++
		}
	}
	return n
}
