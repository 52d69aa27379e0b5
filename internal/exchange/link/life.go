package link

import (
	"context"
	"sync"
	"time"
)

// life is the context of a stream that this side handles: it ends with the stream and with the connection. Most streams are
// handled without anybody waiting for their end, so it is made when somebody does.
type life struct {
	conn context.Context // of the connection

	mu     sync.Mutex // guards what follows
	made   context.Context
	cancel context.CancelFunc // of made
	over   bool
}

func (l *life) context() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.made == nil {
		if l.made, l.cancel = context.WithCancel(l.conn); l.over {
			l.cancel()
		}
	}
	return l.made
}

// end ends the stream for those who wait for it, or will.
func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over = true; l.made != nil {
		l.cancel()
	}
}

// Deadline implements context.Context.
func (l *life) Deadline() (time.Time, bool) { return l.conn.Deadline() }

// Done implements context.Context.
func (l *life) Done() <-chan struct{} { return l.context().Done() }

// Err implements context.Context.
func (l *life) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return context.Canceled
	}
	return l.conn.Err()
}

// Value implements context.Context. It is that of a context of the standard library, which those derived from it look for.
func (l *life) Value(key any) any { return l.context().Value(key) }
