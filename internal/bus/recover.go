package bus

import (
	"context"
	"errors"
	"log/slog"

	"dobosh/internal/storage"

	"github.com/nats-io/nats.go/jetstream"
)

// recover compares the outbox with the stream and lets everything that the stream
// lost wait again. JetStream confirms a message before it is safe on the disk, so
// after a power failure the end of its file may be missing; after its folder was
// lost or replaced, all of it.
func (r *Relay) recover(ctx context.Context) error {
	info, err := r.bus.stream.Info(ctx)
	if err != nil {
		return err
	}
	last := info.State.LastSeq
	known, err := r.knows(ctx, info.State)
	if err != nil {
		return err
	}
	if !known {
		last = 0
	}
	return r.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		result, err := tx.ExecContext(ctx, `update bus_outbox set published_at = null, sequence = null where sequence > $1`, int64(last))
		if err != nil {
			return err
		}
		lost, err := result.RowsAffected()
		if lost > 0 {
			r.bus.log.WarnContext(ctx, "the stream lost events, publishing them again", slog.Int64("events", lost))
		}
		return err
	})
}

// knows says whether the stream is the one that the outbox was published to: the
// newest event that it should hold is there under its number.
func (r *Relay) knows(ctx context.Context, state jetstream.StreamState) (bool, error) {
	var w waiting
	var sequence uint64
	err := r.db.Read(ctx).QueryRowContext(ctx,
		`select id, lost, sequence from bus_outbox where sequence <= $1 order by sequence desc limit 1`, int64(state.LastSeq)).Scan(&w.id, &w.lost, &sequence)
	if errors.Is(err, storage.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	msg, err := r.bus.stream.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return sequence < state.FirstSeq, nil // it was there and grew too old
	}
	if err != nil {
		return false, err
	}
	return msg.Header.Get(jetstream.MsgIDHeader) == w.message(), nil
}
