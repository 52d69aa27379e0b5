package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

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

// Parcel is a notice with all that is needed to send it on a channel.
type Parcel struct {
	Notice  string
	Person  string // pseudonym
	To      string // as the channel has it; empty when the address book does not know the person
	Lang    lang.Tag
	Subject string // in the language of the person, and as much as they chose
	Text    string
	Link    string
	Short   string // all that a phone shows; empty to have it made of the others
	Bulk    bool
	Serves  bool // it tells of a document with whose delivery a term begins
}

// Outcome is what became of a parcel. One that was not even tried has no state
// and goes back as it was; one that is Queued is tried again, unless it was tried too often.
type Outcome struct {
	State  State
	Reason string
	After  time.Duration // that whoever takes it asks to be left alone, while queued
}

// Carrier takes parcels to where they leave the house, and tells what became of each, in
// their order. Its error says that nobody is there who takes them: then the rest was not
// tried. It gives parcels back that it has no time for before ctx ends, so that the urgent
// ones of other batches have their turn.
type Carrier interface {
	Carry(ctx context.Context, parcels []Parcel) ([]Outcome, error)
}

// carriage is a channel with what waits for it.
type carriage struct {
	Carrier
	channel Channel
	queue   *work.Queue[delivery]
}

// deliver carries what is due and writes down what became of it. Its error says that the
// channel is away.
func (c *Courier) deliver(ctx context.Context, on *carriage, tries []*work.Try[delivery]) error {
	parcels, err := c.parcels(ctx, on.channel, tries)
	if err != nil {
		return err
	}
	outcomes, carried := on.Carry(ctx, parcels)
	for i := range outcomes {
		if outcomes[i].State == Queued && tries[i].Tries >= c.cfg.Attempts {
			outcomes[i].State = Failed
		}
		if outcomes[i].State == Failed {
			c.log.WarnContext(ctx, "a notice was not delivered", slog.String("notice", parcels[i].Notice), slog.String("channel", string(on.channel)), slog.String("reason", outcomes[i].Reason))
		}
	}
	// The outcome is known and must be written even when the process ends.
	if err := c.settle(context.WithoutCancel(ctx), on, tries, outcomes); err != nil {
		return err
	}
	if carried != nil {
		return work.Rest(carried, c.cfg.Pause)
	}
	return nil
}

// parcels reads what the deliveries carry, and where to, in their order.
func (c *Courier) parcels(ctx context.Context, channel Channel, tries []*work.Try[delivery]) ([]Parcel, error) {
	notices := make([]string, len(tries))
	for i, t := range tries {
		notices[i] = t.Job.Notice
	}
	among := storage.Among("n.id", notices...)
	rows, err := c.db.Read(ctx).QueryContext(ctx, `
		select n.id, n.person, n.lane, n.subject, n.body, n.link, n.serves <> '', coalesce(a.address, ''), coalesce(a.lang, ''), coalesce(p.content, '')
		from notify_notices n left join notify_addresses a on a.person = n.person and a.channel = $`+strconv.Itoa(len(among.Args)+1)+`
		left join notify_preferences p on p.person = n.person where `+among.Where, append(among.Args, string(channel))...)
	found := map[string]Parcel{}
	_, err = storage.All(rows, err, func(scan storage.Scan) (p Parcel, err error) {
		var subject, body string
		var lane Lane
		var content Content
		if err := scan(&p.Notice, &p.Person, &lane, &subject, &body, &p.Link, &p.Serves, &p.To, &p.Lang, &content); err != nil {
			return p, err
		}
		var s, b lang.Text
		if err := errors.Join(json.Unmarshal([]byte(subject), &s), json.Unmarshal([]byte(body), &b)); err != nil {
			return p, fmt.Errorf("notice %s: %w", p.Notice, err)
		}
		p.Subject, p.Text, p.Bulk = s.In(p.Lang), b.In(p.Lang), lane == Bulk
		if content == Nothing && !p.Bulk {
			c.silence(&p)
		}
		found[p.Notice] = p
		return p, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	parcels := make([]Parcel, len(tries))
	for i, t := range tries {
		parcels[i] = found[t.Job.Notice]
	}
	return parcels, nil
}

// settle writes the outcomes, each in the place of its delivery: those that were sent together,
// the others one by one. One that somebody else has taken over changes nothing.
func (c *Courier) settle(ctx context.Context, on *carriage, tries []*work.Try[delivery], outcomes []Outcome) error {
	err := c.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		var sent []*work.Try[delivery]
		for i, t := range tries {
			switch o := outcomes[i]; o.State {
			case "": // not tried
			case Sent:
				sent = append(sent, t)
			default:
				if err := c.notSent(ctx, tx, t, o); err != nil && !errors.Is(err, work.ErrGone) {
					return err
				}
			}
		}
		return c.sent(ctx, tx, on, sent)
	})
	if err != nil {
		return fmt.Errorf("settle deliveries: %w", err)
	}
	return nil
}

// sent writes down what has left the house.
func (c *Courier) sent(ctx context.Context, tx *storage.Tx, on *carriage, tries []*work.Try[delivery]) error {
	ours, err := on.queue.DoneAll(ctx, tx, tries)
	if err != nil {
		return err
	}
	now := storage.Micros(c.now())
	alike := map[int][]string{} // by how often they were tried
	for _, t := range tries {
		if ours[t.Ref] {
			alike[t.Tries] = append(alike[t.Tries], t.Job.Notice)
		}
	}
	for tried, notices := range alike {
		for some := range slices.Chunk(notices, 100) {
			among := storage.Among("notice", some...)
			n := len(among.Args)
			_, err := tx.ExecContext(ctx, fmt.Sprintf(`update notify_deliveries set state = 'sent', reason = '', attempts = $%d, due_at = $%d, sent_at = $%d where channel = $%d and `, n+1, n+2, n+2, n+3)+among.Where,
				append(among.Args, tried, now, string(on.channel))...)
			if err != nil {
				return err
			}
			if err := c.went(ctx, tx, on.channel, some); err != nil {
				return err
			}
		}
	}
	return nil
}

// notSent writes down what is tried again, or what failed and goes another way.
func (c *Courier) notSent(ctx context.Context, tx *storage.Tx, t *work.Try[delivery], o Outcome) (err error) {
	due := c.now()
	if o.State == Queued {
		pause := max(t.Pause(), o.After)
		due = due.Add(pause)
		err = t.Again(ctx, tx, pause, errors.New(o.Reason))
	} else {
		err = t.Done(ctx, tx)
	}
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `update notify_deliveries set state = $1, reason = $2, attempts = $3, due_at = $4, sent_at = 0 where notice = $5 and channel = $6`,
		string(o.State), o.Reason, t.Tries, storage.Micros(due), t.Job.Notice, string(t.Job.Channel))
	if err != nil || o.State == Queued {
		return err
	}
	return c.goOn(ctx, tx, t.Job.Notice, o.Reason)
}

// Turn is how long a carrier may be at work on parcels that are not urgent, so that an urgent
// one never waits for longer.
const Turn = 3 * time.Second
