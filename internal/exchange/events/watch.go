package events

import (
	"context"
	"fmt"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	listing "dobosh/internal/kit/page"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

const (
	shownFollowed = 500
	shownHoles    = 20
)

// Overview is what an operator and an auditor see of events.
type Overview struct {
	Subscriptions []Subscription
	Followed      []Followed
	Holes         []Hole // the newest
}

// Followed is how far this node has come with the stream of another one.
type Followed struct {
	Contract string
	Provider registry.ID // zero when the contract is over
	Node     string      // of the provider
	Number   uint64      // of the last event read in the provider's stream
	Taken    int64       // events taken in
	TakenAt  time.Time   // when the last ones were; zero for never
	Fault    string      // code of what is wrong; empty when nothing is
	FaultAt  time.Time   // since when
}

// RightToWatch is that of seeing subscriptions, dead letters and what is followed.
func RightToWatch() act.Right { return act.Only(identity.Operator, identity.Auditor) }

// RightToOperate is that of starting subscriptions and settling dead letters.
func RightToOperate() act.Right { return act.Only(identity.Operator) }

func (r *Room) mayWatch(by act.Actor) error { return RightToWatch().Check(by, r.matter()) }

// matter is that of the room: the events of this node.
func (r *Room) matter() act.Scope { return act.Scope{Body: r.Gateway.Member.String()} }

// Watch gives an operator or an auditor the overview.
func (r *Room) Watch(ctx context.Context, by act.Actor) (o Overview, err error) {
	if err := r.mayWatch(by); err != nil {
		return o, err
	}
	if o.Subscriptions, err = r.subscriptions(ctx); err != nil {
		return o, err
	}
	if err := r.lags(ctx, o.Subscriptions); err != nil {
		return o, err
	}
	if o.Followed, err = r.allFollowed(ctx); err != nil {
		return o, err
	}
	holes, err := r.holes(ctx, "", shownHoles)
	o.Holes = holes.Items
	return o, err
}

func (r *Room) allFollowed(ctx context.Context) ([]Followed, error) {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `select `+followedColumns+` from exchange_followed order by contract, node limit $1`, shownFollowed)
	found, err := storage.All(rows, err, scanFollowed)
	if err != nil {
		return nil, fmt.Errorf("list what is followed: %w", err)
	}
	state, wanted := r.Gateway.State(), r.sources()
	var list []Followed
	for _, f := range found {
		if !wanted[f.source] {
			continue // the contract or the node is no longer there
		}
		c, _ := state.Contract(f.contract)
		list = append(list, Followed{
			Contract: f.contract, Provider: c.Provider, Node: f.node, Number: f.place.number,
			Taken: f.taken, TakenAt: f.takenAt, Fault: f.fault, FaultAt: f.faultAt,
		})
	}
	return list, nil
}

// WatchOne gives one subscription.
func (r *Room) WatchOne(ctx context.Context, by act.Actor, id string) (Subscription, error) {
	if err := r.mayWatch(by); err != nil {
		return Subscription{}, err
	}
	s, err := r.subscription(ctx, id)
	if err != nil {
		return s, err
	}
	one := []Subscription{s}
	err = r.lags(ctx, one)
	return one[0], err
}

// WatchDead lists the dead letters of a subscription, the oldest first.
func (r *Room) WatchDead(ctx context.Context, by act.Actor, id string, after listing.Key) (listing.Page[Dead], error) {
	if err := r.mayWatch(by); err != nil {
		return listing.Page[Dead]{}, err
	}
	return r.dead(ctx, id, after)
}

// operated finds a subscription for an operator, who alone may change it here.
func (r *Room) operated(ctx context.Context, by act.Actor, id string) (Subscription, error) {
	if err := RightToOperate().Check(by, r.matter()); err != nil {
		return Subscription{}, err
	}
	return r.subscription(ctx, id)
}

// StartFor is [Room.Start] for an operator.
func (r *Room) StartFor(ctx context.Context, by act.Actor, id string) error {
	s, err := r.operated(ctx, by, id)
	if err != nil {
		return err
	}
	return r.start(ctx, s)
}

// RetryDeadFor is [Room.RetryDeadLetter] for an operator.
func (r *Room) RetryDeadFor(ctx context.Context, by act.Actor, id, event string) error {
	s, err := r.operated(ctx, by, id)
	if err != nil {
		return err
	}
	return r.retryDead(ctx, s, event)
}

// DropDeadFor is [Room.DropDeadLetter] for an operator.
func (r *Room) DropDeadFor(ctx context.Context, by act.Actor, id, event string) error {
	s, err := r.operated(ctx, by, id)
	if err != nil {
		return err
	}
	return r.dropDead(ctx, s, event)
}
