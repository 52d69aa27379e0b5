package exchange

import (
	"context"
	"errors"
	"time"
)

// patience is a context that ends when nothing has moved for long. What moves
// is a whole message or a part of a long body, so that a trickle is no
// movement.
type patience struct {
	context.Context
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

func newPatience(parent context.Context, limit time.Duration) *patience {
	ctx, cancel := context.WithCancelCause(parent)
	return &patience{Context: ctx, limit: limit, cancel: cancel, timer: time.AfterFunc(limit, func() { cancel(context.DeadlineExceeded) })}
}

// moved begins the time anew.
func (p *patience) moved() { p.timer.Reset(p.limit) }

// end lets go of the context.
func (p *patience) end() {
	p.timer.Stop()
	p.cancel(context.Canceled)
}

// timedOut reports whether a context ended because time was over.
func timedOut(ctx context.Context) bool {
	return errors.Is(context.Cause(ctx), context.DeadlineExceeded)
}
