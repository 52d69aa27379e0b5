package turnstile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
)

const (
	// name is held alone by a node that has nobody beside it, and shared by nodes
	// that remember together. Who wants in signals it.
	name = "exchange.turnstile"
	// joinLook is how often who wants in tries, and joinPatience for how long: the other
	// has said what it knows before, or hangs and has lost its connection to the database.
	joinLook     = 50 * time.Millisecond
	joinPatience = 2 * time.Minute
	// againLook is how long to wait before a database that did not answer is asked again.
	againLook = time.Second
	// round is how often nodes that remember together look whether there is still more
	// than one.
	round = time.Minute
)

// Join finds out whether other nodes are on the database, and waits until one that
// was alone has said there what it knows. It comes before the first request is
// taken. The error is that of the database, or says that another node does not let
// this one in.
func (t *Turnstile) Join(ctx context.Context) error {
	if t.db == nil {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, joinPatience)
	defer cancel()
	hold, how, err := t.enter(waiting)
	if err != nil {
		return fmt.Errorf("remember requests together with other nodes: %w", err)
	}
	t.hold = hold
	if how == storage.Shared {
		t.mu.Lock()
		t.together = true
		t.mu.Unlock()
		return nil
	}
	return errors.Join(t.learnCounts(ctx), t.learnAsked(ctx)) // what was said by nodes that were here before
}

// enter holds the name, alone if nobody else is there.
func (t *Turnstile) enter(ctx context.Context) (*storage.Hold, storage.Holding, error) {
	for {
		for _, how := range []storage.Holding{storage.Alone, storage.Shared} {
			hold, err := t.db.Hold(ctx, name, how)
			if !errors.Is(err, storage.ErrHeld) {
				return hold, how, err
			}
		}
		if err := t.ask(ctx); err != nil {
			return nil, storage.Shared, err
		}
		if clock.Pause(ctx, joinLook) != nil {
			return nil, storage.Shared, storage.ErrHeld
		}
	}
}

// ask tells a node that is alone that it is not.
func (t *Turnstile) ask(ctx context.Context) error {
	return t.db.Write(ctx, func(_ context.Context, tx *storage.Tx) error {
		tx.Signal(name)
		return nil
	})
}

// Run keeps what Join began until ctx ends: it lets others in, writes what comes, and
// takes up again what the database missed. Then each request is taken without the
// database.
func (t *Turnstile) Run(ctx context.Context) {
	if t.hold == nil {
		return
	}
	wake, stop := t.db.Listen(name)
	defer stop()
	var serving sync.WaitGroup
	serving.Go(func() { t.serve(ctx) })
	defer func() {
		serving.Wait()
		t.mu.Lock()
		t.together = false
		t.mu.Unlock()
		close(t.ended)
		t.hold.Release()
	}()
	rounds := time.NewTicker(round)
	defer rounds.Stop()
	how := storage.Alone
	t.mu.Lock()
	if t.together {
		how = storage.Shared
	}
	t.mu.Unlock()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-wake:
			if how == storage.Shared {
				continue
			}
		case <-t.hold.Lost():
		case <-t.failing:
		case <-rounds.C:
			if how == storage.Shared {
				if how, err = t.look(ctx); err != nil && ctx.Err() == nil {
					t.log.WarnContext(ctx, "what other nodes count is not known", slog.Any("error", err))
				}
			}
			continue
		}
		how = storage.Shared
		for err = t.share(ctx); err != nil && ctx.Err() == nil; err = t.share(ctx) {
			t.log.WarnContext(ctx, "requests are counted for this node alone, until the database answers", slog.Any("error", err))
			_ = clock.Pause(ctx, againLook) // the loop sees the end of ctx
		}
	}
}

// share says in the database what this node alone knows, remembers together with
// others from then on, and lets them in.
func (t *Turnstile) share(ctx context.Context) error {
	t.mu.Lock()
	most := t.unsaid()
	t.mu.Unlock()
	if err := errors.Join(t.say(ctx, most), t.sayRest(ctx)); err != nil {
		return err
	}
	t.hold.Release()
	hold, err := t.db.Hold(ctx, name, storage.Shared)
	if errors.Is(err, storage.ErrHeld) { // somebody else was quicker, and is asked in turn
		err = errors.Join(err, t.ask(ctx))
	}
	if err != nil {
		return err
	}
	t.hold = hold
	return nil
}

// sayRest says what came while most was said. What comes from then on waits for it, and
// goes to the database.
func (t *Turnstile) sayRest(ctx context.Context) error {
	t.saying.Lock()
	defer t.saying.Unlock()
	t.mu.Lock()
	t.together = true
	rest := t.unsaid()
	t.mu.Unlock()
	err := t.say(ctx, rest)
	if err != nil {
		t.separate()
	}
	return err
}

// look learns what others counted, and goes on alone where nobody else is there any
// more.
func (t *Turnstile) look(ctx context.Context) (storage.Holding, error) {
	hold, err := t.db.Hold(ctx, name, storage.Alone)
	switch {
	case errors.Is(err, storage.ErrHeld):
		return storage.Shared, t.learnCounts(ctx)
	case err != nil:
		return storage.Shared, err
	}
	if err := errors.Join(t.learnCounts(ctx), t.learnAsked(ctx)); err != nil {
		hold.Release()
		return storage.Shared, err
	}
	t.mu.Lock()
	t.together = false
	t.mu.Unlock()
	t.hold.Release()
	t.hold = hold
	return storage.Alone, nil
}
