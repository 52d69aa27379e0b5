package storage

import (
	"context"
	"hash/fnv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// holdClass keeps the advisory locks of names apart from the others: any number.
	holdClass = 0x646f62
	// releaseTimeout bounds a release while the server does not answer.
	releaseTimeout = 5 * time.Second
)

// asking is what somebody wants of the connection that hears others.
type asking struct {
	do   func(ctx context.Context, conn *pgx.Conn) error
	done chan error // has room for one
}

// ask runs do on the connection that hears others, which lives as long as the
// process and the server do.
func (c *crossing) ask(ctx context.Context, do func(ctx context.Context, conn *pgx.Conn) error) error {
	a := &asking{do: do, done: make(chan error, 1)}
	c.mu.Lock()
	c.asked = append(c.asked, a)
	c.interrupt()
	c.mu.Unlock()
	select {
	case err := <-a.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-c.ended:
		return ErrClosed
	}
}

// attend bounds a wait for news: who asks interrupts it, and it is time for a beat
// in the end.
func (c *crossing) attend(ctx context.Context) (waiting context.Context, interrupt context.CancelFunc) {
	waiting, interrupt = context.WithTimeout(ctx, beatEvery)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.interrupt = interrupt
	if len(c.asked) > 0 {
		interrupt()
	}
	return waiting, interrupt
}

// answer does what was asked; an error of the connection ends it.
func (c *crossing) answer(ctx context.Context, conn *pgx.Conn) error {
	c.mu.Lock()
	asked := c.asked
	c.asked = nil
	c.mu.Unlock()
	for i, a := range asked {
		err := a.do(ctx, conn)
		a.done <- err
		if conn.IsClosed() {
			for _, left := range asked[i+1:] {
				left.done <- err
			}
			return err
		}
	}
	return nil
}

// hold takes an advisory lock of the session, which ends with the connection.
func (p *postgresServer) hold(ctx context.Context, name string, how Holding) (*Hold, error) {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(name)) // never fails
	key := int32(sum.Sum32())
	take, give := "select pg_try_advisory_lock($1, $2)", "select pg_advisory_unlock($1, $2)"
	if how == Shared {
		take, give = "select pg_try_advisory_lock_shared($1, $2)", "select pg_advisory_unlock_shared($1, $2)"
	}
	h := &Hold{lost: make(chan struct{})}
	once := sync.OnceFunc(func() { close(h.lost) })
	c := p.crossing
	h.release = func() {
		ctx, cancel := context.WithTimeout(context.Background(), releaseTimeout)
		defer cancel()
		_ = c.ask(ctx, func(ctx context.Context, conn *pgx.Conn) error { // without a connection nothing is held
			if !c.forget(h) {
				return nil
			}
			_, err := conn.Exec(ctx, give, int32(holdClass), key)
			return err
		})
		once()
	}
	var held bool
	err := c.ask(ctx, func(_ context.Context, conn *pgx.Conn) error {
		if ctx.Err() != nil { // nobody waits for it any more
			return ctx.Err()
		}
		if err := conn.QueryRow(ctx, take, int32(holdClass), key).Scan(&held); err != nil || !held {
			return err
		}
		c.keep(h, once)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case !held:
		return nil, ErrHeld
	}
	return h, nil
}

func (c *crossing) keep(h *Hold, lost func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held[h] = lost
}

func (c *crossing) forget(h *Hold) (was bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, was = c.held[h]
	delete(c.held, h)
	return was
}

// lose says that the connection broke: what was held by it is free for others.
func (c *crossing) lose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for h, lost := range c.held {
		lost()
		delete(c.held, h)
	}
}
