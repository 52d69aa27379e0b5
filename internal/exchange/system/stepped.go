package system

import (
	"errors"
	"net"
	"time"
)

// prompt is how many bytes of a response have to come before the deadline that was
// set for it; what follows is a body that flows.
const prompt = 64 << 10

// stepped is a connection on which each step has a time of its own. An HTTP client
// sets one deadline for all of a request and one for all of a response, which a body
// of many gigabytes cannot keep. It is used by one goroutine at a time.
type stepped struct {
	net.Conn
	step  time.Duration
	until time.Time // for what has to come promptly; zero for no deadline
	left  int       // bytes of that
	used  bool      // whether a request went over it before
}

// errGone says that a connection on which nothing was sent of a request had ended before.
var errGone = errors.New("the connection had ended while nobody used it")

func dialStepped(step time.Duration) func(address string) (net.Conn, error) {
	return func(address string) (net.Conn, error) {
		conn, err := net.DialTimeout("tcp", address, connectTimeout)
		if err != nil {
			return nil, err
		}
		return &stepped{Conn: conn, step: step}, nil
	}
}

// SetDeadline implements net.Conn.
func (c *stepped) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

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
	deadline := time.Now().Add(c.step)
	if c.left > 0 && !c.until.IsZero() {
		deadline = c.until
	}
	if err := c.Conn.SetReadDeadline(deadline); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	c.left -= n
	return n, err
}

// Write implements net.Conn.
func (c *stepped) Write(p []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(c.step)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
