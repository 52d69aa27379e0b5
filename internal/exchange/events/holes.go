package events

import (
	"context"
	"fmt"
	"strconv"
	"time"

	listing "dobosh/internal/kit/page"
	"dobosh/internal/storage"
)

// Who reads over a hole.
const (
	readerContract     = "contract"     // this node, following another
	readerSubscription = "subscription" // an information system
)

// Hole are events that were gone before somebody read them.
type Hole struct {
	Kind      string // readerContract or readerSubscription
	Reader    string // id of the contract or subscription
	Node      string // of the provider, for a contract
	Place     string // after which they are missing
	Available time.Time
	Noticed   time.Time
}

// miss records a hole; the same one is one.
func miss(ctx context.Context, tx *storage.Tx, h Hole) error {
	_, err := tx.ExecContext(ctx, `insert into exchange_holes (kind, reader, node, place, available, noticed) values ($1, $2, $3, $4, $5, $6)
		on conflict (kind, reader, node, place) do nothing`, h.Kind, h.Reader, h.Node, h.Place, storage.Micros(h.Available), storage.Micros(h.Noticed))
	return err
}

// missed records what a provider no longer has, and where it goes on.
func (r *Room) missed(ctx context.Context, s source, after, next place, available time.Time) error {
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		err := miss(ctx, tx, Hole{Kind: readerContract, Reader: s.contract, Node: s.node, Place: after.String(), Available: available, Noticed: r.Now()})
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `update exchange_followed set place = $1, again = 0 where contract = $2 and node = $3`, next.String(), s.contract, s.node)
		return err
	})
}

// holes lists holes, the newest first.
func (r *Room) holes(ctx context.Context, after listing.Key, limit int) (listing.Page[Hole], error) {
	noticed, kind, reader, node, at := int64(1)<<62, "", "", "", ""
	if c := after.Columns(5); c != nil {
		var err error
		if noticed, err = strconv.ParseInt(c[0], 10, 64); err != nil {
			return listing.Page[Hole]{}, fmt.Errorf("page key: %w", err)
		}
		kind, reader, node, at = c[1], c[2], c[3], c[4]
	}
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `select kind, reader, node, place, available, noticed from exchange_holes
		where noticed < $1 or noticed = $1 and (kind, reader, node, place) > ($2, $3, $4, $5)
		order by noticed desc, kind, reader, node, place limit $6`, noticed, kind, reader, node, at, limit+1)
	found, err := storage.All(rows, err, func(scan storage.Scan) (h Hole, err error) {
		var available, noticed int64
		err = scan(&h.Kind, &h.Reader, &h.Node, &h.Place, &available, &noticed)
		h.Available, h.Noticed = storage.Instant(available), storage.Instant(noticed)
		return h, err
	})
	if err != nil {
		return listing.Page[Hole]{}, fmt.Errorf("list holes: %w", err)
	}
	return listing.Of(found, limit, func(h Hole) listing.Key {
		return listing.KeyOf(strconv.FormatInt(storage.Micros(h.Noticed), 10), h.Kind, h.Reader, h.Node, h.Place)
	}), nil
}
