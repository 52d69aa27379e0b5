package bus

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"dobosh/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the tables of this room.
func Migrations() fs.FS { return migrations }

// outboxSignal wakes the relay.
const outboxSignal = "bus_outbox"

// Enqueue publishes the event if the transaction commits. It may be called several
// times in a transaction; the events keep that order. The id must be new
// for its source; who has no name for the event takes kit/id.New().
func Enqueue(ctx context.Context, tx *storage.Tx, ev Event) error {
	ev = ev.complete()
	if err := put(ctx, tx, ev.Key(), ev); err != nil {
		return fmt.Errorf("enqueue event: %w", err)
	}
	return nil
}

// put adds an event to the outbox under the id of its message.
func put(ctx context.Context, tx *storage.Tx, id string, ev Event) error {
	text, err := ev.encode()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into bus_outbox (id, position, event) values ($1, $2, $3)`,
		id, tx.Sequence(), string(text))
	if err != nil {
		return err
	}
	tx.Signal(outboxSignal)
	return nil
}
