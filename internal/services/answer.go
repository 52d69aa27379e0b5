package services

import (
	"cmp"
	"context"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/rules"
	"dobosh/internal/storage"
)

// mover is who may move an offer.
type mover int

const (
	thePerson mover = iota + 1
	anOfficer
	theClock
)

// step is a move of an offer.
type step struct{ from, to OfferState }

// moves is the table of moves of an offer and of who may make them. What is
// not in it cannot be done.
func moves() map[step]mover {
	return map[step]mover{
		{OfferOpen, OfferAccepted}:     thePerson,
		{OfferOpen, OfferDeclined}:     thePerson,
		{OfferOpen, OfferObjected}:     thePerson,
		{OfferOpen, OfferReferred}:     thePerson,
		{OfferOpen, OfferLapsed}:       theClock,
		{OfferReferred, OfferAccepted}: anOfficer,
		{OfferReferred, OfferRefused}:  anOfficer,
	}
}

// Accept takes the offer: the decision follows from it at once. A doubled tap
// gives the decision that stands; a form that has become stale is refused.
// Where the public service leaves every decision to a person, the matter goes
// to an officer, and there is no decision yet.
func (r *Room) Accept(ctx context.Context, by act.Actor, id string, version int) (Decision, error) {
	o, err := r.own(ctx, r.DB.Read(ctx), by, id)
	if err != nil {
		return Decision{}, err
	}
	s, err := r.service(o.service)
	if err != nil {
		return Decision{}, err
	}
	if !s.Automatic {
		return Decision{}, r.Refer(ctx, by, id, version)
	}
	decision := o.decision
	if o.state != OfferAccepted {
		made, err := r.accept(ctx, by, o, s, version)
		if err != nil {
			return Decision{}, err
		}
		decision = made.id
	}
	return r.Decision(ctx, by, decision)
}

// accept decides. The draft is made before the transaction, which must be
// short; the version says whether the offer is still the one it was made from.
func (r *Room) accept(ctx context.Context, by act.Actor, o storedOffer, s law.PublicService, version int) (storedDecision, error) {
	if err := r.check(o, OfferAccepted, version); err != nil {
		return storedDecision{}, err
	}
	d, err := r.draft(verdict{offer: o, service: s, granted: true, by: byRule})
	if err != nil {
		return storedDecision{}, r.renew(ctx, o, s, err)
	}
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return r.enact(ctx, tx, d) })
	if err == nil {
		return r.sealNow(ctx, d.stored(), d.sealed), nil
	}
	if !problem.HasCode(err, "offer-changed") {
		return storedDecision{}, err
	}
	// Somebody was faster: the same person with a second tap, or anybody with anything else.
	if o, err = r.own(ctx, r.DB.Read(ctx), by, o.id); err != nil {
		return storedDecision{}, err
	}
	if o.state != OfferAccepted {
		return storedDecision{}, cmp.Or[error](r.check(o, OfferAccepted, version), problem.New(problem.Conflict, "offer-changed"))
	}
	return r.decisionWhere(ctx, "id", o.decision)
}

// Decline ends the offer: the person does not want it.
func (r *Room) Decline(ctx context.Context, by act.Actor, id string, version int) error {
	return r.answer(ctx, by, id, version, OfferDeclined, func(ctx context.Context, tx *storage.Tx, o storedOffer) error {
		return r.moved(ctx, tx, o.assessment, cases.Move{To: caseDeclined, By: law.ByParty})
	})
}

// Object ends the offer and keeps the person out of all further assessments
// under the same public service.
func (r *Room) Object(ctx context.Context, by act.Actor, id string, version int) error {
	return r.answer(ctx, by, id, version, OfferObjected, func(ctx context.Context, tx *storage.Tx, o storedOffer) error {
		_, err := tx.ExecContext(ctx, `insert into services_objections (person, service, at) values ($1, $2, $3) on conflict (person, service) do nothing`, o.person, o.service, storage.Micros(r.Now()))
		if err != nil {
			return err
		}
		return r.moved(ctx, tx, o.assessment, cases.Move{To: caseNotWanted, By: law.ByParty})
	})
}

// Refer puts the matter into the hands of an officer, as everybody may ask.
func (r *Room) Refer(ctx context.Context, by act.Actor, id string, version int) error {
	return r.answer(ctx, by, id, version, OfferReferred, func(ctx context.Context, tx *storage.Tx, o storedOffer) error {
		s, err := r.service(o.service)
		if err != nil {
			return err
		}
		return r.refer(ctx, tx, referral{assessment: o.assessment, offer: o.id, service: s, why: PersonAsked, facts: o.facts, by: law.ByParty})
	})
}

// answer moves an offer, once, and does what belongs to the move. The same
// answer again changes nothing.
func (r *Room) answer(ctx context.Context, by act.Actor, id string, version int, to OfferState, also func(context.Context, *storage.Tx, storedOffer) error) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		o, err := r.own(ctx, tx, by, id)
		if err != nil || o.state == to {
			return err
		}
		if err := r.check(o, to, version); err != nil {
			return err
		}
		if err := r.move(ctx, tx, o, to); err != nil {
			return err
		}
		return also(ctx, tx, o)
	})
}

// own gives the offer to the person it is for, and to nobody else.
func (r *Room) own(ctx context.Context, from storage.Reader, by act.Actor, id string) (storedOffer, error) {
	o, err := r.storedOffer(ctx, from, id)
	if err != nil {
		return o, err
	}
	if !r.is(by, o.service, o.person) {
		return storedOffer{}, problem.New(problem.NotFound, "offer-unknown") // whether it exists is nobody else's business
	}
	return o, nil
}

// check says whether the person may make a move with a form of that version.
func (r *Room) check(o storedOffer, to OfferState, version int) error {
	switch {
	case o.lapsed(r.Now()):
		return problem.New(problem.Gone, "offer-lapsed")
	case moves()[step{o.state, to}] != thePerson:
		return problem.New(problem.Conflict, "offer-answered")
	case o.version != version:
		return problem.New(problem.Conflict, "offer-changed")
	}
	return nil
}

func (r *Room) move(ctx context.Context, tx *storage.Tx, o storedOffer, to OfferState) error {
	if moves()[step{o.state, to}] == 0 {
		return problem.New(problem.Conflict, "offer-answered")
	}
	moved, err := changed(tx.ExecContext(ctx, `update services_offers set state = $1, version = version + 1 where id = $2 and version = $3`, to, o.id, o.version))
	if err == nil && !moved {
		return problem.New(problem.Conflict, "offer-changed")
	}
	return err
}

// renew brings an offer up to the law when the pack has changed since it was
// made: the person sees the new one before they decide. What is no longer a
// plain yes goes to an officer. Every other cause is given back.
func (r *Room) renew(ctx context.Context, o storedOffer, s law.PublicService, cause error) error {
	if !problem.HasCode(cause, "offer-changed") {
		return cause
	}
	rule, err := r.rules.on(s.Rule, o.day)
	if err != nil {
		return err
	}
	now := rule.Decide(o.facts.values())
	outcome, err := jsonText(now)
	if err != nil {
		return err
	}
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if now.Result == rules.Yes {
			_, err := tx.ExecContext(ctx, `update services_offers set outcome = $1, version = version + 1 where id = $2 and version = $3`, outcome, o.id, o.version)
			return err
		}
		if err := r.move(ctx, tx, o, OfferReferred); err != nil {
			return err
		}
		why := finding{service: s, facts: o.facts, day: o.day, outcome: now}.why()
		return r.refer(ctx, tx, referral{assessment: o.assessment, offer: o.id, service: s, why: why, facts: o.facts, missing: now.Missing, by: law.ByRule})
	})
	if err != nil {
		return err
	}
	return cause
}
