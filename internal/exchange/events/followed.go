package events

import (
	"context"
	"time"

	"dobosh/internal/storage"
)

// source is one stream that this node follows: that of a provider's node, for a
// contract. Two contracts may give the same events: each is followed for itself,
// since one of them may stop, and an event that comes twice is one.
type source struct {
	contract string
	node     string // name of the provider's node
}

// followed is how far this node has come with a source.
type followed struct {
	source
	place   place
	again   time.Time // begin again at this instant; zero for no
	taken   int64     // events taken in
	takenAt time.Time // when the last ones were
	fault   string    // code of what is wrong; empty when nothing is
	faultAt time.Time // since when
}

const followedColumns = `contract, node, place, again, taken, taken_at, fault, fault_at`

func scanFollowed(scan storage.Scan) (f followed, err error) {
	var text string
	var again, takenAt, faultAt int64
	if err := scan(&f.contract, &f.node, &text, &again, &f.taken, &takenAt, &f.fault, &faultAt); err != nil {
		return f, err
	}
	f.again, f.takenAt, f.faultAt = instant(again), instant(takenAt), instant(faultAt)
	f.place, err = parsePlace(text)
	return f, err
}

// instant reads an instant of which 0 means none.
func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return storage.Instant(micros)
}

// followed gives how far this node has come with a source, from the beginning for
// one that is new.
func (r *Room) followed(ctx context.Context, s source) (followed, error) {
	err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into exchange_followed (`+followedColumns+`) values ($1, $2, '', 0, 0, 0, '', 0)
			on conflict (contract, node) do nothing`, s.contract, s.node)
		return err
	})
	if err != nil {
		return followed{}, err
	}
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `select `+followedColumns+` from exchange_followed where contract = $1 and node = $2`, s.contract, s.node)
	return storage.One(rows, err, scanFollowed)
}

// followedOf lists the sources of a contract.
func (r *Room) followedOf(ctx context.Context, contract string) ([]followed, error) {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `select `+followedColumns+` from exchange_followed where contract = $1 order by node limit $2`, contract, shownFollowed)
	return storage.All(rows, err, scanFollowed)
}

// reached stores the place of a source after its events were taken in. What was
// wrong is over. also is done in the same transaction; nil for nothing.
func (r *Room) reached(ctx context.Context, s source, at place, taken int, also func(ctx context.Context, tx *storage.Tx) error) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if also != nil {
			if err := also(ctx, tx); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `update exchange_followed set place = $1, again = 0, taken = taken + $2,
			taken_at = case when $2 > 0 then $3 else taken_at end, fault = '', fault_at = 0 where contract = $4 and node = $5`,
			at.String(), taken, storage.Micros(r.Now()), s.contract, s.node)
		return err
	})
}

// ail notes what is wrong with a source, and since when; empty when nothing is
// any more.
func (r *Room) ail(ctx context.Context, s source, code string) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		since := int64(0)
		if code != "" {
			since = storage.Micros(r.Now())
		}
		_, err := tx.ExecContext(ctx, `update exchange_followed set fault = $1, fault_at = $2 where contract = $3 and node = $4 and fault <> $1`,
			code, since, s.contract, s.node)
		return err
	})
}

// followAgain lets a source be read again from an instant. It reports whether
// there is one.
func (r *Room) followAgain(ctx context.Context, s source, from time.Time) (known bool, err error) {
	err = r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		result, err := tx.ExecContext(ctx, `update exchange_followed set again = $1 where contract = $2 and node = $3`, storage.Micros(from), s.contract, s.node)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		known = n == 1
		return err
	})
	return known, err
}
