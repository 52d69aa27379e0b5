package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
	"dobosh/internal/storage"
)

// maxReason bounds the text of an error that is kept, in bytes.
const maxReason = 4000

// Dead is an event that a consumer could not handle.
type Dead struct {
	Consumer string
	Key      string // of the event among those of all sources
	Event    Event
	Reason   string // the last error
	Attempts int
	At       time.Time // when it was put aside
}

// bury puts an event aside for a person to see. For the consumer it is done.
func (w *worker) bury(ctx context.Context, ev Event, attempts int, reason error) error {
	text, err := json.Marshal(ev)
	if err != nil {
		return err
	}
	return w.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if fresh, err := w.markConsumed(ctx, tx, ev); err != nil || !fresh {
			return err
		}
		_, err := tx.ExecContext(ctx,
			`insert into bus_dead (consumer, event_id, event, reason, attempts, at) values ($1, $2, $3, $4, $5, $6)`,
			w.consumer.Name, ev.key(), string(text), shorten(reason.Error()), attempts, storage.Micros(time.Now()))
		return err
	})
}

// shorten makes text that PostgreSQL accepts and a person can read.
func shorten(reason string) string {
	reason = strings.ReplaceAll(reason, "\x00", "")
	return strings.ToValidUTF8(reason[:min(len(reason), maxReason)], "")
}

// Dead lists the events that were put aside, oldest first.
func (r *Relay) Dead(ctx context.Context, after page.Key, limit int) (page.Page[Dead], error) {
	at, consumer, event := int64(-1), "", ""
	if columns := after.Columns(3); columns != nil {
		var err error
		if at, err = strconv.ParseInt(columns[0], 10, 64); err != nil {
			return page.Page[Dead]{}, fmt.Errorf("page key: %w", err)
		}
		consumer, event = columns[1], columns[2]
	}
	limit = min(max(limit, 1), maxFetch)
	rows, err := r.db.Read(ctx).QueryContext(ctx,
		`select consumer, event_id, event, reason, attempts, at from bus_dead
		where (at, consumer, event_id) > ($1, $2, $3) order by at, consumer, event_id limit $4`, at, consumer, event, limit+1)
	dead, err := storage.All(rows, err, scanDead)
	if err != nil {
		return page.Page[Dead]{}, fmt.Errorf("list events put aside: %w", err)
	}
	found := page.Page[Dead]{Items: dead}
	if len(dead) > limit {
		last := dead[limit-1]
		found.Items = dead[:limit]
		found.Next = page.KeyOf(strconv.FormatInt(storage.Micros(last.At), 10), last.Consumer, last.Key)
	}
	return found, nil
}

func scanDead(scan storage.Scan) (d Dead, err error) {
	var text string
	var at int64
	if err := scan(&d.Consumer, &d.Key, &text, &d.Reason, &d.Attempts, &at); err != nil {
		return d, err
	}
	d.At = storage.Instant(at)
	return d, json.Unmarshal([]byte(text), &d.Event)
}

// Revive lets a consumer try an event again that was put aside. It returns
// storage.ErrNotFound when there is none. The event is published anew; the other
// consumers know it and do nothing.
func (r *Relay) Revive(ctx context.Context, consumer, key string) error {
	return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		var text string
		var ev Event
		err := tx.QueryRowContext(ctx, `delete from bus_dead where consumer = $1 and event_id = $2 returning event`, consumer, key).Scan(&text)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `delete from bus_consumed where consumer = $1 and event_id = $2`, consumer, key)
		return errors.Join(err, json.Unmarshal([]byte(text), &ev), put(ctx, tx, id.New(), ev))
	})
}
