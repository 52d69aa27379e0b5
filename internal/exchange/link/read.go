package link

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"time"
)

// greet exchanges the first frames.
func (c *Conn) greet(ctx context.Context) (*bufio.Reader, error) {
	deadline := time.Now().Add(10 * time.Second)
	if soonest, bounded := ctx.Deadline(); bounded && soonest.Before(deadline) {
		deadline = soonest
	}
	if err := c.net.SetDeadline(deadline); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	own := hello{streams: maxStreams, window: window}
	if c.cfg.Greeting != nil {
		own.greeting = c.cfg.Greeting()
		own.greeting = own.greeting[:min(len(own.greeting), maxGreeting)]
	}
	sent := make(chan error, 1)
	go func() {
		_, err := c.net.Write(own.frame())
		sent <- err
	}()
	in := bufio.NewReaderSize(c.net, 4*maxPayload)
	heard, err := readHello(in)
	if err != nil {
		_ = c.net.Close() // the write above ends too
		<-sent
		return nil, err
	}
	if err := <-sent; err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	c.peer = heard
	if c.cfg.Heard != nil && len(heard.greeting) > 0 {
		c.cfg.Heard(heard.greeting)
	}
	return in, c.net.SetDeadline(time.Time{})
}

func readHello(in *bufio.Reader) (hello, error) {
	h, err := readHead(in)
	if err != nil {
		return hello{}, err
	}
	if h.kind != frameHello {
		return hello{}, fmt.Errorf("%w: the first frame is no hello", ErrProtocol)
	}
	payload := make([]byte, h.size)
	if _, err := io.ReadFull(in, payload); err != nil {
		return hello{}, fmt.Errorf("link: %w", err)
	}
	return parseHello(payload)
}

func readHead(in *bufio.Reader) (head, error) {
	b, err := in.Peek(headSize)
	if err != nil {
		return head{}, fmt.Errorf("link: %w", err)
	}
	h, err := parseHead(b)
	if err != nil {
		return head{}, err
	}
	_, err = in.Discard(headSize) // it is there
	return h, err
}

// read is the goroutine that takes what comes. It never waits for a reader or
// writer of a stream.
func (c *Conn) read(in *bufio.Reader) error {
	for {
		h, err := readHead(in)
		if err != nil {
			return err
		}
		payload, err := in.Peek(int(h.size)) // a frame fits into the buffer
		if err != nil {
			return fmt.Errorf("link: %w", err)
		}
		if err := c.take(h, payload); err != nil {
			return err
		}
		if _, err := in.Discard(len(payload)); err != nil {
			return fmt.Errorf("link: %w", err)
		}
	}
}

// take does what a frame says.
func (c *Conn) take(h head, payload []byte) error {
	c.signs.Add(1)
	switch h.kind {
	case frameData:
		s, err := c.streamFor(h)
		if s == nil || err != nil {
			return err
		}
		return s.arrive(payload, h.flags&flagEnd != 0)
	case frameCredit:
		if s := c.stream(h.stream); s != nil {
			return s.granted(binary.BigEndian.Uint32(payload))
		}
	case frameReset:
		if s := c.stream(h.stream); s != nil {
			if binary.BigEndian.Uint32(payload) == resetRefused {
				s.fail(ErrRefused)
			} else {
				s.fail(ErrReset)
			}
			s.broke()
			c.forget(s)
		}
	case frameLeave:
		c.left(binary.BigEndian.Uint32(payload))
	case framePing:
		c.pong(payload)
	case frameHello:
		return fmt.Errorf("%w: a second hello", ErrProtocol)
	}
	return nil
}

// stream finds a stream that is open.
func (c *Conn) stream(id uint32) *Stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.streams[id]
}

// streamFor finds the stream of a data frame, or begins it. It gives none for a
// stream that has ended, whose last frames may still be on their way, and for
// one that is refused.
func (c *Conn) streamFor(h head) (*Stream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flooded {
		return nil, fmt.Errorf("%w: it does not take what it is told", ErrProtocol)
	}
	if h.flags&flagOpen == 0 {
		known := c.last
		if c.dialed {
			known = c.next - 1
		}
		if h.stream > known {
			return nil, fmt.Errorf("%w: stream %d was never opened", ErrProtocol, h.stream)
		}
		return c.streams[h.stream], nil
	}
	if c.dialed || h.stream <= c.last {
		return nil, fmt.Errorf("%w: stream %d is opened again, or by the wrong side", ErrProtocol, h.stream)
	}
	c.last = h.stream
	if c.leaving || len(c.streams) >= maxStreams || c.handlers >= maxHandlers {
		c.say(frameReset, h.stream, resetRefused)
		return nil, nil
	}
	return c.begin(h.stream), nil
}

// begin starts the handler of a stream that the other side opens. The caller
// holds mu.
func (c *Conn) begin(id uint32) *Stream {
	l := &life{conn: c.ctx}
	s := newStream(l, c, int(c.peer.window))
	s.id, s.life = id, l
	c.streams[id] = s
	c.handlers++
	if n := len(c.resting); n > 0 { // a goroutine whose stack has grown already
		r := c.resting[n-1]
		c.resting[n-1], c.resting = nil, c.resting[:n-1]
		r.next <- s
	} else {
		c.work.Go(func() { c.serve(s) })
	}
	return s
}

// rest is how long a goroutine waits for another stream to handle.
const rest = 5 * time.Second

// resting is a goroutine that waits for another stream to handle.
type resting struct {
	next chan *Stream // of one, so that nobody waits to hand it over
}

// serve handles a stream, and then others that come while it waits. The one that came to rest last is woken first, so that no
// more of them, with their stacks, stay than there are streams at once.
func (c *Conn) serve(s *Stream) {
	wait := time.NewTimer(c.rest)
	defer wait.Stop()
	own := &resting{make(chan *Stream, 1)}
	for {
		c.handle(s)
		c.mu.Lock()
		c.resting = append(c.resting, own)
		c.mu.Unlock()
		wait.Reset(c.rest)
		select {
		case s = <-own.next:
			continue
		case <-wait.C:
		case <-c.ctx.Done():
		}
		if c.leaves(own) {
			return
		}
		s = <-own.next // it was on its way
	}
}

// leaves takes a goroutine out of those that rest; false when it was woken already.
func (c *Conn) leaves(r *resting) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.resting)
	c.resting = slices.DeleteFunc(c.resting, func(other *resting) bool { return other == r })
	return len(c.resting) < n
}

// handle lets the handler have a stream.
func (c *Conn) handle(s *Stream) {
	defer func() {
		s.Close()
		s.life.end()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.handlers--
	}()
	c.cfg.Handler(s.life, s)
}

// left fails the streams that the other side says it will not handle.
func (c *Conn) left(last uint32) {
	c.mu.Lock()
	c.leaving = true
	var refused []*Stream
	for id, s := range c.streams {
		if c.dialed && id > last {
			refused = append(refused, s)
		}
	}
	c.nudge() // perhaps there is none
	c.mu.Unlock()
	for _, s := range refused {
		s.fail(ErrRefused)
		c.forget(s)
	}
}

// pong answers a ping. Of several that wait the last is answered, so that they
// cannot pile up.
func (c *Conn) pong(payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	copy(c.ping[:], payload)
	c.pinged = true
	c.nudge()
}
