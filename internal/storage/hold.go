package storage

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"dobosh/internal/kit/clock"
)

// Holding says who may hold a name beside this process.
type Holding bool

// The two ways to hold a name.
const (
	Alone  Holding = false // nobody
	Shared Holding = true  // others who share it
)

// ErrHeld says that another process on the database holds the name.
var ErrHeld = errors.New("storage: another process on this database holds the name")

// leadLook is how often a process that waits looks whether it is its turn.
const leadLook = time.Second

// Hold is a name in the database that this process holds.
type Hold struct {
	lost    chan struct{} // closed when it is held no longer
	release func()
}

// Lost is closed when the name is held no longer: it was released, or the
// connection by which the database knows of it broke.
func (h *Hold) Lost() <-chan struct{} { return h.lost }

// Release gives the name back. It may be called more than once.
func (h *Hold) Release() { h.release() }

// Hold holds a name of the database until it is released, or the process ends,
// however that ends: the database knows by the connection, not by a clock. While
// others hold the name so that this is not possible the error is ErrHeld. A file
// of SQLite belongs to one process, so there the name is always free.
func (db *DB) Hold(ctx context.Context, name string, how Holding) (*Hold, error) {
	return db.engine.hold(ctx, name, how)
}

// Lead runs do in one process of those on the database, when it is the turn of
// this one, until ctx ends. Should the name be lost in the middle, the context
// of do ends, and do runs again at the next turn.
func (db *DB) Lead(ctx context.Context, name string, log *slog.Logger, do func(ctx context.Context)) {
	for ctx.Err() == nil {
		turn, err := db.Hold(ctx, name, Alone)
		if err == nil {
			turn.while(ctx, do)
			continue
		}
		if !errors.Is(err, ErrHeld) && ctx.Err() == nil {
			log.WarnContext(ctx, "whose turn it is cannot be seen", slog.String("name", name), slog.Any("error", err))
		}
		_ = clock.Pause(ctx, leadLook) // the loop sees the end of ctx
	}
}

// while runs do for as long as the name is held.
func (h *Hold) while(ctx context.Context, do func(ctx context.Context)) {
	defer h.Release()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-h.lost:
			cancel()
		case <-ended:
		}
	}()
	do(ctx)
}
