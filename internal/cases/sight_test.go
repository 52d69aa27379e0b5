package cases_test

import (
	"context"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// ofBirth is a case of the mother, under a public service, that began with one birth as others did.
func (r *rig) ofBirth(about, service string) (c cases.Case) {
	r.t.Helper()
	r.Pseudonyms = byNumber{}
	must(r.t, r.write(func(ctx context.Context, tx *storage.Tx) (err error) {
		c, _, err = r.Open(ctx, tx, cases.Opening{Kind: "application", About: about, Source: about, Service: service, Occasion: "one birth", Channel: cases.ByEvent})
		if err == nil {
			c, err = r.Move(ctx, tx, cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule, Person: "p-1", Sector: "family"})
		}
		return err
	}))
	r.notices()
	return c
}

// joins brings somebody into a case, and gives who they are.
func (r *rig) joins(c cases.Case, nth int, role cases.PartyRole) act.Actor {
	r.t.Helper()
	number, by := guardian(nth)
	must(r.t, r.AddParty(r.t.Context(), officer(), cases.PartyEntry{Number: c.Number, Person: number, Role: role, Mandate: "основ"}))
	r.notices()
	return by
}

// What is shown beside a case is what whoever looks may open: neither a party of this case alone nor an officer
// of another scope learns of the others.
func TestWhatIsBesideACaseIsForWhoeverMayOpenIt(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c, other := r.ofBirth("grant", "newborn-grant"), r.ofBirth("allowance", "parental-allowance")
		third := r.ofBirth("third", "parental-allowance")
		must(t, r.Join(t.Context(), officer(), cases.Joining{Number: c.Number, How: cases.CausedBy, Other: third.Number}))
		interested := r.joins(c, 1, cases.Interested)
		for name, sees := range map[string]struct {
			by            act.Actor
			beside, links int
		}{
			"the person":              {mother(), 1, 1},
			"an interested party":     {interested, 0, 0},
			"an officer of both":      {officer(), 1, 1},
			"an officer of this only": {officerOf(act.Scope{Service: "newborn-grant"}), 0, 0},
		} {
			v, err := r.Case(t.Context(), sees.by, c.Number)
			must(t, err)
			want(t, "links that are shown to "+name, len(v.Links), sees.links)
			beside := 0
			for _, b := range v.Beside {
				if b.ID == other.ID {
					beside++
				}
			}
			want(t, "cases beside it for "+name, beside, sees.beside)
			if name == "an officer of this only" {
				want(t, "all that is beside it for "+name, len(v.Beside), 0)
			}
		}
	})
}

// Of an outcome, what the person or whoever acts for them reads delivers it; somebody else's reading does not, and
// neither does it count that word of it did not reach those.
func TestAnotherPartyReceivesNothingForThePerson(t *testing.T) {
	testkit.OnBoth(t, newPost, func(t *testing.T, p *post) {
		p.Pseudonyms = byNumber{}
		must(t, p.courier.SetAddress(t.Context(), notify.Address{Person: "p-1", Channel: notify.Email, To: "milica@example.org", Lang: lang.SrCyrl}))
		today := civil.Of(p.clock.Now())
		c, _ := p.open("birth-1", "event")
		c, err := p.move(cases.Move{Case: c.ID, To: "with-officer", By: law.ByRule, Person: "p-1", Sector: "family"})
		must(t, err)
		interested, representative := p.joins(c, 1, cases.Interested), p.joins(c, 2, cases.Representative)
		_, err = p.move(cases.Move{Case: c.ID, To: "refused", By: law.ByOfficer, Account: "another", Why: "зато"})
		must(t, err)
		_, err = p.runner.RunDue(t.Context())
		must(t, err)
		p.clock.Advance(24 * time.Hour)
		if d := p.seen(interested, c); !d.Day.IsZero() || d.Fault != "" {
			t.Errorf("read by an interested party: %+v, want that it is on its way", d)
		}
		want(t, "read by a representative", p.seen(representative, c).Day, today.AddDays(1))
	})
}

func TestOnlyWordToThePersonBeginsADelivery(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		r.joins(c, 1, cases.Interested)
		_, err := r.move(cases.Move{Case: c.ID, To: "refused", By: law.ByOfficer, Account: "officer", Why: "зато"})
		must(t, err)
		told := r.notices()
		want(t, "told", len(told), 2)
		for _, n := range told {
			want(t, "the document that word to "+n.Person+" delivers", n.Serves != "", n.Person == "p-1")
		}
	})
}

// Whoever is told of a case answers by mail as they are told to, and is told for themselves.
func TestWhoeverIsToldAnswersByMail(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		c := r.withOfficer("birth-1")
		representative := r.joins(c, 1, cases.Representative)
		m := written("1", "Живи у Зрењанину.")
		m.Person = representative.Is("family")
		must(t, r.arrives(c, m))
		must(t, r.EndParty(t.Context(), officer(), c.Number, 1))
		late := written("2", "И још нешто.")
		late.Person = m.Person
		wantCode(t, r.arrives(c, late), "thread-unknown")
	})
}

func TestPartiesOfTwoCasesOfOneBirthAreEachTold(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.Pseudonyms = byNumber{}
		ids, people, events := map[string]string{}, map[string]bool{}, map[string]bool{}
		for nth, service := range []string{"newborn-grant", "parental-allowance"} {
			var c cases.Case
			must(t, r.write(func(ctx context.Context, tx *storage.Tx) (err error) {
				c, _, err = r.Open(ctx, tx, cases.Opening{Kind: "application", About: service, Source: service, Service: service, Occasion: "one birth", Person: "p-1", Sector: "family", Channel: cases.ByEvent})
				return err
			}))
			r.joins(c, nth, cases.Guardian)
			_, err := r.move(cases.Move{Case: c.ID, To: "offered", By: law.ByRule, Answer: law.Begun("grant-offer", civil.Date(2026, 11, 23))})
			must(t, err)
			for _, n := range r.notices() {
				if before, taken := ids[n.ID]; taken && before != n.Person {
					t.Errorf("%s is not told: a notice of that id went to %s", n.Person, before)
				}
				if ids[n.ID] = n.Person; n.Event != "" {
					events[n.Event] = true
				}
				people[n.Person] = true
			}
		}
		want(t, "notices", len(ids), 4)
		want(t, "people who are told", len(people), 3)
		want(t, "events of which they are told", len(events), 1)
	})
}
