package events

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
)

// pagesKeep is how long the room remembers which page an event came with: longer
// than any stream keeps it.
const pagesKeep = 15 * 24 * time.Hour

// taken is a page that was taken in.
type taken struct {
	source
	first, last uint64 // numbers in the own stream
	after       place  // where it begins at the provider
	events      int    // that were taken in
}

// remember notes which numbers hold a page.
func (r *Room) remember(ctx context.Context, tx *storage.Tx, stream string, p taken) error {
	if _, err := tx.ExecContext(ctx, `insert into exchange_pages (stream, first, last, contract, node, after, events, at) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (stream, first) do nothing`, stream, int64(p.first), int64(p.last), p.contract, p.node, p.after.String(), p.events, storage.Micros(r.Now())); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `delete from exchange_pages where (stream, first) in (select stream, first from exchange_pages where at < $1 order by at limit $2)`,
		storage.Micros(r.Now().Add(-pagesKeep)), forgetPiece)
	return err
}

// pagesOf finds the pages that hold a number.
func (r *Room) pagesOf(ctx context.Context, stream string, number uint64) ([]taken, error) {
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `select contract, node, first, last, after, events from exchange_pages
		where stream = $1 and first <= $2 and last >= $2 order by first limit $3`, stream, int64(number), takers*maxPage)
	return storage.All(rows, err, func(scan storage.Scan) (p taken, err error) {
		var after string
		if err := scan(&p.contract, &p.node, &p.first, &p.last, &after, &p.events); err != nil {
			return p, err
		}
		p.after, err = parsePlace(after)
		return p, err
	})
}

// rewind looks whether the own stream is the one into which pages were taken. Of one
// that was lost, with the folder or the machine, nobody knows what of it was handled: each
// source is read again from its first page that went there, and who has handled an
// event knows it by its id.
func (r *Room) rewind(ctx context.Context) error {
	state, err := r.Stream.State(ctx)
	if err != nil {
		return err
	}
	rows, err := r.DB.Read(ctx).QueryContext(ctx, `select contract, node, after from exchange_pages where stream <> $1 order by at desc, first desc`, state.ID)
	firsts := map[source]string{} // the last that is read is the first that was taken
	_, err = storage.All(rows, err, func(scan storage.Scan) (s source, err error) {
		var after string
		if err = scan(&s.contract, &s.node, &after); err == nil {
			firsts[s] = after
		}
		return s, err
	})
	if err != nil || len(firsts) == 0 {
		return err
	}
	r.Log.WarnContext(ctx, "the stream is another than before: what others sent is fetched again", slog.Int("sources", len(firsts)))
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for s, after := range firsts {
			if _, err := tx.ExecContext(ctx, `update exchange_followed set place = $1 where contract = $2 and node = $3`, after, s.contract, s.node); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `delete from exchange_pages where stream <> $1`, state.ID)
		return err
	})
}

// Refetch brings back events that the own stream has lost: it fetches the pages that
// they came with from their providers again, and publishes them anew. What is not
// lost of them comes twice, and is known by its id. It returns the numbers that
// nobody has any more, for each a hole that operators see.
func (r *Room) Refetch(ctx context.Context, stream string, missing []uint64) (gone []uint64, err error) {
	done := map[uint64]error{} // by the first number of a page
	for _, number := range missing {
		pages, err := r.pagesOf(ctx, stream, number)
		if err != nil {
			return nil, err
		}
		found := false
		for _, p := range pages {
			err, before := done[p.first]
			if !before {
				err = r.refetch(ctx, number, p)
				done[p.first] = err
			}
			switch {
			case err == nil:
				found = true
			case !errors.Is(err, errGone):
				return nil, err
			}
		}
		if !found {
			gone = append(gone, number)
		}
	}
	return gone, nil
}

// errGone says that the provider has a page no longer.
var errGone = errors.New("the provider has it no longer")

func (r *Room) refetch(ctx context.Context, number uint64, p taken) error {
	c, node, err := r.provider(p.source)
	if problem.HasCode(err, "contract-missing") || problem.HasCode(err, "provider-unknown") {
		return errGone
	}
	if err != nil {
		return err
	}
	page, err := r.fetch(ctx, c, node, followed{source: p.source, place: p.after}, true)
	if problem.HasCode(err, beginAgain) || problem.HasCode(err, gone) {
		return errors.Join(errGone, r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			return miss(ctx, tx, Hole{Kind: readerContract, Reader: p.contract, Node: p.node, Place: p.after.String(), Available: r.Now(), Noticed: r.Now()})
		}))
	}
	if err != nil {
		return err
	}
	var again []bus.Event
	for _, e := range page.events {
		if e.Check() == nil && agreed(c, e) && len(again) < p.events {
			again = append(again, e)
		}
	}
	if len(again) == 0 {
		return errGone
	}
	r.Log.WarnContext(ctx, "events that the stream lost were fetched again", slog.String("contract", p.contract), slog.String("node", p.node), slog.Int("events", len(again)))
	numbers, err := r.Stream.PublishAgain(ctx, number, again)
	if err != nil {
		return err
	}
	state, err := r.Stream.State(ctx)
	if err != nil {
		return err
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		return r.remember(ctx, tx, state.ID, taken{source: p.source, first: numbers.First, last: numbers.Last, after: p.after, events: len(again)})
	})
}
