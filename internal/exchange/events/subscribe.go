package events

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// Bounds of subscriptions. Each with a webhook has a worker.
const (
	maxSubscriptions    = 500 // of a member
	maxSystemsOwn       = 50  // of a system
	secretBytes         = 32
	secretPrefix        = "whsec_" // Standard Webhooks 1.0.0
	readerWithoutANode  = ""       // of a hole of a subscription
	fromNow, fromOldest = "now", "beginning"
)

// Wanted is what a system asks for.
type Wanted struct {
	Filter  Filter `json:"filter"`
	Webhook string `json:"webhook"` // where events are to be sent; empty to fetch them
	From    string `json:"from"`    // "now" (when empty), "beginning", or an instant (RFC 3339)
}

// Subscribe makes a subscription. With a webhook the answer has the secret that
// signs it, which is not told again.
func (r *Room) Subscribe(ctx context.Context, by System, w Wanted) (Subscription, error) {
	if err := w.Filter.check(); err != nil {
		return Subscription{}, problem.New(problem.Invalid, "filter-malformed").Because(err)
	}
	s := Subscription{ID: id.New(), System: by.Name, Subsystem: by.Subsystem, Filter: w.Filter, Webhook: w.Webhook, State: Active, Created: r.Now(), secret: []byte{}}
	if w.Webhook != "" {
		if _, ok := hookURL(w.Webhook, r.Hosts); !ok {
			return s, problem.New(problem.Forbidden, "webhook-host")
		}
		s.secret = make([]byte, secretBytes)
		_, _ = rand.Read(s.secret) // never fails: crypto/rand ends the program instead
	}
	missing, err := r.begin(ctx, &s, w.From)
	if err != nil {
		return s, err
	}
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := r.fits(ctx, tx, by); err != nil {
			return err
		}
		filter, err := json.Marshal(s.Filter)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `insert into exchange_subscriptions (`+subscriptionColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, 0, 0, 0, 0, '', 0)`,
			s.ID, r.Gateway.Node, s.Subsystem.String(), s.System, string(filter), s.Webhook, s.secret, s.State, s.Place, storage.Micros(s.Created))
		tx.Signal(subscriptionsSignal)
		return errors.Join(err, r.missedBy(ctx, tx, s, missing))
	})
	if err != nil {
		return s, err
	}
	if w.Webhook != "" {
		s.Secret = secretPrefix + base64.StdEncoding.EncodeToString(s.secret)
	}
	return s, nil
}

// fits refuses a subscription too many.
func (r *Room) fits(ctx context.Context, tx *storage.Tx, by System) error {
	var all, own int
	err := tx.QueryRowContext(ctx, `select count(*), coalesce(sum(case when system = $1 then 1 else 0 end), 0) from exchange_subscriptions`, by.Name).Scan(&all, &own)
	if err != nil {
		return err
	}
	if all >= maxSubscriptions || own >= maxSystemsOwn {
		return problem.New(problem.TooMany, "subscriptions-too-many")
	}
	return nil
}

// begin puts a subscription to where it is to read from. What is asked for and no
// longer there is returned.
func (r *Room) begin(ctx context.Context, s *Subscription, from string) (*goneError, error) {
	state, err := r.Stream.State(ctx)
	if err != nil {
		return nil, problem.New(problem.Unavailable, "events-away").Because(err)
	}
	var lost *goneError
	switch from {
	case "", fromNow:
		s.place = place{state.ID, state.Last}
	case fromOldest:
		s.place = place{state.ID, state.First - 1}
	default:
		at, err := time.Parse(time.RFC3339Nano, from)
		if err != nil {
			return nil, problem.New(problem.Invalid, "from-malformed")
		}
		if s.place, err = r.at(ctx, at); err != nil && !errors.As(err, &lost) {
			return nil, problem.New(problem.Unavailable, "events-away").Because(err)
		}
	}
	s.Place = s.place.String()
	return lost, nil
}

// missedBy records the hole of a subscription, if there is one.
func (r *Room) missedBy(ctx context.Context, tx *storage.Tx, s Subscription, lost *goneError) error {
	if lost == nil {
		return nil
	}
	return miss(ctx, tx, Hole{Kind: readerSubscription, Reader: s.ID, Node: readerWithoutANode, Place: s.Place, Available: lost.available, Noticed: r.Now()})
}

// Subscriptions lists those of a system's subsystem.
func (r *Room) Subscriptions(ctx context.Context, by System) ([]Subscription, error) {
	all, err := r.subscriptions(ctx)
	own := []Subscription{}
	for _, s := range all {
		if s.Subsystem == by.Subsystem {
			own = append(own, s)
		}
	}
	return own, errors.Join(err, r.lags(ctx, own))
}

// Subscription finds one of a system's subsystem.
func (r *Room) Subscription(ctx context.Context, by System, id string) (Subscription, error) {
	s, err := r.own(ctx, by, id)
	if err != nil {
		return s, err
	}
	one := []Subscription{s}
	err = r.lags(ctx, one)
	return one[0], err
}

func (r *Room) own(ctx context.Context, by System, id string) (Subscription, error) {
	s, err := r.subscription(ctx, id)
	if err == nil && s.Subsystem != by.Subsystem {
		return Subscription{}, problem.New(problem.NotFound, "subscription-unknown")
	}
	return s, err
}

// Unsubscribe ends a subscription. Its dead letters go with it.
func (r *Room) Unsubscribe(ctx context.Context, by System, id string) error {
	s, err := r.own(ctx, by, id)
	if err != nil {
		return err
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		tx.Signal(subscriptionsSignal)
		if err := r.letters.RemoveLine(ctx, tx, s.ID); err != nil {
			return err
		}
		for _, statement := range []string{
			`delete from exchange_subscriptions where id = $1`,
			`delete from exchange_holes where reader = $1 and kind = '` + readerSubscription + `'`,
		} {
			if _, err := tx.ExecContext(ctx, statement, s.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Replay lets a subscription read again from where [Wanted] says, also forward.
// Events come again with the ids that they had.
func (r *Room) Replay(ctx context.Context, by System, id, from string) (Subscription, error) {
	s, err := r.own(ctx, by, id)
	if err != nil {
		return s, err
	}
	missing, err := r.begin(ctx, &s, from)
	if err != nil {
		return s, err
	}
	_, err = r.changeSubscription(ctx, s, func(ctx context.Context, tx *storage.Tx) error {
		tx.Signal(subscriptionsSignal)
		return r.missedBy(ctx, tx, s, missing)
	}, `version = version + 1, place = $3, attempts = 0, retry_at = 0, fault = '', fault_at = 0`, s.Place)
	if err != nil {
		return s, err
	}
	return r.Subscription(ctx, by, id)
}

// Start lets a subscription that was stopped go on, and tries its next event at
// once.
func (r *Room) Start(ctx context.Context, by System, id string) (Subscription, error) {
	s, err := r.own(ctx, by, id)
	if err != nil {
		return s, err
	}
	if err := r.start(ctx, s); err != nil {
		return s, err
	}
	return r.Subscription(ctx, by, id)
}

func (r *Room) start(ctx context.Context, s Subscription) error {
	_, err := r.changeSubscription(ctx, s, func(_ context.Context, tx *storage.Tx) error {
		tx.Signal(subscriptionsSignal)
		return nil
	}, `version = version + 1, state = $3, attempts = 0, retry_at = 0, fault = '', fault_at = 0`, Active)
	return err
}

// reader is what a subsystem may have of the stream at the moment.
type reader struct {
	subsystem registry.ID
	contracts []registry.Contract
	types     []string
}

// reads finds what a subsystem may have: what contracts give it, and what it
// publishes itself. While nobody confirms the registry nothing is read.
func (r *Room) reads(subsystem registry.ID) (reader, error) {
	may := reader{subsystem: subsystem}
	for _, c := range r.concerned.contracts(r.Gateway.State(), subsystem) {
		if err := r.Gateway.Stands(c); problem.HasCode(err, "registry-outdated") {
			return may, err
		} else if err != nil && c.Provider != subsystem {
			continue
		}
		may.contracts = append(may.contracts, c)
		may.types = append(may.types, c.Events...)
	}
	slices.Sort(may.types)
	may.types = slices.Compact(may.types) // the stream wants each once
	return may, nil
}

// may reports whether an event is among them.
func (p reader) may(e bus.Event) bool {
	if e.Source == p.subsystem.String() {
		return true
	}
	for _, c := range p.contracts {
		if c.Provider != p.subsystem && agreed(c, e) {
			return true
		}
	}
	return false
}

// readFor reads what a subscription wants and may have behind its place. The
// events behind next were not looked at. What is gone is noted as a hole, and a
// stream that is new is read from its beginning.
func (r *Room) readFor(ctx context.Context, s *Subscription, limit int, wait time.Duration) (readFrom, error) {
	may, err := r.reads(s.Subsystem)
	if err != nil {
		return readFrom{}, err
	}
	types := s.Filter.among(may.types)
	if len(types) == 0 { // for the bus, no types are all
		return readFrom{after: s.place, next: s.place}, clock.Pause(ctx, min(wait, look))
	}
	found, err := r.read(ctx, types, s.place, limit, wait)
	if lost, ok := errors.AsType[*goneError](err); ok {
		return readFrom{}, cmp.Or(r.skip(ctx, s, lost.next, lost), errSkipped)
	}
	if errors.Is(err, bus.ErrAhead) {
		return readFrom{}, cmp.Or(r.skip(ctx, s, place{}, nil), errSkipped)
	}
	if err != nil {
		return readFrom{}, problem.New(problem.Unavailable, "events-away").Because(err)
	}
	wanted := found.events[:0]
	for _, e := range found.events {
		if s.Filter.wants(e.Event) && may.may(e.Event) {
			wanted = append(wanted, e)
		}
	}
	found.events = wanted
	return found, nil
}

// errSkipped says that a subscription has a new place; reading begins again.
var errSkipped = errors.New("the place of the subscription has changed")

// skip moves a subscription to where the stream goes on.
func (r *Room) skip(ctx context.Context, s *Subscription, next place, lost *goneError) error {
	_, err := r.changeSubscription(ctx, *s, func(ctx context.Context, tx *storage.Tx) error { return r.missedBy(ctx, tx, *s, lost) }, `place = $3`, next.String())
	s.place, s.Place = next, next.String()
	return err
}

// lags finds how far subscriptions are behind.
func (r *Room) lags(ctx context.Context, list []Subscription) error {
	if len(list) == 0 {
		return nil
	}
	state, err := r.Stream.State(ctx)
	if err != nil {
		return problem.New(problem.Unavailable, "events-away").Because(err)
	}
	for i := range list {
		if err := r.lag(ctx, &list[i], state); err != nil {
			return problem.New(problem.Unavailable, "events-away").Because(err)
		}
	}
	return nil
}

func (r *Room) lag(ctx context.Context, s *Subscription, state bus.State) error {
	s.Behind = behind(s.place, state)
	may, err := r.reads(s.Subsystem)
	types := s.Filter.among(may.types)
	if s.Behind == 0 || err != nil || len(types) == 0 {
		return nil
	}
	next, err := r.Stream.Fetch(ctx, types, state.Last-s.Behind, 1, 0)
	if len(next) == 1 {
		s.Waits = next[0].At
	}
	return err
}

// behind counts the events of the stream that follow a place.
func behind(p place, state bus.State) uint64 {
	if p.stream != state.ID || p.number+1 < state.First {
		return state.Last + 1 - state.First
	}
	return state.Last - min(p.number, state.Last)
}

// Load is how much waits for subscribers of this member.
type Load struct {
	Behind uint64 // events of the stream that the subscription furthest behind has not come to
	Dead   int    // dead letters
}

// Load looks at all subscriptions.
func (r *Room) Load(ctx context.Context) (load Load, err error) {
	all, err := r.subscriptions(ctx)
	if err != nil {
		return load, err
	}
	state, err := r.Stream.State(ctx)
	if err != nil {
		return load, err
	}
	for _, s := range all {
		load.Behind, load.Dead = max(load.Behind, behind(s.place, state)), load.Dead+s.Dead
	}
	return load, nil
}
