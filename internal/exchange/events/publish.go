package events

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
)

const (
	// publishedKeep is how long the room remembers what was published: longer than
	// any stream keeps it.
	publishedKeep = 30 * 24 * time.Hour
	// forgetPiece bounds what one publication forgets of what is older.
	forgetPiece = 100
)

// System is an information system of this member. It speaks for one subsystem.
type System struct {
	Name      string
	Subsystem registry.ID
}

// Published says what became of events: which were new. The others were published
// before, as they are.
type Published struct {
	New   int `json:"new"`
	Known int `json:"known"`
}

// Publish takes events that a system made, all or none. When it returns they are
// durable and on their way into the stream, in their order. Each must be of the
// system's own subsystem and of a type that a contract of this subsystem gives
// away. The same source and id again is the same event; with anything else in it
// the problem is event-id-taken.
func (r *Room) Publish(ctx context.Context, by System, events []bus.Event) (Published, error) {
	types := r.publishes(by.Subsystem)
	for _, e := range events {
		if e.Source != by.Subsystem.String() {
			return Published{}, problem.New(problem.Forbidden, "event-source-foreign", "source", by.Subsystem.String())
		}
		if !slices.Contains(types, e.Type) {
			return Published{}, problem.New(problem.Forbidden, "event-type-unagreed", "source", by.Subsystem.String())
		}
	}
	var done Published
	err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		done = Published{}
		for _, e := range events {
			fresh, err := r.publishOne(ctx, tx, e)
			switch {
			case err != nil:
				return err
			case fresh:
				done.New++
			default:
				done.Known++
			}
		}
		return r.forget(ctx, tx)
	})
	if storage.IsUnique(err) { // of something else that publishes for the subsystem
		return Published{}, problem.New(problem.Conflict, "event-id-taken").Because(err)
	}
	if err != nil && !problem.HasCode(err, "event-id-taken") {
		return Published{}, problem.New(problem.Unavailable, "events-away").Because(err)
	}
	if err != nil {
		return Published{}, err
	}
	r.count(Count{Published: done.New})
	return done, nil
}

// publishes lists the types of events that a subsystem gives to others.
func (r *Room) publishes(subsystem registry.ID) (types []string) {
	for _, c := range r.concerned.contracts(r.Gateway.State(), subsystem) {
		if c.Provider == subsystem {
			types = append(types, c.Events...)
		}
	}
	return types
}

// publishOne puts an event into the outbox, unless it was there before.
func (r *Room) publishOne(ctx context.Context, tx *storage.Tx, e bus.Event) (fresh bool, err error) {
	text, err := json.Marshal(e) // with the time as its maker wrote it
	if err != nil {
		return false, err
	}
	sum := sha256.Sum256(text)
	digest := sum[:]
	result, err := tx.ExecContext(ctx, `insert into exchange_published (source, id, digest, at) values ($1, $2, $3, $4) on conflict (source, id) do nothing`,
		e.Source, e.ID, digest, storage.Micros(r.Now()))
	if err != nil {
		return false, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return false, errors.Join(err, sameAsBefore(ctx, tx, e, digest))
	}
	if e.Time.IsZero() {
		e.Time = r.Now()
	}
	return true, bus.Enqueue(ctx, tx, e)
}

func sameAsBefore(ctx context.Context, tx *storage.Tx, e bus.Event, digest []byte) error {
	var before []byte
	if err := tx.QueryRowContext(ctx, `select digest from exchange_published where source = $1 and id = $2`, e.Source, e.ID).Scan(&before); err != nil {
		return err
	}
	if !slices.Equal(before, digest) {
		return problem.New(problem.Conflict, "event-id-taken")
	}
	return nil
}

// forget lets go of some of what was published long ago.
func (r *Room) forget(ctx context.Context, tx *storage.Tx) error {
	_, err := tx.ExecContext(ctx, `delete from exchange_published where (source, id) in (select source, id from exchange_published where at < $1 order by at limit $2)`,
		storage.Micros(r.Now().Add(-publishedKeep)), forgetPiece)
	return err
}
