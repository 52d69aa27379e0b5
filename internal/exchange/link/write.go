package link

import (
	"fmt"
	"runtime"
	"time"
)

// writeTimeout is how long one write may take. The other side reads whatever comes,
// so that only a dead one takes longer.
const writeTimeout = 30 * time.Second

// write is the goroutine that sends what waits. It ends when the connection
// does, or when the last stream of one that is being left has ended.
func (c *Conn) write() error {
	var spare []byte
	var until time.Time
	for {
		select {
		case <-c.wake:
		case <-c.ctx.Done():
			return ErrClosed
		}
		runtime.Gosched() // lets those who were woken together come along
		frames, over := c.takeOut(spare)
		if len(frames) > 0 {
			if now := time.Now(); until.Sub(now) < writeTimeout { // set for several writes at once: each has its timeout at least
				until = now.Add(writeTimeout + writeTimeout/2)
				if err := c.net.SetWriteDeadline(until); err != nil {
					return fmt.Errorf("link: %w", err)
				}
			}
			if _, err := c.net.Write(frames); err != nil {
				return fmt.Errorf("link: %w", err)
			}
		}
		if over {
			return ErrClosed
		}
		if spare = frames[:0]; cap(spare) > 2*maxWaiting {
			spare = nil
		}
	}
}

// takeOut takes what waits, leaves spare in its place, and reports whether
// nothing will follow.
func (c *Conn) takeOut(spare []byte) (frames []byte, over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pinged {
		c.out = appendFrame(c.out, framePong, 0, 0, c.ping[:])
		c.pinged = false
	}
	frames, c.out = c.out, spare
	if c.full {
		close(c.room)
		c.room, c.full = make(chan struct{}), false
	}
	return frames, c.leaving && len(c.streams) == 0
}

// data hands the bytes of a stream to the writer, and waits while too much
// waits there already.
func (c *Conn) data(s *Stream, flags byte, payload []byte) error {
	for {
		room, err := c.tryData(s, flags, payload)
		if room == nil || err != nil {
			return err
		}
		select {
		case <-room:
		case <-c.ctx.Done():
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}
}

// tryData hands bytes over, or gives what to wait for.
func (c *Conn) tryData(s *Stream, flags byte, payload []byte) (room <-chan struct{}, err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return nil, ErrClosed
	}
	if len(c.out) > maxWaiting {
		c.full, room = true, c.room
		c.mu.Unlock()
		return room, nil
	}
	if s.id == 0 {
		if err := c.number(s); err != nil {
			c.mu.Unlock()
			return nil, err
		}
		flags |= flagOpen
	}
	c.out = appendFrame(c.out, frameData, flags, s.id, payload)
	c.nudge()
	c.mu.Unlock()
	if flags&flagEnd != 0 {
		s.sentEnd()
	}
	return nil, nil
}

// sentEnd lets go of a stream whose other side has ended before.
func (s *Stream) sentEnd() {
	s.mu.Lock()
	done := s.inEnded
	s.mu.Unlock()
	if done {
		s.conn.forget(s)
	}
}

// control hands over a frame that never waits: there are few of them for each
// frame that came or each stream. Of a stream that was never sent there is
// nothing to say.
func (c *Conn) control(kind byte, s *Stream, word uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.id != 0 {
		c.say(kind, s.id, word)
	}
}

// say adds a frame for which nobody waits. The caller holds mu.
func (c *Conn) say(kind byte, stream, word uint32) {
	if c.err != nil {
		return
	}
	c.out = appendWord(c.out, kind, stream, word)
	c.flooded = c.flooded || len(c.out) > maxControl
	c.nudge()
}
