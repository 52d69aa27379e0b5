package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// relayBatch bounds the events that are published together.
	relayBatch = 256
	// relayLook is how often the relay looks without being woken, for events that
	// another process enqueued or that could not be published.
	relayLook = 2 * time.Second
	// ackTimeout bounds the wait for the stream to confirm.
	ackTimeout = 10 * time.Second
	// deafAfter is how long the stream of this process may confirm nothing.
	deafAfter = time.Minute
	// CleanEvery is how often old rows should be deleted.
	CleanEvery = 10 * time.Minute
	// outboxKeep is how long published events stay in the outbox: far longer than
	// JetStream can take to sync its file.
	outboxKeep = 24 * time.Hour
)

// Relay carries the events of one database to the stream until the Bus closes.
type Relay struct {
	bus *Bus
	db  *storage.DB
	now clock.Now

	failing atomic.Int64 // since when nothing can be published, in nanoseconds of the machine; 0 while it can
}

// relayName is held by the process of several that publishes.
const relayName = "bus.relay"

// Relay publishes what is enqueued in db; of several processes on the database one
// does. Whoever begins publishes again what the stream has lost.
func (b *Bus) Relay(db *storage.DB, now clock.Now) (*Relay, error) {
	r := &Relay{bus: b, db: db, now: now}
	done, err := b.begin()
	if err != nil {
		return nil, err
	}
	go func() {
		defer done()
		db.Lead(b.closing, relayName, b.log, r.run)
	}()
	return r, nil
}

// Waiting returns how many events are not published yet.
func (r *Relay) Waiting(ctx context.Context) (n int, err error) {
	err = r.db.Read(ctx).QueryRowContext(ctx, `select count(*) from bus_outbox where published_at is null`).Scan(&n)
	return n, err
}

// Failing tells for how long events could not be published; 0 when they can.
func (r *Relay) Failing() time.Duration {
	since := r.failing.Load()
	if since == 0 {
		return 0
	}
	return time.Since(time.Unix(0, since))
}

// run publishes until it is no longer the turn of this process. What then waits is
// published by who comes next; what is under way is finished.
func (r *Relay) run(turn context.Context) {
	wake, stop := r.db.Listen(outboxSignal)
	defer stop()
	look := time.NewTicker(relayLook)
	defer look.Stop()
	compared := false
	for turn.Err() == nil {
		var sent int
		var err error
		if !compared {
			err = r.recover(r.bus.working)
			compared = err == nil
		}
		if compared {
			sent, err = r.pass(r.bus.working)
		}
		switch {
		case err == nil:
			r.failing.Store(0)
		case r.failing.Load() == 0:
			r.failing.Store(time.Now().UnixNano())
		case r.Failing() > deafAfter && r.bus.server != nil:
			r.bus.fail(err) // whatever it is, a process that begins anew may find its way
		}
		if err != nil && r.bus.working.Err() == nil {
			r.bus.log.WarnContext(r.bus.working, "events wait in the outbox", slog.Any("error", err))
		}
		if sent == relayBatch && err == nil {
			continue
		}
		select {
		case <-wake:
		case <-look.C:
		case <-turn.Done():
		}
	}
}

// waiting is a row of the outbox.
type waiting struct {
	id    string
	event string
	lost  uint64 // number under which the stream had it and lost it; 0 for never
}

// message is the id of its message in the stream. One that was lost comes under
// another, so that the stream does not take it for the one that it had.
func (w waiting) message() string { return againID(w.id, w.lost) }

func againID(id string, lost uint64) string {
	if lost == 0 {
		return id
	}
	return id + againMark + strconv.FormatUint(lost, 10)
}

// againMark stands between the id of an event and the number under which it was
// lost.
const againMark = " again "

// pass publishes the next events in order and marks those that the stream confirmed.
func (r *Relay) pass(ctx context.Context) (sent int, err error) {
	rows, err := r.db.Read(ctx).QueryContext(ctx,
		`select id, event, lost from bus_outbox where published_at is null order by position limit $1`, relayBatch)
	batch, err := storage.All(rows, err, func(scan storage.Scan) (w waiting, err error) {
		return w, scan(&w.id, &w.event, &w.lost)
	})
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	sequences, publishErr := r.publish(ctx, batch)
	err = r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		now := storage.Micros(r.now())
		for i, sequence := range sequences {
			_, err := tx.ExecContext(ctx, `update bus_outbox set published_at = $1, sequence = $2 where id = $3`, now, int64(sequence), batch[i].id)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, errors.Join(publishErr, fmt.Errorf("mark as published: %w", err))
	}
	return len(sequences), publishErr
}

// publish returns the numbers of the events in the stream, up to the first that it
// did not confirm. That one and those behind it are sent again with the next pass;
// the stream knows those that had come through.
func (r *Relay) publish(ctx context.Context, batch []waiting) (sequences []uint64, err error) {
	futures := make([]jetstream.PubAckFuture, len(batch))
	for i, w := range batch {
		var ev Event
		if err := json.Unmarshal([]byte(w.event), &ev); err != nil {
			return nil, fmt.Errorf("event %s in the outbox: %w", w.id, err)
		}
		if futures[i], err = r.bus.js.PublishMsgAsync(r.bus.names.message(w.message(), ev.Type, []byte(w.event))); err != nil {
			return nil, r.bus.judge(err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	for _, future := range futures {
		select {
		case ack := <-future.Ok():
			sequences = append(sequences, ack.Sequence)
		case err := <-future.Err():
			return sequences, r.bus.judge(err)
		case <-ctx.Done():
			return sequences, ctx.Err()
		}
	}
	return sequences, nil
}

// Clean deletes what no one will ask for again, in pieces so that no write waits
// long. It is a round over the database: one process of several does it.
func (r *Relay) Clean(ctx context.Context) error {
	now := r.now()
	for _, table := range []struct {
		statement string
		before    time.Time
	}{
		{`delete from bus_outbox where id in (select id from bus_outbox where published_at < $1 order by published_at limit $2)`, now.Add(-outboxKeep)},
		// A mark must outlive the last copy of its event in the stream.
		{`delete from bus_consumed where (consumer, event_id) in (select consumer, event_id from bus_consumed where at < $1 order by at limit $2)`, now.Add(-2 * r.bus.keep)},
		{`delete from bus_missing where (stream, number) in (select stream, number from bus_missing where at < $1 order by at limit $2)`, now.Add(-2 * r.bus.keep)},
	} {
		const piece = 500
		for deleted := int64(piece); deleted == piece; {
			err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
				result, err := tx.ExecContext(ctx, table.statement, storage.Micros(table.before), piece)
				if err != nil {
					return err
				}
				deleted, err = result.RowsAffected()
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
