package mailbox

import (
	"context"
	"errors"

	"dobosh/internal/storage"
)

// Position is how far a mailbox of others was read.
type Position struct {
	Validity uint32 // UIDVALIDITY, RFC 9051 section 2.3.1.1
	Last     uint32 // the highest UID that was taken
}

// Position finds how far a mailbox was read; zero for one that never was.
func (m *Mailbox) Position(ctx context.Context, mailbox string) (p Position, err error) {
	var validity, last int64
	err = m.db.Read(ctx).QueryRowContext(ctx, `select validity, last from mailbox_collected where mailbox = $1`, mailbox).Scan(&validity, &last)
	if errors.Is(err, storage.ErrNotFound) {
		return Position{}, nil
	}
	return Position{uint32(validity), uint32(last)}, err
}

// Move writes how far a mailbox was read, in the transaction that writes down what was
// taken there: it belongs to [Arrival.Also].
func (m *Mailbox) Move(ctx context.Context, tx *storage.Tx, mailbox string, to Position) error {
	_, err := tx.ExecContext(ctx, `insert into mailbox_collected (mailbox, validity, last) values ($1, $2, $3)
		on conflict (mailbox) do update set validity = excluded.validity, last = excluded.last`, mailbox, int64(to.Validity), int64(to.Last))
	return err
}

// Pass writes how far a mailbox was read where nothing was taken.
func (m *Mailbox) Pass(ctx context.Context, mailbox string, to Position) error {
	return m.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return m.Move(ctx, tx, mailbox, to) })
}
