package events

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"dobosh/internal/bus"
	listing "dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

const (
	deadPage = 50
	// deadLettersTooMany is why a subscription was stopped.
	deadLettersTooMany = "dead-letters-too-many"
)

// Dead is an event that a subscriber did not take.
type Dead struct {
	Subscription string    `json:"subscription"`
	ID           string    `json:"id"` // as the webhook names the event
	Event        bus.Event `json:"event"`
	Reason       string    `json:"reason"` // code
	Attempts     int       `json:"attempts"`
	At           time.Time `json:"at"`
	Due          bool      `json:"due"` // it is tried again
}

// letter is the job of an event that a webhook did not take. It comes put aside;
// once somebody has it tried again the worker of its subscription takes it, before
// anything else.
type letter struct {
	Subscription string    `json:"subscription"`
	Event        bus.Event `json:"event"`
}

func (l letter) ref() string { return l.Subscription + "/" + hookIDOf(l.Event) }

// newLetters is the queue of the letters; those of a subscription are a line.
func newLetters() *work.Queue[letter] {
	return &work.Queue[letter]{Name: "events.letters", ByHand: true, Attempts: 1, Order: func(l letter) string { return l.Subscription }}
}

// bury makes a dead letter, or a present one younger.
func (r *Room) bury(ctx context.Context, tx *storage.Tx, s Subscription, e bus.Event, code string) error {
	l, attempts := letter{s.ID, e}, s.Attempts
	switch before, err := r.letters.Find(ctx, tx, l.ref()); {
	case err == nil:
		attempts += before.Tries
	case !errors.Is(err, storage.ErrNotFound):
		return err
	}
	if _, err := r.letters.Remove(ctx, tx, l.ref()); err != nil {
		return err
	}
	return r.letters.Add(ctx, tx, l.ref(), l, work.Aside(problem.New(problem.Unavailable, code), attempts))
}

// dead lists the dead letters of a subscription, the oldest first.
func (r *Room) dead(ctx context.Context, subscription string, after listing.Key) (listing.Page[Dead], error) {
	place := int64(-1)
	if c := after.Columns(1); c != nil {
		var err error
		if place, err = strconv.ParseInt(c[0], 10, 64); err != nil {
			return listing.Page[Dead]{}, fmt.Errorf("page key: %w", err)
		}
	}
	found, err := r.letters.Line(ctx, r.DB.Read(ctx), subscription, place, deadPage+1)
	if err != nil {
		return listing.Page[Dead]{}, fmt.Errorf("list dead letters: %w", err)
	}
	cut := listing.Of(found, deadPage, func(j work.Job[letter]) listing.Key { return listing.KeyOf(strconv.FormatInt(j.Place, 10)) })
	page := listing.Page[Dead]{Next: cut.Next}
	for _, j := range cut.Items {
		d := Dead{Subscription: subscription, ID: hookIDOf(j.Job.Event), Event: j.Job.Event, Reason: j.Code, Attempts: j.Tries, At: j.Dead, Due: j.Dead.IsZero()}
		if d.Due {
			d.At = j.Added
		}
		page.Items = append(page.Items, d)
	}
	return page, nil
}

// retryDead lets dead letters be tried again, once: one, or all when event is
// empty. A subscription that was stopped stays so.
func (r *Room) retryDead(ctx context.Context, s Subscription, event string) error {
	return r.changeDead(ctx, s, event, r.letters.TryLineAgain, func(ctx context.Context, tx *storage.Tx, ref string) (bool, error) {
		if again, err := r.letters.TryAgain(ctx, tx, ref); err != nil || again {
			return again, err
		}
		_, err := r.letters.Find(ctx, tx, ref) // it may be due already
		if errors.Is(err, storage.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	})
}

// dropDead forgets dead letters: one, or all when event is empty.
func (r *Room) dropDead(ctx context.Context, s Subscription, event string) error {
	return r.changeDead(ctx, s, event, r.letters.RemoveLine, r.letters.Remove)
}

// changeDead changes all dead letters of a subscription, or the one of an event.
func (r *Room) changeDead(ctx context.Context, s Subscription, event string,
	all func(ctx context.Context, tx *storage.Tx, line string) error, one func(ctx context.Context, tx *storage.Tx, ref string) (bool, error)) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if event == "" {
			if err := all(ctx, tx, s.ID); err != nil {
				return err
			}
		} else if there, err := one(ctx, tx, s.ID+"/"+event); err != nil || !there {
			return errors.Join(err, problem.New(problem.NotFound, "dead-letter-unknown"))
		}
		tx.Signal(subscriptionsSignal)
		_, err := tx.ExecContext(ctx, `update exchange_subscriptions set version = version + 1 where id = $1`, s.ID) // its worker looks again
		return err
	})
}

// sendDue sends the dead letters that somebody wants to be tried again, each once.
func (r *Room) sendDue(ctx context.Context, s Subscription) error {
	for range deadPage {
		t, err := r.letters.Take(ctx, s.ID)
		if err != nil || t == nil {
			return err
		}
		err = r.call(ctx, s, t.Job.Event)
		known := context.WithoutCancel(ctx) // how it ended is written down even if the worker ends
		switch {
		case err == nil:
			r.count(Count{Delivered: 1})
			err = t.End(known, func(ctx context.Context, tx *storage.Tx) error {
				_, err := tx.ExecContext(ctx, `update exchange_subscriptions set delivered = delivered + 1, delivered_at = $2 where id = $1`, s.ID, storage.Micros(r.Now()))
				return err
			})
		case ctx.Err() != nil:
			return errors.Join(ctx.Err(), t.Back(known))
		default:
			err = t.Fail(known, err)
		}
		if err != nil && !errors.Is(err, work.ErrGone) { // somebody dropped it meanwhile
			return err
		}
	}
	return errSkipped // there may be more
}

// DeadLetters lists those of a system's subscription, the oldest first.
func (r *Room) DeadLetters(ctx context.Context, by System, subscription string, after listing.Key) (listing.Page[Dead], error) {
	s, err := r.own(ctx, by, subscription)
	if err != nil {
		return listing.Page[Dead]{}, err
	}
	return r.dead(ctx, s.ID, after)
}

// RetryDeadLetter tries one again, once, or all when event is empty.
func (r *Room) RetryDeadLetter(ctx context.Context, by System, subscription, event string) error {
	s, err := r.own(ctx, by, subscription)
	if err != nil {
		return err
	}
	return r.retryDead(ctx, s, event)
}

// DropDeadLetter forgets one, or all when event is empty.
func (r *Room) DropDeadLetter(ctx context.Context, by System, subscription, event string) error {
	s, err := r.own(ctx, by, subscription)
	if err != nil {
		return err
	}
	return r.dropDead(ctx, s, event)
}
