package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// MendEvery is how often the stream should be read for what it has lost.
	MendEvery = time.Hour
	// mendBatch is how many messages are looked at together, and mendPause the rest
	// between: who has to be quick goes first.
	mendBatch = 500
	mendPause = 10 * time.Millisecond
)

// What became of an event that the stream has lost.
const (
	missingAgain = "again"
	missingGone  = "gone"
)

// Others brings back what did not come from the outbox: it publishes again what it
// can find, and returns the numbers that it could not. An error is one of a source
// that is away.
type Others func(ctx context.Context, stream string, missing []uint64) (gone []uint64, err error)

// Mend reads the stream from its beginning to its end, finds the numbers that are
// missing in the middle (a damaged block of a file loses them without a word), and
// publishes their events again: from the outbox, and from others what came from
// there. What it found and what became of it goes into the log.
func (r *Relay) Mend(ctx context.Context, others Others) error {
	done, err := r.bus.begin()
	if err != nil {
		return err
	}
	defer done()
	state, missing, err := r.bus.missing(ctx)
	if err != nil {
		return fmt.Errorf("look for what the stream lost: %w", err)
	}
	fresh, err := r.unknown(ctx, state, missing)
	if err != nil || len(fresh) == 0 {
		return err
	}
	r.bus.log.ErrorContext(ctx, "the stream has lost events in the middle", slog.Int("events", len(fresh)), slog.Uint64("first", fresh[0]))
	left, err := r.enqueueAgain(ctx, state, fresh)
	if err != nil || len(left) == 0 {
		return err
	}
	gone, err := others(ctx, state, left)
	if err != nil {
		return fmt.Errorf("bring back what the stream lost: %w", err)
	}
	if len(gone) > 0 {
		r.bus.log.ErrorContext(ctx, "events are lost: neither the outbox nor who sent them has them any more", slog.Int("events", len(gone)), slog.Uint64("first", gone[0]))
	}
	return r.settleMissing(ctx, state, left, gone)
}

// missing reads the stream and returns its name and the numbers that are not there.
func (b *Bus) missing(ctx context.Context) (stream string, missing []uint64, err error) {
	info, err := b.stream.Info(ctx)
	if err != nil {
		return "", nil, err
	}
	stream = created(info.Created)
	reader, err := b.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, HeadersOnly: true, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return stream, nil, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), attendWait)
		defer cancel()
		_ = b.stream.DeleteConsumer(ctx, reader.CachedInfo().Name) // left alone it ends by itself
	}()
	seen := uint64(0)
	for seen < info.State.LastSeq {
		numbers, err := nextNumbers(reader)
		if err != nil {
			return stream, nil, err
		}
		if len(numbers) == 0 {
			break
		}
		for _, number := range numbers {
			if seen > 0 { // what is missing before the first grew too old
				for n := seen + 1; n < number; n++ {
					missing = append(missing, n)
				}
			}
			seen = number
		}
		if err := clock.Pause(ctx, mendPause); err != nil {
			return stream, nil, err
		}
	}
	return b.confirmed(ctx, stream, missing)
}

// nextNumbers are those of the next messages.
func nextNumbers(reader jetstream.Consumer) (numbers []uint64, err error) {
	batch, err := reader.FetchNoWait(mendBatch)
	if err != nil {
		return nil, err
	}
	for msg := range batch.Messages() {
		meta, err := msg.Metadata()
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, meta.Sequence.Stream)
	}
	return numbers, batch.Error()
}

// confirmed leaves out what is there after all, or grew too old meanwhile.
func (b *Bus) confirmed(ctx context.Context, stream string, missing []uint64) (string, []uint64, error) {
	var gone []uint64
	for _, n := range missing {
		_, err := b.stream.GetMsg(ctx, n)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			gone = append(gone, n)
		case err != nil:
			return stream, nil, err
		}
	}
	if len(gone) == 0 {
		return stream, nil, nil
	}
	info, err := b.stream.Info(ctx)
	if err != nil {
		return stream, nil, err
	}
	return stream, slices.DeleteFunc(gone, func(n uint64) bool { return n < info.State.FirstSeq }), nil
}

// unknown leaves out what was found before.
func (r *Relay) unknown(ctx context.Context, stream string, missing []uint64) (fresh []uint64, err error) {
	if len(missing) == 0 {
		return nil, nil
	}
	known := map[uint64]bool{}
	rows, err := r.db.Read(ctx).QueryContext(ctx, `select number from bus_missing where stream = $1`, stream)
	if _, err := storage.All(rows, err, func(scan storage.Scan) (n uint64, err error) {
		err = scan(&n)
		known[n] = true
		return n, err
	}); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(missing, func(n uint64) bool { return known[n] }), nil
}

// enqueueAgain lets what the outbox has wait again, and returns what it has not.
func (r *Relay) enqueueAgain(ctx context.Context, stream string, missing []uint64) (left []uint64, err error) {
	for some := range slices.Chunk(missing, relayBatch) {
		var missed []uint64
		err := r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			missed = missed[:0]
			for _, n := range some {
				result, err := tx.ExecContext(ctx, `update bus_outbox set published_at = null, sequence = null, lost = $1 where sequence = $1`, int64(n))
				if err != nil {
					return err
				}
				found, err := result.RowsAffected()
				if err != nil {
					return err
				}
				if found == 0 {
					missed = append(missed, n)
					continue
				}
				if err := r.noteMissing(ctx, tx, stream, n, missingAgain); err != nil {
					return err
				}
			}
			tx.Signal(outboxSignal)
			return nil
		})
		if err != nil {
			return nil, err
		}
		left = append(left, missed...)
	}
	return left, nil
}

func (r *Relay) settleMissing(ctx context.Context, stream string, numbers, gone []uint64) error {
	return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for _, n := range numbers {
			state := missingAgain
			if slices.Contains(gone, n) {
				state = missingGone
			}
			if err := r.noteMissing(ctx, tx, stream, n, state); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *Relay) noteMissing(ctx context.Context, tx *storage.Tx, stream string, number uint64, state string) error {
	_, err := tx.ExecContext(ctx, `insert into bus_missing (stream, number, state, at) values ($1, $2, $3, $4) on conflict (stream, number) do nothing`,
		stream, int64(number), state, storage.Micros(r.now()))
	return err
}

// Gone counts the events that are lost for good, of those that the stream would
// still have.
func (r *Relay) Gone(ctx context.Context) (n int, err error) {
	err = r.db.Read(ctx).QueryRowContext(ctx, `select count(*) from bus_missing where state = 'gone'`).Scan(&n)
	return n, err
}
