package notify

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"dobosh/internal/kit/page"
	"dobosh/internal/storage"
)

// State is how far a delivery has come.
type State string

// The states. A failed delivery is not tried again.
const (
	Queued State = "queued"
	Sent   State = "sent"
	Failed State = "failed"
)

// Reasons why a delivery is not sent yet or failed, besides "smtp-" and the reply
// code of the server.
const (
	NoAddress  = "no-address"  // the address book does not know the person
	BadMessage = "bad-message" // the message could not be made
	NoServer   = "no-server"   // nobody answered, or the connection broke
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

const longestPage = 200

// Deliveries lists deliveries, the newest first. A limit outside of 1 to 200
// gives a page of the usual size.
func (c *Courier) Deliveries(ctx context.Context, after page.Key, limit int) (page.Page[Delivery], error) {
	if limit < 1 || limit > longestPage {
		limit = page.Size
	}
	created, notice := int64(1<<62), ""
	if columns := after.Columns(2); columns != nil {
		if at, err := strconv.ParseInt(columns[0], 10, 64); err == nil {
			created, notice = at, columns[1]
		}
	}
	rows, err := c.db.Read(ctx).QueryContext(ctx, `
		select d.notice, n.person, d.channel, d.lane, d.state, d.attempts, d.reason, d.created_at, d.due_at, d.sent_at
		from notify_deliveries d join notify_notices n on n.id = d.notice
		where d.created_at < $1 or d.created_at = $1 and d.notice < $2
		order by d.created_at desc, d.notice desc limit $3`, created, notice, limit+1)
	all, err := storage.All(rows, err, scanDelivery)
	if err != nil {
		return page.Page[Delivery]{}, fmt.Errorf("list deliveries: %w", err)
	}
	return page.Of(all, limit, func(d Delivery) page.Key {
		return page.KeyOf(strconv.FormatInt(storage.Micros(d.Created), 10), d.Notice)
	}), nil
}

func scanDelivery(scan storage.Scan) (Delivery, error) {
	var d Delivery
	var created, due, sent int64
	err := scan(&d.Notice, &d.Person, &d.Channel, &d.Lane, &d.State, &d.Attempts, &d.Reason, &created, &due, &sent)
	d.Created = storage.Instant(created)
	if d.State == Queued {
		d.Due = storage.Instant(due)
	}
	if sent != 0 {
		d.Sent = storage.Instant(sent)
	}
	return d, err
}
