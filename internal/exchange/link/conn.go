package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

var (
	// ErrClosed means that the connection is over or takes no new streams.
	ErrClosed = errors.New("link: the connection is closed")
	// ErrRefused means that the other side did not handle the stream and never
	// will.
	ErrRefused = errors.New("link: the stream was not handled")
	// ErrReset means that the other side ended the stream in its middle.
	ErrReset = errors.New("link: the stream broke off")
	// ErrSilent means that nothing at all came for long.
	ErrSilent = errors.New("link: the other side is silent")
)

// Bounds of a connection. What one connection keeps for streams whose readers
// do not come is at most maxStreams windows and extraWindows.
const (
	maxStreams   = 512
	window       = 64 << 10  // bytes of a stream that are kept for a reader
	wideWindow   = 1 << 20   // of one whose reader keeps up with a long body
	extraWindows = 16 << 20  // bytes that all wide windows may add
	maxWaiting   = 512 << 10 // bytes that may wait for the writer before senders wait too
	maxControl   = 4 << 20   // bytes that may wait for it in all, with the frames for which nobody waits
	maxHandlers  = 2 * maxStreams
	lastStream   = 1 << 31 // a connection that has had so many is replaced
)

// Config is what both sides of a connection settle beforehand.
type Config struct {
	// Handler serves the streams that the other side opens; nil at the side
	// that dialled. ctx ends with the stream. The stream is closed when the
	// handler returns.
	Handler func(ctx context.Context, s *Stream)
	// Greeting is what this side says first, at most 8 KiB; Heard gets what the
	// other side said. Either may be nil.
	Greeting func() []byte
	Heard    func(greeting []byte)
	// Beat is how often a silent connection is looked at; after three beats
	// without a sign it is over. 0 for 5 seconds.
	Beat time.Duration
	// Idle is after how long without streams the side that dialled hangs up; 0
	// for 90 seconds.
	Idle time.Duration
}

// Conn is a connection with its streams. It is safe for concurrent use.
type Conn struct {
	net    net.Conn
	cfg    Config
	dialed bool
	ctx    context.Context // ends with the connection
	cancel context.CancelFunc
	slots  chan struct{} // one for each stream that may be open here; filled by those that are
	peer   hello
	work   sync.WaitGroup // goroutines of the connection, handlers included
	rest   time.Duration  // the constant; a seam for tests, which set it before there are streams
	signs  atomic.Uint64  // of life from the other side

	mu       sync.Mutex // guards what follows
	err      error      // why the connection is over; nil while it is not
	streams  map[uint32]*Stream
	next     uint32        // number of the stream that is opened next, where this side opens
	last     uint32        // highest number seen, where the other side opens
	handlers int           // that run
	resting  []*resting    // goroutines that wait for a stream to handle, the last that came behind
	leaving  bool          // no new streams
	extra    int           // bytes that wide windows have added
	out      []byte        // frames that wait for the writer
	room     chan struct{} // closed and replaced when the writer has taken out while somebody waited
	full     bool          // somebody waits for room
	flooded  bool          // the other side makes answers necessary that it does not take
	wake     chan struct{} // tells the writer that out is not empty, or that leaving has begun
	ping     [pingSize]byte
	pinged   bool // ping is to be answered
}

// Dial connects to a node. cfg says which key is expected there.
func Dial(ctx context.Context, address string, secure *tls.Config, cfg Config) (*Conn, error) {
	dialer := tls.Dialer{Config: secure, NetDialer: &net.Dialer{KeepAlive: 30 * time.Second}}
	raw, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	if got := raw.(*tls.Conn).ConnectionState().NegotiatedProtocol; got != Protocol {
		_ = raw.Close() // nothing was said
		return nil, fmt.Errorf("%w: it speaks %q", ErrProtocol, got)
	}
	return New(ctx, raw, cfg, true)
}

// New begins the protocol on a connection whose other side is known. ctx bounds
// the greeting alone. It owns raw from now on, also when it fails.
func New(ctx context.Context, raw net.Conn, cfg Config, dialed bool) (*Conn, error) {
	if cfg.Beat == 0 {
		cfg.Beat = 5 * time.Second
	}
	if cfg.Idle == 0 {
		cfg.Idle = 90 * time.Second
	}
	c := &Conn{
		net: raw, cfg: cfg, dialed: dialed, streams: map[uint32]*Stream{}, next: 1, rest: rest, room: make(chan struct{}), wake: make(chan struct{}, 1),
	}
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	in, err := c.greet(ctx)
	if err != nil {
		c.cancel()
		return nil, errors.Join(err, raw.Close())
	}
	c.slots = make(chan struct{}, min(maxStreams, c.peer.streams))
	c.work.Go(func() { c.end(c.read(in)) })
	c.work.Go(func() { c.end(c.write()) })
	c.work.Go(func() { c.end(c.watch()) })
	return c, nil
}

// Open begins a stream. Nothing leaves before the first write. It waits while
// as many are open as may be. The stream breaks off when ctx ends.
func (c *Conn) Open(ctx context.Context) (*Stream, error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.ctx.Done():
		return nil, ErrClosed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.leaving {
		<-c.slots
		return nil, ErrClosed
	}
	return newStream(ctx, c, int(c.peer.window)), nil
}

// number gives a stream its place among those that were opened, at its first
// frame, since the other side wants them in order. The caller holds mu.
func (c *Conn) number(s *Stream) error {
	if c.leaving {
		return ErrClosed
	}
	s.id = c.next
	c.streams[s.id] = s
	if c.next++; c.next >= lastStream {
		c.leaving = true
	}
	return nil
}

func (c *Conn) load() (open int, usable bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.streams), c.err == nil && !c.leaving
}

// Load is how many streams are open.
func (c *Conn) Load() int { open, _ := c.load(); return open }

// Usable reports whether a new stream may begin.
func (c *Conn) Usable() bool { _, usable := c.load(); return usable }

// Leave tells the other side that no new stream is handled, and ends the
// connection when those that are open have ended.
func (c *Conn) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaving || c.err != nil {
		return
	}
	c.leaving = true
	c.say(frameLeave, 0, c.last)
}

// Close ends the connection and all its streams at once.
func (c *Conn) Close() { c.end(ErrClosed) }

// Wait returns when everything that ran for the connection has ended.
func (c *Conn) Wait() { c.work.Wait() }

// Done is closed when the connection is over.
func (c *Conn) Done() <-chan struct{} { return c.ctx.Done() }

// Err is why the connection is over; nil while it is not.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// end breaks the connection and every stream for the first reason given.
func (c *Conn) end(err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	streams := c.streams
	c.streams = map[uint32]*Stream{}
	c.mu.Unlock()
	c.cancel()
	_ = c.net.Close() // the reason is known already
	for _, s := range streams {
		s.fail(fmt.Errorf("%w: %w", ErrClosed, err))
	}
}

// nudge wakes the writer. The caller holds mu.
func (c *Conn) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// forget takes a stream out that both sides have done with.
func (c *Conn) forget(s *Stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.gone {
		return
	}
	s.gone = true
	delete(c.streams, s.id)
	c.extra -= s.wide
	if c.dialed {
		<-c.slots
	}
	if c.leaving {
		c.nudge() // perhaps it was the last
	}
}

// widen lets a stream have a wider window, if the connection can afford it.
func (c *Conn) widen(s *Stream) (more int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.wide > 0 || c.extra+wideWindow > extraWindows || s.gone {
		return 0
	}
	s.wide = wideWindow - window
	c.extra += s.wide
	return s.wide
}
