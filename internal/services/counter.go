package services

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/bus"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// OfferMade is the type of the event that an offer was made. Its subject is
// the id of the offer.
const OfferMade = "services.offer.made"

// Brief is an offer as a counter sees it before anybody stands there: which
// matter it belongs to and where it stands, nothing about the person. Reading
// it leaves no receipt.
type Brief struct {
	ID       string     `json:"id"`
	Service  string     `json:"service"` // id of the public service
	Matter   string     `json:"matter"`  // what the event was about: the reference of a birth
	State    OfferState `json:"state"`
	Version  int        `json:"version"`
	MadeAt   time.Time  `json:"made_at"`
	Decision string     `json:"decision,omitempty"` // id, once there is one
}

// Feed reads the events of the node in order.
type Feed interface {
	Fetch(ctx context.Context, types []string, after uint64, limit int, wait time.Duration) ([]bus.Sequenced, error)
}

// maxBriefs bounds the offers of one answer.
const maxBriefs = 200

// OffersSince lists the offers that were made after a place in the feed, in
// order, and tells how far it came. When there is none it waits for the first,
// at most for wait. Officers only. An offer may come twice.
func (r *Room) OffersSince(ctx context.Context, by act.Actor, feed Feed, after uint64, wait time.Duration) ([]Brief, uint64, error) {
	mine, err := r.within(by, `service in (%s)`)
	if err != nil {
		return nil, after, err
	}
	events, err := feed.Fetch(ctx, []string{OfferMade}, after, maxBriefs, wait)
	if errors.Is(err, bus.ErrAhead) { // the stream was lost and is made again
		events, err = feed.Fetch(ctx, []string{OfferMade}, 0, maxBriefs, wait)
	}
	if err != nil {
		return nil, after, problem.New(problem.Unavailable, "events-away").Because(err)
	}
	if len(events) == 0 {
		return []Brief{}, after, nil
	}
	ids := make([]any, len(events))
	for i, e := range events {
		ids[i], after = e.Event.Subject, e.Sequence
	}
	where, values := mine.and(filter{{`id in (%s)`, ids}}).where()
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `select id, service, subject, state, version, made_at, decision from services_offers where `+where+` order by id`, values...)
	briefs, err := storage.All(rows, err, func(scan storage.Scan) (Brief, error) {
		var b Brief
		var made int64
		err := scan(&b.ID, &b.Service, &b.Matter, &b.State, &b.Version, &made, &b.Decision)
		b.MadeAt = storage.Instant(made)
		return b, err
	})
	if err != nil {
		return nil, after, fmt.Errorf("list offers made: %w", err)
	}
	return briefs, after, nil
}

// AcceptFor takes an offer for the person who stands at the counter and says
// so, and whom the officer has recognised. The person must be the one that the
// offer is for. It leaves a receipt, so that the person sees who pressed the
// button; the decision is as if the person had, and its id and code come back
// once the journal has it: from then on no loss of a database undoes it. Until then the answer is
// the problem "not-sealed-yet", and the same call again gives the decision that stands.
// They are empty where the matter went to an officer.
func (r *Room) AcceptFor(ctx context.Context, by, person act.Actor, offer string, version int) (decision, code string, err error) {
	if _, err := RightToDecide().Where(by); err != nil {
		return "", "", err
	}
	o, err := r.own(ctx, r.DB.Read(ctx), person, offer)
	if err != nil {
		return "", "", err
	}
	if err := r.mayDecide(by, o.service); err != nil {
		return "", "", err
	}
	if err := r.concerns(by, o.service, o.person); err != nil {
		return "", "", err
	}
	s, err := r.service(o.service)
	if err != nil {
		return "", "", err
	}
	if err := r.looked(ctx, by, o.service, o.person, "offer "+o.id, true); err != nil {
		return "", "", err
	}
	if !s.Automatic {
		return "", "", r.Refer(ctx, person, offer, version)
	}
	var d storedDecision
	if o.state == OfferAccepted {
		d, err = r.decisionWhere(ctx, "id", o.decision)
	} else {
		d, err = r.accept(ctx, person, o, s, version)
	}
	if err != nil {
		return "", "", err
	}
	if d.index < 0 {
		if err := r.sealLater(ctx, d.id); err != nil {
			return "", "", problem.New(problem.Unavailable, "not-sealed-yet").Because(err)
		}
	}
	return d.id, d.code, nil
}
