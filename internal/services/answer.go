package services

import (
	"context"
	"fmt"

	"dobosh/internal/identity"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// transitions is the table of moves of an offer. What is not in it cannot be
// done.
func transitions() map[OfferState][]OfferState {
	return map[OfferState][]OfferState{
		OfferOpen:     {OfferAccepted, OfferDeclined, OfferObjected, OfferReferred, OfferLapsed},
		OfferReferred: {OfferAccepted, OfferDeclined},
	}
}

func mayMove(from, to OfferState) bool {
	for _, state := range transitions()[from] {
		if state == to {
			return true
		}
	}
	return false
}

// Accept takes the offer: the decision follows from it at once. A doubled tap
// gives the decision that stands; a form that has become stale is refused.
func (r *Room) Accept(ctx context.Context, by identity.Actor, id string, version int) (Decision, error) {
	var decision string
	err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		o, err := r.own(ctx, tx, by, id)
		if err != nil {
			return err
		}
		if o.state == OfferAccepted {
			decision = o.decision
			return nil
		}
		s, err := r.service(o.service)
		if err != nil {
			return err
		}
		if err := r.check(o, OfferAccepted, version); err != nil {
			return err
		}
		if !s.Automatic {
			return r.referOffer(ctx, tx, o, s)
		}
		decision, err = r.decide(ctx, tx, verdict{offer: o, service: s, granted: true, by: byRule})
		return err
	})
	if err != nil || decision == "" {
		return Decision{}, err
	}
	r.sealNow(ctx, decision)
	return r.Decision(ctx, by, decision)
}

// Decline ends the offer: the person does not want it.
func (r *Room) Decline(ctx context.Context, by identity.Actor, id string, version int) error {
	return r.answer(ctx, by, id, version, OfferDeclined, nil)
}

// Object ends the offer and keeps the person out of all further assessments
// under the same public service.
func (r *Room) Object(ctx context.Context, by identity.Actor, id string, version int) error {
	return r.answer(ctx, by, id, version, OfferObjected, func(ctx context.Context, tx *storage.Tx, o storedOffer, _ law.PublicService) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO services_objections (person, service, at) VALUES ($1, $2, $3) ON CONFLICT (person, service) DO NOTHING`, o.person, o.service, storage.Micros(r.Now()))
		return err
	})
}

// Refer puts the matter into the hands of an officer, as everybody may ask.
func (r *Room) Refer(ctx context.Context, by identity.Actor, id string, version int) error {
	return r.answer(ctx, by, id, version, OfferReferred, r.handOver)
}

func (r *Room) handOver(ctx context.Context, tx *storage.Tx, o storedOffer, s law.PublicService) error {
	return r.refer(ctx, tx, referral{assessment: o.assessment, offer: o.id, service: s, why: PersonAsked, facts: o.facts})
}

func (r *Room) referOffer(ctx context.Context, tx *storage.Tx, o storedOffer, s law.PublicService) error {
	if err := r.move(ctx, tx, o, OfferReferred); err != nil {
		return err
	}
	return r.handOver(ctx, tx, o, s)
}

// answer moves an offer, once, and does what belongs to the move. The same
// answer again changes nothing.
func (r *Room) answer(ctx context.Context, by identity.Actor, id string, version int, to OfferState, also func(context.Context, *storage.Tx, storedOffer, law.PublicService) error) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		o, err := r.own(ctx, tx, by, id)
		if err != nil {
			return err
		}
		if o.state == to {
			return nil
		}
		if err := r.check(o, to, version); err != nil {
			return err
		}
		if err := r.move(ctx, tx, o, to); err != nil {
			return err
		}
		s, err := r.service(o.service)
		if err != nil || also == nil {
			return err
		}
		return also(ctx, tx, o, s)
	})
}

// own gives the offer to the person it is for, and to nobody else.
func (r *Room) own(ctx context.Context, tx *storage.Tx, by identity.Actor, id string) (storedOffer, error) {
	o, err := r.storedOffer(ctx, tx, id)
	if err != nil {
		return o, err
	}
	if !r.is(by, o.service, o.person) {
		return o, problem.New(problem.NotFound, "offer-unknown")
	}
	return o, nil
}

func (r *Room) check(o storedOffer, to OfferState, version int) error {
	switch {
	case o.state == OfferLapsed || o.state == OfferOpen && !r.Now().Before(o.until):
		return problem.New(problem.Gone, "offer-lapsed")
	case o.version != version:
		return problem.New(problem.Conflict, "offer-changed")
	case !mayMove(o.state, to):
		return problem.New(problem.Conflict, "offer-answered")
	}
	return nil
}

func (r *Room) move(ctx context.Context, tx *storage.Tx, o storedOffer, to OfferState) error {
	result, err := tx.ExecContext(ctx, `UPDATE services_offers SET state = $1, version = version + 1 WHERE id = $2 AND version = $3`, to, o.id, o.version)
	if err != nil {
		return fmt.Errorf("move offer: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return problem.New(problem.Conflict, "offer-changed").Because(err)
	}
	return nil
}
