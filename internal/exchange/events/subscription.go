package events

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

// The states of a subscription.
const (
	Active  = "active"
	Stopped = "stopped" // no webhook is sent until somebody starts it again
)

// Subscription is a system's wish for events, and how far it has come.
type Subscription struct {
	ID          string      `json:"id"`
	System      string      `json:"system"`
	Subsystem   registry.ID `json:"subsystem"`
	Filter      Filter      `json:"filter"`
	Webhook     string      `json:"webhook,omitempty"` // where events are sent; empty when they are fetched
	Secret      string      `json:"secret,omitempty"`  // that signs the webhook; told once
	State       string      `json:"state"`
	Place       string      `json:"cursor"`
	Created     time.Time   `json:"created"`
	Delivered   int64       `json:"delivered"`             // events
	DeliveredAt time.Time   `json:"deliveredAt,omitzero"`  // the last of them
	Attempts    int         `json:"attempts,omitempty"`    // that failed, with the next event
	RetryAt     time.Time   `json:"retryAt,omitzero"`      // not before
	Fault       string      `json:"fault,omitempty"`       // code of what is wrong
	FaultAt     time.Time   `json:"faultSince,omitzero"`   // since when
	Dead        int         `json:"deadLetters,omitempty"` // events put aside
	Behind      uint64      `json:"behind"`                // events of the stream that were not looked at
	Waits       time.Time   `json:"waitsSince,omitzero"`   // since when the next event that may be wanted is here

	place   place
	secret  []byte
	version int64
}

const (
	subscriptionColumns = `id, node, subsystem, system, filter, webhook, secret, state, version, place, created, delivered, delivered_at, attempts, retry_at, fault, fault_at`
	// subscriptionsSignal wakes those who deliver.
	subscriptionsSignal = "exchange_subscriptions"
)

func scanSubscription(scan storage.Scan) (s Subscription, err error) {
	var node, subsystem, filter string
	var created, deliveredAt, retryAt, faultAt int64
	if err := scan(&s.ID, &node, &subsystem, &s.System, &filter, &s.Webhook, &s.secret, &s.State, &s.version, &s.Place, &created, &s.Delivered, &deliveredAt,
		&s.Attempts, &retryAt, &s.Fault, &faultAt, &s.Dead); err != nil {
		return s, err
	}
	s.Created, s.DeliveredAt, s.RetryAt, s.FaultAt = instant(created), instant(deliveredAt), instant(retryAt), instant(faultAt)
	var errs [3]error
	s.Subsystem, errs[0] = registry.ParseID(subsystem)
	errs[1] = json.Unmarshal([]byte(filter), &s.Filter)
	s.place, errs[2] = parsePlace(s.Place)
	return s, errors.Join(errs[:]...)
}

// selectSubscriptions begins every question for subscriptions.
func (r *Room) selectSubscriptions() string {
	return `select ` + subscriptionColumns + `, ` + r.letters.CountOf(`exchange_subscriptions.id`) + ` from exchange_subscriptions `
}

// subscriptions lists those of all systems. Every node of the member carries them.
func (r *Room) subscriptions(ctx context.Context) ([]Subscription, error) {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, r.selectSubscriptions()+`order by id limit $1`, maxSubscriptions)
	return storage.All(rows, err, scanSubscription)
}

// subscription finds one.
func (r *Room) subscription(ctx context.Context, id string) (Subscription, error) {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, r.selectSubscriptions()+`where id = $1`, id)
	s, err := storage.One(rows, err, scanSubscription)
	if errors.Is(err, storage.ErrNotFound) {
		return s, problem.New(problem.NotFound, "subscription-unknown")
	}
	return s, err
}

// changeSubscription changes one, if it is still in the version that was read. It
// reports whether it was.
func (r *Room) changeSubscription(ctx context.Context, s Subscription, also func(ctx context.Context, tx *storage.Tx) error, set string, args ...any) (same bool, err error) {
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		result, err := tx.ExecContext(ctx, `update exchange_subscriptions set `+set+` where id = $1 and version = $2`, append([]any{s.ID, s.version}, args...)...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if same = n == 1; err != nil || !same || also == nil {
			return err
		}
		return also(ctx, tx)
	})
	return same, err
}
