package events

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

const (
	// pushPage is how many events a worker holds.
	pushPage = 32
	// The pauses after an event was not taken double from the one to the other.
	firstRetry = 5 * time.Second
	lastRetry  = time.Hour
	// DefaultAttempts is how often an event is tried before it is put aside: over
	// about ten hours.
	DefaultAttempts = 20
	// DefaultMostDead is how many events are put aside for one subscription.
	DefaultMostDead = 1000
	// lookSubscriptions is how often the room looks for subscriptions that nobody
	// woke it for.
	lookSubscriptions = 2 * time.Second
	// dueLook is how often a worker looks at the clock.
	dueLook = 100 * time.Millisecond
)

// running is a worker.
type running struct {
	version int64
	stop    context.CancelFunc
}

// Deliver sends events to the webhooks of all subscriptions, as they come to be,
// until ctx ends. Each has a worker of its own. Of several nodes of the member one
// does.
func (r *Room) Deliver(ctx context.Context) { r.DB.Lead(ctx, deliverName, r.Log, r.deliverAll) }

func (r *Room) deliverAll(ctx context.Context) {
	var workers sync.WaitGroup
	defer r.hooks.CloseIdleConnections()
	defer workers.Wait()
	at := map[string]running{}
	defer func() {
		for _, w := range at {
			w.stop()
		}
	}()
	wake, stop := r.DB.Listen(subscriptionsSignal)
	defer stop()
	ticker := time.NewTicker(lookSubscriptions)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if err := r.staff(ctx, &workers, at); err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "subscriptions were not read", slog.Any("error", err))
		}
		select {
		case <-wake:
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// staff starts the workers that are missing and stops those that are not wanted.
func (r *Room) staff(ctx context.Context, workers *sync.WaitGroup, at map[string]running) error {
	all, err := r.subscriptions(ctx)
	if err != nil {
		return err
	}
	wanted := map[string]int64{}
	for _, s := range all {
		if s.Webhook != "" && s.State == Active {
			wanted[s.ID] = s.version
		}
	}
	for id, w := range at {
		if version, still := wanted[id]; !still || version != w.version {
			w.stop()
			delete(at, id)
		}
	}
	for id, version := range wanted {
		if _, there := at[id]; !there {
			within, stop := context.WithCancel(ctx)
			at[id] = running{version, stop}
			workers.Go(func() { r.deliver(within, id, version) })
		}
	}
	return nil
}

// errOver says that a subscription is another one than that which a worker began
// with: somebody has changed it, and another worker goes on.
var errOver = errors.New("the subscription was changed")

// deliver is the worker of a subscription in one version, until ctx ends or
// somebody changes it.
func (r *Room) deliver(ctx context.Context, id string, version int64) {
	wait := firstPause
	for ctx.Err() == nil {
		err := r.deliverPage(ctx, id, version)
		switch {
		case err == nil || errors.Is(err, errSkipped):
			wait = firstPause
			continue
		case ctx.Err() != nil || errors.Is(err, errOver) || problem.HasCode(err, "subscription-unknown"):
			return
		}
		r.Log.WarnContext(ctx, "events not delivered", slog.String("subscription", id), slog.Any("error", err))
		_ = clock.Pause(ctx, wait) // the loop sees the end of ctx
		wait = min(2*wait, lastPause)
	}
}

// deliverPage sends the dead letters that are to be tried again, and then what
// follows the place.
func (r *Room) deliverPage(ctx context.Context, id string, version int64) error {
	s, err := r.subscription(ctx, id)
	if err != nil {
		return err
	}
	if s.version != version || s.State != Active {
		return errOver
	}
	if err := r.sendDue(ctx, s); err != nil {
		return err
	}
	found, err := r.readFor(ctx, &s, pushPage, feedWait)
	if err != nil {
		return err
	}
	for _, e := range found.events {
		if err := r.deliverOne(ctx, &s, e); err != nil {
			return err
		}
	}
	return r.passed(ctx, &s, found.next)
}

// deliverOne sends an event until it is taken or put aside. Those behind it wait.
func (r *Room) deliverOne(ctx context.Context, s *Subscription, e bus.Sequenced) error {
	next := place{s.place.stream, e.Sequence}
	for {
		if err := r.due(ctx, s.RetryAt); err != nil {
			return err
		}
		if may, err := r.reads(s.Subsystem); err != nil {
			return err
		} else if !may.may(e.Event) { // any more
			return r.leaveOut(ctx, s, next)
		}
		err := r.call(ctx, *s, e.Event)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			return r.taken(ctx, s, next)
		}
		s.Attempts++
		code := problem.Of(err).Code
		switch {
		case errors.Is(err, errNoLonger):
			return r.putAside(ctx, s, e.Event, next, code, Stopped)
		case s.Attempts >= r.Attempts:
			return r.putAside(ctx, s, e.Event, next, code, Active)
		}
		if err := r.again(ctx, s, code, err); err != nil {
			return err
		}
	}
}

// due waits until the clock shows an instant.
func (r *Room) due(ctx context.Context, at time.Time) error {
	for ctx.Err() == nil {
		rest := at.Sub(r.Now())
		if rest <= 0 {
			return nil
		}
		_ = clock.Pause(ctx, min(rest, dueLook)) // the loop sees the end of ctx
	}
	return ctx.Err()
}

// taken notes that an event was taken.
func (r *Room) taken(ctx context.Context, s *Subscription, next place) error {
	err := r.change(ctx, *s, nil, `place = $3, delivered = delivered + 1, delivered_at = $4, attempts = 0, retry_at = 0, fault = '', fault_at = 0`, next.String(), storage.Micros(r.Now()))
	if err != nil {
		return err
	}
	s.place, s.Attempts, s.RetryAt, s.Fault, s.FaultAt = next, 0, time.Time{}, "", time.Time{}
	r.count(Count{Delivered: 1})
	return nil
}

// leaveOut goes on behind an event that may not be sent any more.
func (r *Room) leaveOut(ctx context.Context, s *Subscription, next place) error {
	err := r.change(ctx, *s, nil, `place = $3, attempts = 0, retry_at = 0, fault = '', fault_at = 0`, next.String())
	s.place, s.Attempts, s.RetryAt, s.Fault, s.FaultAt = next, 0, time.Time{}, "", time.Time{}
	return err
}

// again notes that an event was not taken, and when it is to be tried again.
func (r *Room) again(ctx context.Context, s *Subscription, code string, cause error) error {
	s.RetryAt = r.Now().Add(r.pause(s.Attempts))
	if s.Fault == "" {
		s.FaultAt = r.Now()
	}
	s.Fault = code
	r.Log.InfoContext(ctx, "a webhook did not take an event", slog.String("subscription", s.ID), slog.Int("attempt", s.Attempts), slog.String("code", code), slog.Any("error", cause))
	r.count(Count{Retried: 1})
	return r.change(ctx, *s, nil, `attempts = $3, retry_at = $4, fault = $5, fault_at = $6`, s.Attempts, storage.Micros(s.RetryAt), s.Fault, storage.Micros(s.FaultAt))
}

// putAside makes a dead letter of an event and goes on behind it. Where there are
// too many of them the subscription stops instead, and nothing is lost.
func (r *Room) putAside(ctx context.Context, s *Subscription, e bus.Event, next place, code, state string) error {
	if s.Dead >= r.MostDead {
		err := r.change(ctx, *s, nil, `state = $3, fault = $4, fault_at = $5`, Stopped, deadLettersTooMany, storage.Micros(r.Now()))
		return cmp.Or(err, errOver)
	}
	bury := func(ctx context.Context, tx *storage.Tx) error { return r.bury(ctx, tx, *s, e, code) }
	fault, since := "", int64(0)
	if state == Stopped {
		fault, since = code, storage.Micros(r.Now())
		r.Log.WarnContext(ctx, "a webhook is gone; its subscription was stopped", slog.String("subscription", s.ID))
	}
	err := r.change(ctx, *s, bury, `place = $3, state = $4, attempts = 0, retry_at = 0, fault = $5, fault_at = $6`, next.String(), state, fault, since)
	if err != nil {
		return err
	}
	s.place, s.Attempts, s.RetryAt, s.Fault, s.FaultAt = next, 0, time.Time{}, fault, time.Time{}
	s.Dead++
	r.count(Count{Dead: 1})
	if state == Stopped {
		return errOver
	}
	return nil
}

// change changes a subscription that this worker still carries.
func (r *Room) change(ctx context.Context, s Subscription, also func(context.Context, *storage.Tx) error, set string, args ...any) error {
	same, err := r.changeSubscription(ctx, s, also, set, args...)
	if err == nil && !same {
		return errOver
	}
	return err
}
