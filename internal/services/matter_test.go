package services_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/services"
	"dobosh/internal/testkit"
)

// casesOf are the mother's cases by public service.
func (r *rig) casesOf(person string) map[string]cases.Case {
	r.t.Helper()
	by := r.mother()
	by.Persons["family"] = person
	own, err := r.cases.Own(r.t.Context(), by, "")
	must(r.t, err)
	all := map[string]cases.Case{}
	for _, c := range own.Items {
		if _, twice := all[c.Service]; twice {
			r.t.Errorf("two cases of %s for one birth", c.Service)
		}
		all[c.Service] = c
	}
	return all
}

// The same birth under other numbers, before and after the decision, is one matter.
func TestOneBirthIsPaidOnce(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother := r.mother()
		event := r.birth(mother, born(), 1)
		again := event
		again.ID = id.New()
		r.hear(event, again)
		for _, o := range r.offersOf(mother) {
			_, err := r.Accept(t.Context(), mother, o.ID, o.Version)
			must(t, err)
		}
		again.ID = id.New()
		r.hear(again)
		want(t, "offers", len(r.offersOf(mother)), 2)
		want(t, "decisions", len(r.entries("decision")), 2)
		for service, c := range r.casesOf(mother.Is("family")) {
			want(t, "status of "+service, c.Status, "granted")
		}
		want(t, "cases", len(r.casesOf(mother.Is("family"))), 2)
		told := map[string]bool{}
		for _, n := range r.notices.sent {
			told[cmp.Or(n.Event, n.ID)] = true // what is of one event is one message, see notify
		}
		want(t, "messages: one of both offers, and each decision", len(told), 3)
	})
}

// What an event says of its time decides nothing.
func TestTheDayComesFromFacts(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for _, at := range []time.Time{time.Date(2016, 3, 1, 9, 0, 0, 0, time.UTC), time.Unix(0, 0), {}, time.Date(2018, 6, 30, 12, 0, 0, 0, time.UTC), time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9998, 12, 31, 23, 59, 59, 999999999, time.UTC), time.Date(2026, 11, 25, 10, 0, 0, 123456789, time.FixedZone("", 14*60*60))} {
			mother := r.mother()
			event := r.birth(mother, born(), 1)
			event.Time = at
			r.hear(event)
			want(t, "offers for an event of "+at.String(), len(r.offersOf(mother)), 2)
		}
		early := r.mother()
		r.hear(r.birth(early, civil.Date(2018, 6, 30), 1)) // the day before the law
		want(t, "offers", len(r.offersOf(early)), 0)
		want(t, "assessments that say why", len(r.assessments(services.AssessmentNotOffered)), 2)
	})
}

// stageOf is an offer and whom it is for.
type stageOf struct {
	mother act.Actor
	offer  services.Offer
}

// A case follows its matter, and its person is told of each end.
func TestEveryEndIsTold(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for _, tc := range []struct {
			ends   string
			answer func(s stageOf) error
		}{
			{"granted", func(s stageOf) error {
				_, err := r.Accept(t.Context(), s.mother, s.offer.ID, s.offer.Version)
				return err
			}},
			{"declined", func(s stageOf) error { return r.Decline(t.Context(), s.mother, s.offer.ID, s.offer.Version) }},
			{"not-wanted", func(s stageOf) error { return r.Object(t.Context(), s.mother, s.offer.ID, s.offer.Version) }},
			{"with-officer", func(s stageOf) error { return r.Refer(t.Context(), s.mother, s.offer.ID, s.offer.Version) }},
			{"lapsed", func(s stageOf) error {
				r.clock.Set(s.offer.Until.Add(time.Second))
				return r.LapseOffers(t.Context())
			}},
		} {
			mother, o := r.offered()
			told := func() (n int) {
				for _, notice := range r.notices.sent {
					if notice.Person == mother.Is("family") && strings.Contains(notice.Body["sr"], r.casesOf(mother.Is("family"))[o.Service].Number) {
						n++
					}
				}
				return n
			}
			before := told()
			must(t, tc.answer(stageOf{mother, o}))
			c := r.casesOf(mother.Is("family"))[o.Service]
			want(t, "status", c.Status, tc.ends)
			want(t, "notices of "+tc.ends, told()-before, 1)
			if m, err := r.MatterOf(t.Context(), c.ID); err != nil || m.Offer != o.ID {
				t.Errorf("%s: matter %+v, %v", tc.ends, m, err)
			}
		}
	})
}
