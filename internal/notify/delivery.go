package notify

import (
	"context"
	"fmt"
	"time"

	"dobosh/internal/kit/page"
	"dobosh/internal/storage"
)

// State is how far a delivery has come.
type State string

// The states. A failed delivery is not tried again. The last three are those of letters, once the
// post has said what became of one.
const (
	Queued         State = "queued"
	Sent           State = "sent"
	Failed         State = "failed"
	Delivered      State = "delivered"
	StateCollected State = "collected"
	Returned       State = "returned"
)

// Reasons why a delivery is not sent yet or failed, besides "smtp-" and the reply
// code of the server.
const (
	NoAddress  = "no-address"  // the address book does not know the person
	BadMessage = "bad-message" // the message could not be made
	NoServer   = "no-server"   // nobody answered, or the connection broke
	Unwanted   = "unwanted"    // the person wants no mailings
	LetterBack = "letter-back" // the post returned it
)

// Delivery is one notice on one channel.
type Delivery struct {
	Notice   string
	Person   string
	Channel  Channel
	Lane     Lane
	State    State
	Attempts int
	Reason   string // of the last failure; empty when there was none
	Created  time.Time
	Due      time.Time // the next attempt, while queued
	Sent     time.Time // zero unless sent
}

var deliveries = storage.NewTable("notify_deliveries d join notify_notices n on n.id = d.notice",
	storage.Col("d.notice", func(d *Delivery) *string { return &d.Notice }),
	storage.Col("n.person", func(d *Delivery) *string { return &d.Person }),
	storage.Col("d.channel", func(d *Delivery) *Channel { return &d.Channel }),
	storage.Col("d.lane", func(d *Delivery) *Lane { return &d.Lane }),
	storage.Col("d.state", func(d *Delivery) *State { return &d.State }),
	storage.Col("d.attempts", func(d *Delivery) *int { return &d.Attempts }),
	storage.Col("d.reason", func(d *Delivery) *string { return &d.Reason }),
	storage.Time("d.created_at", func(d *Delivery) *time.Time { return &d.Created }),
	storage.Time("d.due_at", func(d *Delivery) *time.Time { return &d.Due }),
	storage.Time("d.sent_at", func(d *Delivery) *time.Time { return &d.Sent }),
).Then(func(d *Delivery) error {
	if d.State != Queued {
		d.Due = time.Time{}
	}
	return nil
})

// Tried lists on which channels a notice went, or was to go, in the order in which they were tried.
func (c *Courier) Tried(ctx context.Context, from storage.Reader, notice string) ([]Delivery, error) {
	all, err := deliveries.All(ctx, from, `where d.notice = $1 order by d.created_at, d.channel`, notice)
	if err != nil {
		return nil, fmt.Errorf("deliveries of a notice: %w", err)
	}
	return all, nil
}

// Deliveries lists deliveries, the newest first. A limit outside of 1 to 200
// gives a page of the usual size.
func (c *Courier) Deliveries(ctx context.Context, after page.Key, limit int) (page.Page[Delivery], error) {
	newest := deliveries.List(
		storage.Down("d.created_at", func(d Delivery) int64 { return storage.Micros(d.Created) }),
		storage.Down("d.notice", func(d Delivery) string { return d.Notice }),
	)
	all, err := newest.Page(ctx, c.db.Read(ctx), storage.Filter{}, after, limit)
	if err != nil {
		return all, fmt.Errorf("list deliveries: %w", err)
	}
	return all, nil
}
