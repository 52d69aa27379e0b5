package exchange

import (
	"context"
	"errors"
	"sync"
	"time"
)

// idleTimeout is a context that ends when nothing has moved for long. What moves
// is a whole message or a part of a long body, so that a trickle is no
// movement. Most exchanges end without anybody waiting for the end of it, so that what
// wakes those who wait is made when somebody does.
type idleTimeout struct {
	parent context.Context
	limit  time.Duration

	mu     sync.Mutex // guards what follows
	until  time.Time
	made   context.Context // nil while nobody waits
	timer  *time.Timer     // ends made
	cancel context.CancelCauseFunc
	ended  bool
}

func newIdleTimeout(parent context.Context, limit time.Duration) *idleTimeout {
	return &idleTimeout{parent: parent, limit: limit, until: time.Now().Add(limit)}
}

// moved begins the time anew.
func (p *idleTimeout) moved() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until = time.Now().Add(p.limit); p.timer != nil {
		p.timer.Reset(p.limit)
	}
}

// end lets go of the context.
func (p *idleTimeout) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended = true; p.made != nil {
		p.timer.Stop()
		p.cancel(context.Canceled)
	}
}

func (p *idleTimeout) context() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made != nil {
		return p.made
	}
	ctx, cancel := context.WithCancelCause(p.parent)
	p.made, p.cancel = ctx, cancel
	left := time.Until(p.until)
	p.timer = time.AfterFunc(left, func() { cancel(context.DeadlineExceeded) })
	switch {
	case p.ended:
		p.timer.Stop()
		cancel(context.Canceled)
	case left <= 0:
		cancel(context.DeadlineExceeded)
	}
	return ctx
}

// Deadline implements context.Context: it is when the context ends unless something moves.
func (p *idleTimeout) Deadline() (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if earlier, bounded := p.parent.Deadline(); bounded && earlier.Before(p.until) {
		return earlier, true
	}
	return p.until, true
}

// Done implements context.Context.
func (p *idleTimeout) Done() <-chan struct{} { return p.context().Done() }

// Err implements context.Context.
func (p *idleTimeout) Err() error {
	p.mu.Lock()
	made, ended, late := p.made, p.ended, !time.Now().Before(p.until)
	p.mu.Unlock()
	switch {
	case made != nil:
		return made.Err()
	case ended:
		return context.Canceled
	case late:
		return p.context().Err() // it ends at once, with its cause
	}
	return p.parent.Err()
}

// Value implements context.Context. It is that of a context of the standard library, which those derived from it, and
// its cause, look for.
func (p *idleTimeout) Value(key any) any { return p.context().Value(key) }

// commitTimeout is how long the journal may take for what has to be durable before a response leaves, at least; at most twice as long.
const commitTimeout = 10 * time.Second

// deadlines gives contexts that end when time is over and for no other reason. Those who begin within one span share one, since a
// timer for each exchange, which nearly none needs, costs more than the exchange can spare. Its zero value is ready.
type deadlines struct {
	mu     sync.Mutex // guards what follows
	now    context.Context
	begun  time.Time
	cancel [2]context.CancelFunc // of now, and of the one before
}

// next gives a context that ends after span at the earliest, and after twice of it at the latest.
func (d *deadlines) next(span time.Duration) context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.now == nil || time.Since(d.begun) >= span {
		if d.cancel[1] != nil {
			d.cancel[1]() // it has ended already
		}
		d.cancel[1], d.begun = d.cancel[0], time.Now()
		d.now, d.cancel[0] = context.WithTimeout(context.Background(), 2*span)
	}
	return d.now
}

// end lets go of the timers. Nobody waits any more.
func (d *deadlines) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, cancel := range d.cancel {
		if cancel != nil {
			cancel()
		}
	}
	d.now, d.cancel = nil, [2]context.CancelFunc{}
}

// timedOut reports whether a context ended because time was over.
func timedOut(ctx context.Context) bool {
	return errors.Is(context.Cause(ctx), context.DeadlineExceeded)
}
