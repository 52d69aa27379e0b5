package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/storage"
)

// batch is what one connection carries. The claim is its name in the table: only
// who holds it may write the outcome.
type batch struct {
	claim   string
	parcels []parcel
}

// parcel is a delivery with all that is needed to send it.
type parcel struct {
	notice   string
	attempts int // this one included
	subject  lang.Text
	body     lang.Text
	link     string
	to       string // empty when the address book does not know the person
	lang     lang.Tag
}

// outcome is what became of a parcel. One that was not even tried has no state
// and goes back as it was.
type outcome struct {
	state  State
	reason string
}

// claim takes the most urgent deliveries that are due. Should this process die
// they are due again after the lease.
func (c *Courier) claim(ctx context.Context) (batch, error) {
	b := batch{claim: id.New()}
	now := c.now()
	err := c.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		// The conditions stand twice: a second courier on PostgreSQL checks the outer
		// ones again after it waited for the first.
		_, err := tx.ExecContext(ctx, `
			update notify_deliveries set claim = $1, due_at = $2, attempts = attempts + 1
			where state = 'queued' and due_at <= $3 and (notice, channel) in (
				select notice, channel from notify_deliveries where state = 'queued' and due_at <= $3
				order by lane, due_at limit $4)`,
			b.claim, storage.Micros(now.Add(lease)), storage.Micros(now), batchSize)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `
			select d.notice, d.attempts, n.subject, n.body, n.link, coalesce(a.address, ''), coalesce(a.lang, '')
			from notify_deliveries d join notify_notices n on n.id = d.notice
			left join notify_addresses a on a.person = n.person and a.channel = d.channel
			where d.claim = $1 order by d.lane, d.created_at, d.notice`, b.claim)
		b.parcels, err = storage.All(rows, err, scanParcel)
		return err
	})
	if err != nil {
		return batch{}, fmt.Errorf("claim deliveries: %w", err)
	}
	return b, nil
}

func scanParcel(scan storage.Scan) (parcel, error) {
	var p parcel
	var subject, body string
	if err := scan(&p.notice, &p.attempts, &subject, &body, &p.link, &p.to, &p.lang); err != nil {
		return parcel{}, err
	}
	if err := json.Unmarshal([]byte(subject), &p.subject); err != nil {
		return parcel{}, fmt.Errorf("notice %s: %w", p.notice, err)
	}
	if err := json.Unmarshal([]byte(body), &p.body); err != nil {
		return parcel{}, fmt.Errorf("notice %s: %w", p.notice, err)
	}
	return p, nil
}

// settle writes the outcomes, each in the place of its parcel. A batch whose
// lease ran out and that somebody else took changes nothing.
func (c *Courier) settle(ctx context.Context, b batch, outcomes []outcome) error {
	now := c.now()
	err := c.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for i, p := range b.parcels {
			o, attempts, due, sent := outcomes[i], p.attempts, now.Add(c.pause(p.attempts)), int64(0)
			switch o.state {
			case "":
				o.state, attempts, due = Queued, p.attempts-1, now
			case Sent:
				sent = storage.Micros(now)
			}
			_, err := tx.ExecContext(ctx, `
				update notify_deliveries set state = $1, reason = $2, attempts = $3, due_at = $4, sent_at = $5, claim = ''
				where claim = $6 and notice = $7`,
				string(o.state), o.reason, attempts, storage.Micros(due), sent, b.claim, p.notice)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("settle deliveries: %w", err)
	}
	return nil
}

// pause is how long to wait after so many attempts.
func (c *Courier) pause(attempts int) time.Duration {
	pause := c.cfg.Pause
	for range attempts - 1 {
		if pause *= 2; pause >= longPause {
			return longPause
		}
	}
	return pause
}
