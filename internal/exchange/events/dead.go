package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"dobosh/internal/bus"
	listing "dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
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

// bury makes a dead letter, or a present one younger.
func (r *Room) bury(ctx context.Context, tx *storage.Tx, s Subscription, e bus.Event, code string) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into exchange_dead (subscription, event_id, event, reason, attempts, at, due) values ($1, $2, $3, $4, $5, $6, 0)
		on conflict (subscription, event_id) do update set reason = excluded.reason, attempts = exchange_dead.attempts + excluded.attempts, at = excluded.at, due = 0`,
		s.ID, hookIDOf(e), string(text), code, s.Attempts, storage.Micros(r.Now()))
	return err
}

const selectDead = `select subscription, event_id, event, reason, attempts, at, due from exchange_dead `

func scanDead(scan storage.Scan) (d Dead, err error) {
	var text string
	var at, due int64
	if err := scan(&d.Subscription, &d.ID, &text, &d.Reason, &d.Attempts, &at, &due); err != nil {
		return d, err
	}
	d.At, d.Due = storage.Instant(at), due == 1
	return d, json.Unmarshal([]byte(text), &d.Event)
}

// dead lists the dead letters of a subscription, the oldest first.
func (r *Room) dead(ctx context.Context, subscription string, after listing.Key) (listing.Page[Dead], error) {
	at, event := int64(-1), ""
	if c := after.Columns(2); c != nil {
		var err error
		if at, err = strconv.ParseInt(c[0], 10, 64); err != nil {
			return listing.Page[Dead]{}, fmt.Errorf("page key: %w", err)
		}
		event = c[1]
	}
	rows, err := r.DB.Read(ctx).QueryContext(ctx, selectDead+`where subscription = $1 and (at, event_id) > ($2, $3) order by at, event_id limit $4`, subscription, at, event, deadPage+1)
	found, err := storage.All(rows, err, scanDead)
	if err != nil {
		return listing.Page[Dead]{}, fmt.Errorf("list dead letters: %w", err)
	}
	return listing.Of(found, deadPage, func(d Dead) listing.Key {
		return listing.KeyOf(strconv.FormatInt(storage.Micros(d.At), 10), d.ID)
	}), nil
}

// retryDead lets dead letters be tried again, once: one, or all when event is
// empty. A subscription that was stopped stays so.
func (r *Room) retryDead(ctx context.Context, s Subscription, event string) error {
	return r.changeDead(ctx, s, event, `update exchange_dead set due = 1 where subscription = $1 and (event_id = $2 or $2 = '')`)
}

// dropDead forgets dead letters: one, or all when event is empty.
func (r *Room) dropDead(ctx context.Context, s Subscription, event string) error {
	return r.changeDead(ctx, s, event, `delete from exchange_dead where subscription = $1 and (event_id = $2 or $2 = '')`)
}

func (r *Room) changeDead(ctx context.Context, s Subscription, event, statement string) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		result, err := tx.ExecContext(ctx, statement, s.ID, event)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 && event != "" {
			return errors.Join(err, problem.New(problem.NotFound, "dead-letter-unknown"))
		}
		tx.Signal(subscriptionsSignal)
		_, err = tx.ExecContext(ctx, `update exchange_subscriptions set version = version + 1 where id = $1`, s.ID) // its worker looks again
		return err
	})
}

// sendDue sends the dead letters that somebody wants to be tried again, each once.
func (r *Room) sendDue(ctx context.Context, s Subscription) error {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, selectDead+`where subscription = $1 and due = 1 order by at, event_id limit $2`, s.ID, deadPage)
	letters, err := storage.All(rows, err, scanDead)
	if err != nil {
		return err
	}
	for _, d := range letters {
		err := r.call(ctx, s, d.Event)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			r.count(Count{Delivered: 1})
		}
		if err := r.settleDead(ctx, s, d, err); err != nil {
			return err
		}
	}
	if len(letters) == deadPage {
		return errSkipped // there may be more
	}
	return nil
}

// settleDead notes how it ended that a dead letter was tried again.
func (r *Room) settleDead(ctx context.Context, s Subscription, d Dead, failed error) error {
	if failed == nil {
		return r.change(ctx, s, func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `delete from exchange_dead where subscription = $1 and event_id = $2`, s.ID, d.ID)
			return err
		}, `delivered = delivered + 1, delivered_at = $3`, storage.Micros(r.Now()))
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `update exchange_dead set due = 0, reason = $1, attempts = attempts + 1, at = $2 where subscription = $3 and event_id = $4`,
			problem.Of(failed).Code, storage.Micros(r.Now()), s.ID, d.ID)
		return err
	})
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
