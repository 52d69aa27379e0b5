package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dobosh/internal/kit/lang"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

// delivery is the job that carries a notice to a person on a channel.
type delivery struct {
	Notice  string  `json:"notice"`
	Channel Channel `json:"channel"`
	Lane    Lane    `json:"lane"`
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

// deliver carries what is due over one connection and writes down what became of
// it. Its error says that no server is there.
func (c *Courier) deliver(ctx context.Context, tries []*work.Try[delivery]) error {
	parcels, err := c.parcels(ctx, tries)
	if err != nil {
		return err
	}
	outcomes, carried := c.carry(ctx, parcels)
	// The outcome is known and must be written even when the process ends.
	if err := c.settle(context.WithoutCancel(ctx), tries, outcomes); err != nil {
		return err
	}
	if carried != nil {
		return work.Rest(carried, c.cfg.Pause)
	}
	return nil
}

// parcels reads what the deliveries carry, and where to, in their order.
func (c *Courier) parcels(ctx context.Context, tries []*work.Try[delivery]) ([]parcel, error) {
	places, args := make([]string, len(tries)), []any{string(Email)}
	for i, t := range tries {
		args = append(args, t.Job.Notice)
		places[i] = "$" + strconv.Itoa(len(args))
	}
	rows, err := c.db.Read(ctx).QueryContext(ctx, `
		select n.id, n.subject, n.body, n.link, coalesce(a.address, ''), coalesce(a.lang, '')
		from notify_notices n left join notify_addresses a on a.person = n.person and a.channel = $1
		where n.id in (`+strings.Join(places, ", ")+`)`, args...)
	found := map[string]parcel{}
	_, err = storage.All(rows, err, func(scan storage.Scan) (p parcel, err error) {
		var subject, body string
		if err := scan(&p.notice, &subject, &body, &p.link, &p.to, &p.lang); err != nil {
			return p, err
		}
		if err := errors.Join(json.Unmarshal([]byte(subject), &p.subject), json.Unmarshal([]byte(body), &p.body)); err != nil {
			return p, fmt.Errorf("notice %s: %w", p.notice, err)
		}
		found[p.notice] = p
		return p, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	parcels := make([]parcel, len(tries))
	for i, t := range tries {
		parcels[i] = found[t.Job.Notice]
		parcels[i].attempts = t.Tries
	}
	return parcels, nil
}

// settle writes the outcomes, each in the place of its delivery. One that somebody
// else has taken over changes nothing.
func (c *Courier) settle(ctx context.Context, tries []*work.Try[delivery], outcomes []outcome) error {
	err := c.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		now := c.now()
		for i, t := range tries {
			var err error
			o, due, sent := outcomes[i], now, int64(0)
			switch o.state {
			case "": // not tried
				continue
			case Queued:
				due = now.Add(t.Pause())
				err = t.Again(ctx, tx, t.Pause(), errors.New(o.reason))
			case Sent:
				sent = storage.Micros(now)
				err = t.Done(ctx, tx)
			default:
				err = t.Done(ctx, tx)
			}
			if errors.Is(err, work.ErrGone) {
				continue
			}
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, `
				update notify_deliveries set state = $1, reason = $2, attempts = $3, due_at = $4, sent_at = $5
				where notice = $6 and channel = $7`,
				string(o.state), o.reason, t.Tries, storage.Micros(due), sent, t.Job.Notice, string(t.Job.Channel))
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
