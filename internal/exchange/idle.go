package exchange

import (
	"context"
	"errors"
	"time"
)

// idleTimeout is a context that ends when nothing has moved for long. What moves
// is a whole message or a part of a long body, so that a trickle is no
// movement.
type idleTimeout struct {
	context.Context
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

func newIdleTimeout(parent context.Context, limit time.Duration) *idleTimeout {
	ctx, cancel := context.WithCancelCause(parent)
	return &idleTimeout{Context: ctx, limit: limit, cancel: cancel, timer: time.AfterFunc(limit, func() { cancel(context.DeadlineExceeded) })}
}

// moved begins the time anew.
func (p *idleTimeout) moved() { p.timer.Reset(p.limit) }

// end lets go of the context.
func (p *idleTimeout) end() {
	p.timer.Stop()
	p.cancel(context.Canceled)
}

// timedOut reports whether a context ended because time was over.
func timedOut(ctx context.Context) bool {
	return errors.Is(context.Cause(ctx), context.DeadlineExceeded)
}
