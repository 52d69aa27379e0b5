package system

import (
	"errors"
	"net"
	"time"
)

// prompt is how many bytes of a response have to come before the deadline that was
// set for it: a head and a whole document, so that nobody waits longer for those. What follows is a body that flows.
const prompt = maxHead + 64<<10 + 1

// stepped is a connection on which each step has a time of its own. An HTTP client
// sets one deadline for all of a request and one for all of a response, which a body
// of many gigabytes cannot keep. It is used by one goroutine at a time.
type stepped struct {
	net.Conn
	step  time.Duration
	begin time.Time // until when a handshake has to end
	until time.Time // for what has to come promptly; zero for no deadline
	left  int       // bytes of that
	used  bool      // whether a request went over it before
	write time.Time // until when a write may take
}

// errGone says that a connection on which nothing was sent of a request had ended before.
var errGone = errors.New("the connection had ended while nobody used it")

// dialStepped connects, and lets a handshake begin, within the time that the request has, which waits for it; 0 for no bound but
// the system's own.
func dialStepped(step time.Duration) func(address string, within time.Duration) (net.Conn, error) {
	return func(address string, within time.Duration) (net.Conn, error) {
		if within <= 0 || within > connectTimeout {
			within = connectTimeout
		}
		begin := time.Now().Add(within)
		conn, err := net.DialTimeout("tcp", address, within)
		if err != nil {
			return nil, err
		}
		return &stepped{Conn: conn, step: step, begin: begin}, nil
	}
}

// SetDeadline implements net.Conn: a handshake begins, or has ended.
func (c *stepped) SetDeadline(t time.Time) error {
	if t.After(c.begin) {
		t = c.begin
	}
	return c.SetReadDeadline(t)
}

// SetReadDeadline implements net.Conn: a response begins.
func (c *stepped) SetReadDeadline(t time.Time) error {
	c.until, c.left = t, prompt
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn: a request begins, of which nothing was sent or read from its source yet. A
// connection that the system has closed meanwhile is found out here, since a write that is lost on it could not be put
// again: nobody would know whether it was done. What is written is bounded step by step.
func (c *stepped) SetWriteDeadline(time.Time) error {
	if c.used && !alive(c.Conn) {
		return errGone
	}
	c.used = true
	return nil
}

// Read implements net.Conn.
func (c *stepped) Read(p []byte) (int, error) {
	if c.left <= 0 || c.until.IsZero() { // otherwise the deadline that was set counts
		if err := c.Conn.SetReadDeadline(time.Now().Add(c.step)); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Read(p)
	c.left -= n
	return n, err
}

// Write implements net.Conn. A deadline serves several writes, each of which has the time of a step at least.
func (c *stepped) Write(p []byte) (int, error) {
	if now := time.Now(); c.write.Sub(now) < c.step {
		c.write = now.Add(c.step + c.step/2)
		if err := c.Conn.SetWriteDeadline(c.write); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(p)
}
