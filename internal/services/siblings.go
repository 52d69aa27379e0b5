package services

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/storage"
)

// sibling is another offer of the same person under the same public service, and what is told now of the event
// that it rests on: with one child that is entered late, another is no longer the first.
type sibling struct {
	storedOffer
	facts   known
	outcome rules.Outcome
	other   bool // the law gives something else now than was offered
}

// maxSiblings bounds how many are asked about.
const maxSiblings = 10

// errSibling says that another offer was made while the registers were asked about those that there were.
var errSibling = errors.New("another offer was made meanwhile")

// siblings lists the offers of a person, open or accepted, that rest on an event of the same day as another one or
// of a later day: only of these can it change what is told.
func siblings(ctx context.Context, from storage.Reader, a assessment, f finding) ([]storedOffer, error) {
	if f.person() == "" {
		return nil, nil
	}
	found, err := offers.All(ctx, from, `where person = $1 and service = $2 and subject <> $3 and day >= $4 and state in ('open', 'accepted') order by id limit `+strconv.Itoa(maxSiblings),
		f.person(), f.service.ID, a.subject, f.day.String())
	if err != nil {
		return nil, fmt.Errorf("offers beside: %w", err)
	}
	return found, nil
}

// askSiblings asks again about the events of such offers, and where there are any about the one of the finding too.
func (r *Room) askSiblings(ctx context.Context, a assessment, f *finding) error {
	f.asked = true
	found, err := siblings(ctx, r.DB.Read(ctx), a, *f)
	if err != nil || len(found) == 0 {
		return err
	}
	if f.facts, f.outcome, err = r.askAgain(ctx, storedOffer{service: f.service.ID, subject: a.subject, day: f.day, facts: f.facts}, f.service); err != nil {
		return err
	}
	for _, o := range found {
		b := sibling{storedOffer: o}
		if b.facts, b.outcome, err = r.askAgain(ctx, o, f.service); err != nil {
			return err
		}
		offered, err := o.pays()
		if err != nil {
			return err
		}
		b.other = b.outcome.Result != rules.Yes || !paysTheSame(b.outcome.Plan, offered)
		f.siblings = append(f.siblings, b)
	}
	return nil
}

// askAgain asks the registers anew what they tell of the event itself; what was learnt with the help of that, and
// what an officer found, stays.
func (r *Room) askAgain(ctx context.Context, o storedOffer, s law.PublicService) (known, rules.Outcome, error) {
	rule, err := r.rules.on(s.Rule, o.day)
	if err != nil {
		return nil, rules.Outcome{}, &waitsFor{who: s.Body, err: err}
	}
	q, facts := r.inquire(s, o.subject, o.subject, o.day, progress{}), maps.Clone(o.facts)
	paths := map[string]string{}
	for _, need := range rule.Needs() {
		if path, ok := q.path(need.Ask); ok && !need.Text && !facts[need.Fact].byOfficer() {
			paths[need.Fact] = path
		}
	}
	for _, need := range rule.Needs() {
		path, own := paths[need.Fact]
		if !own {
			continue
		}
		if !q.Asked[need.Service+path] {
			if err := q.ask(ctx, rule, need, path); err != nil {
				return nil, rules.Outcome{}, err
			}
		}
		if fact, told := q.Facts[need.Fact]; told {
			facts[need.Fact] = fact
		} else {
			delete(facts, need.Fact)
		}
	}
	return facts, rule.Decide(facts.values()), nil
}

// doubt brings the open offers to an officer that the law would not make any more, and reports whether one that was
// accepted rests on what is told otherwise now: then nobody but a person decides on the finding either.
func (r *Room) doubt(ctx context.Context, tx *storage.Tx, a assessment, f finding) (accepted bool, err error) {
	found, err := siblings(ctx, tx, a, f)
	if err != nil {
		return false, err
	}
	for _, o := range found {
		n := slices.IndexFunc(f.siblings, func(b sibling) bool { return b.id == o.id })
		if n < 0 {
			return false, errSibling
		}
		switch b := f.siblings[n]; {
		case !b.other:
		case o.state == OfferAccepted:
			accepted = true
		default:
			if err := r.move(ctx, tx, o, OfferReferred); err != nil {
				return false, err
			}
			if b.facts.text(factPerson) == "" {
				b.facts[factPerson] = o.facts[factPerson]
			}
			if err := r.refer(ctx, tx, referral{assessment: o.assessment, offer: o.id, service: f.service, why: FactsChanged, facts: b.facts, missing: b.outcome.Missing, by: law.ByRule}); err != nil {
				return false, err
			}
		}
	}
	return accepted, nil
}
