package services_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/services"
	"dobosh/internal/testkit"
)

func TestOneBirthGivesOneOfferOfEachService(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		mother := r.mother()
		event := r.birth(mother, born(), 1)
		r.hear(event, event)
		r.hear(event) // doubled long after
		offers := r.offersOf(mother)
		want(t, "offers", len(offers), 2)
		want(t, "allowance", offers[allowance].Plan.Total, money.Dinars(500_000))
		want(t, "grant", offers[grant].Plan.Total, money.Dinars(60_000))
		want(t, "assessments", len(r.assessments("")), 2)
		want(t, "offered", len(r.assessments(services.AssessmentOffered)), 2)
		want(t, "notices", len(r.notices.sent), 2)
		want(t, "questions", len(r.registers.questions()), 6)
		want(t, "jobs left", r.work(), 0)
		for _, reason := range offers[allowance].Reasons {
			if reason.Result != rules.Yes || reason.Cite["sr"] == "" || reason.Register["sr"] == "" || reason.Exchange == "" {
				t.Errorf("a reason lacks its provision or its register: %+v", reason)
			}
		}
	})
}

func TestEventsThatGiveNothing(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		elsewhere, nowhere, other := r.birth(r.mother(), born(), 1), r.birth(r.mother(), born(), 1), r.birth(r.mother(), born(), 1)
		elsewhere.Data = json.RawMessage(`{"area":"80284"}`)
		nowhere.Data = json.RawMessage(`[1]`)
		other.Type = "rs.deaths.registered"
		r.hear(elsewhere, nowhere, other)
		want(t, "assessments", len(r.assessments("")), 0)
		want(t, "questions", len(r.registers.questions()), 0)
	})
}

func TestServiceIsOfferedFromItsDayOn(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		day := civil.Date(2023, 10, 5) // the day before the city's grant
		for i, offers := range []int{1, 2} {
			r.clock.Set(day.AddDays(i).Start().Add(12 * time.Hour))
			mother := r.mother()
			r.hear(r.birth(mother, day.AddDays(i), 1))
			want(t, "offers on "+day.AddDays(i).String(), len(r.offersOf(mother)), offers)
		}
	})
}

func TestServiceThatHasEnded(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) {
			c.Pack = serbiaWith(t, "services/newborn-grant.yaml", "from: 2023-10-06", "from: 2023-10-06\nto: 2026-11-22")
		})
		mother := r.mother()
		r.hear(r.birth(mother, born(), 1))
		offers := r.offersOf(mother)
		if _, there := offers[grant]; there || len(offers) != 1 {
			t.Errorf("offers %v, want the allowance alone", offers)
		}
	})
}

func TestAmountOfTheDayOfBirth(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		for _, c := range []struct {
			born  civil.Day
			total string
		}{
			{civil.Date(2021, 12, 31), "106412.94"}, {civil.Date(2022, 1, 1), "300000.00"},
			{civil.Date(2023, 12, 31), "366122.62"}, {civil.Date(2024, 1, 1), "500000.00"},
		} {
			r.clock.Set(c.born.AddDays(7).Start().Add(12 * time.Hour)) // registered a week later
			mother := r.mother()
			r.hear(r.birth(mother, c.born, 1))
			want(t, "born on "+c.born.String(), r.offersOf(mother)[allowance].Plan.Total.Decimal(), c.total)
		}
	})
}

func TestAmountRaisedFromNextMonth(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		before := r.mother()
		r.hear(r.birth(before, civil.Date(2026, 11, 20), 1))
		r.restart(func(c *services.Config) {
			c.Pack = serbiaWith(t, "parameters/zfpp.yaml", "      - from: 2024-01-01\n        value: 500000\n", `      - from: 2026-12-01
        value: 620000
        provision: zfpp/23
        source: a copy for a test
        verified: false
      - from: 2024-01-01
        to: 2026-11-30
        value: 500000
`)
		})
		r.clock.Advance(10 * 24 * time.Hour) // 3 December
		last, first := r.mother(), r.mother()
		r.hear(r.birth(last, civil.Date(2026, 11, 30), 1), r.birth(first, civil.Date(2026, 12, 1), 1))
		want(t, "before the change", r.offersOf(before)[allowance].Plan.Total, money.Dinars(500_000))
		want(t, "last day before", r.offersOf(last)[allowance].Plan.Total, money.Dinars(500_000))
		want(t, "first day", r.offersOf(first)[allowance].Plan.Total, money.Dinars(620_000))
		want(t, "the other service", r.offersOf(first)[grant].Plan.Total, money.Dinars(60_000))
		_, err := r.Accept(t.Context(), before, r.offersOf(before)[allowance].ID, 1)
		must(t, err)
	})
}

func TestQuestionsAreFewAndInOrder(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) { c.Pack = only(t, allowance) })
		mother := r.mother()
		event := r.birth(mother, born(), 1)
		person := mother.Is("family")
		r.hear(event)
		asked := r.registers.asked
		if got, want := r.registers.questions(), []string{"/v1/births/" + event.Subject, "/v1/residents/" + person, "/v1/grants/" + person + "/" + allowance + "/" + event.Subject}; !slices.Equal(got, want) {
			t.Errorf("asked %q, want %q", got, want)
		}
		if len(asked[0].Subjects) != 0 || len(asked[1].Subjects) != 1 || asked[1].Subjects[0] != mother.Is("receipts") {
			t.Errorf("subjects %v and %v, want none while the mother is unknown and then her", asked[0].Subjects, asked[1].Subjects)
		}
		for _, a := range asked {
			if a.Purpose != "family-support" || a.Matter != event.Subject || a.Client.String() != "RS-DEMO/GOV/ZRENJANIN/family" || a.Role != "rule" {
				t.Errorf("the question %s does not say who asks and why: %+v", a.Path, a)
			}
		}
	})
}

// only is the pack with one public service of the two.
func only(t testing.TB, service string) *law.Pack {
	t.Helper()
	other := map[string]string{allowance: grant, grant: allowance}[service]
	return serbiaWith(t, "services/"+other+".yaml", "event: rs.births.registered", "event: rs.births.corrected")
}

func TestNothingIsAskedOnceItIsNo(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) { c.Pack = only(t, allowance) })
		fifth, foreign := r.mother(), r.mother()
		r.registers.residents[foreign.Is("family")]["citizen"] = false
		one, two := r.birth(fifth, born(), 5), r.birth(foreign, born(), 1)
		r.hear(one)
		if got := r.registers.questions(); !slices.Equal(got, []string{"/v1/births/" + one.Subject}) {
			t.Errorf("asked %q, want the birth alone", got)
		}
		r.hear(two)
		if got := r.registers.questions(); len(got) != 2 {
			t.Errorf("asked %q, want no question about payments", got)
		}
		for _, f := range r.referrals() {
			want(t, "reason", f.Why, services.RuleSaysNo)
		}
		want(t, "referrals", len(r.referrals()), 2)
		want(t, "offers", len(r.offersOf(fifth))+len(r.offersOf(foreign)), 0)
	})
}

func TestTextAloneIsNotAskedFor(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) { c.Pack = only(t, allowance) })
		mother := r.mother()
		event := r.birth(mother, born(), 1)
		r.change(event, "given_name", nil)
		r.hear(event)
		want(t, "questions", len(r.registers.questions()), 3)
		want(t, "about", r.offersOf(mother)[allowance].About["en"], "Child born on 19 November 2026")
	})
}

// A name that is no line reaches no offer and no decision.
func TestTextOfARegisterThatIsNoLineIsNotKnown(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) { c.Pack = only(t, allowance) })
		for _, said := range []string{strings.Repeat("а", 3000), "Ми\u202eлица", "Ми\x00лица"} {
			mother := r.mother()
			event := r.birth(mother, born(), 1)
			r.change(event, "given_name", said)
			r.hear(event)
			want(t, "about", r.offersOf(mother)[allowance].About["en"], "Child born on 19 November 2026")
		}
	})
}

func TestWhatNobodyKnowsGoesToAPerson(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*rig, act.Actor) (fact string, value any)
		why     services.ReferralReason
		missing string
	}{
		{"order not known", func(*rig, act.Actor) (string, any) { return "order", nil }, services.FactUnknown, "child.order"},
		{"order out of bounds", func(*rig, act.Actor) (string, any) { return "order", 31 }, services.FactUnknown, "child.order"},
		{"mother not known", func(*rig, act.Actor) (string, any) { return "mother", nil }, services.FactUnknown, "mother.person"},
		{"mother whom nobody can name", func(*rig, act.Actor) (string, any) { return "mother", "aaaaaaaaaaaaaaaaaaaaaaaaaa" }, services.FactUnknown, "mother.person"},
		{"mother in no register", func(r *rig, m act.Actor) (string, any) {
			delete(r.registers.residents, m.Is("family"))
			return "order", 1
		}, services.FactUnknown, "mother.citizen"},
		{"stillborn", func(*rig, act.Actor) (string, any) { return "live", false }, services.RuleSaysNo, ""},
		{"paid before", func(r *rig, _ act.Actor) (string, any) { r.registers.paid = true; return "order", 1 }, services.RuleSaysNo, ""},
		{"the term is over", func(*rig, act.Actor) (string, any) { return "born", "2025-11-20" }, services.RuleSaysNo, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
				r.restart(func(cfg *services.Config) { cfg.Pack = only(t, allowance) })
				mother := r.mother()
				event := r.birth(mother, born(), 1)
				fact, value := c.change(r, mother)
				r.change(event, fact, value)
				r.hear(event)
				list := r.referrals()
				if len(list) != 1 || list[0].Why != c.why {
					t.Fatalf("referrals %+v, want one for %s", list, c.why)
				}
				f, err := r.Referral(t.Context(), officer(), list[0].ID)
				must(t, err)
				if c.missing != "" && !slices.ContainsFunc(f.Missing, func(m services.MissingFact) bool {
					return m.Fact == c.missing && m.Label["sr"] != "" && m.Register["sr"] != ""
				}) {
					t.Errorf("missing %+v, want %s named", f.Missing, c.missing)
				}
				want(t, "offers", len(r.offersOf(mother)), 0)
				want(t, "state", r.assessments("")[0].State, services.AssessmentReferred)
				want(t, "to be decided by", civil.Of(f.Until.Add(-time.Second)), today().AddDays(30))
				if told := len(r.notices.sent); f.UntilBy["sr"] == "" || (told == 1) != (c.missing != "mother.person") { // who is known is told that an officer has it
					t.Errorf("until %v, notices %v", f.UntilBy, r.notices.sent)
				}
			})
		})
	}
}

func TestNoAmountIsNoOffer(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) {
			c.Pack = serbiaWith(t, "rules/newborn-grant.yaml", "when: child.order > 1", "when: child.order > 2",
				"  - name: \"second child\"\n    day: 2026-11-23\n    facts: {child.order: 2}", "  - name: \"third child\"\n    day: 2026-11-23\n    facts: {child.order: 3}")
		})
		mother := r.mother()
		r.hear(r.birth(mother, born(), 2))
		if _, there := r.offersOf(mother)[grant]; there {
			t.Error("an offer of nothing")
		}
		list := r.referrals()
		if len(list) != 1 || list[0].Why != services.AmountMissing {
			t.Errorf("referrals %+v, want one for the amount", list)
		}
	})
}

func TestWhoObjectedIsNotConsideredAgain(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) { c.Pack = only(t, grant) })
		mother, o := r.offered()
		must(t, r.Object(t.Context(), mother, o.ID, o.Version))
		must(t, r.Object(t.Context(), mother, o.ID, o.Version)) // doubled tap
		r.registers.questions()
		next := r.birth(mother, born(), 2)
		r.hear(next)
		if got := r.registers.questions(); !slices.Equal(got, []string{"/v1/births/" + next.Subject}) {
			t.Errorf("asked %q, want nothing after it was known who the mother is", got)
		}
		want(t, "objected", len(r.assessments(services.AssessmentObjected)), 1)
		want(t, "offers", len(r.offersOf(mother)), 1)
		want(t, "referrals", len(r.referrals()), 0)
		wantCode(t, second(r.Accept(t.Context(), mother, o.ID, o.Version)), "offer-answered")
	})
}

func second[T any](_ T, err error) error { return err }

func TestObjectionWhileRegistersAnswer(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.restart(func(c *services.Config) { c.Pack = only(t, grant) })
		mother, o := r.offered()
		r.registers.set(payments, problem.New(problem.Unavailable, "node-away"))
		r.hear(r.birth(mother, born(), 2))
		must(t, r.Object(t.Context(), mother, o.ID, o.Version))
		r.registers.set(payments, nil)
		r.clock.Advance(time.Minute)
		r.work()
		want(t, "offers", len(r.offersOf(mother)), 1)
	})
}
