package link

import (
	"time"
)

// missedBeats is after how many beats without a sign a connection is over.
const missedBeats = 3

// watch is the goroutine that finds out that the other side is gone, and hangs
// up when nothing is carried any more.
func (c *Conn) watch() error {
	beat := time.NewTicker(c.cfg.Beat)
	defer beat.Stop()
	var (
		seen   uint64
		opened uint32
	)
	for missed, idle := 0, time.Duration(0); ; {
		select {
		case <-beat.C:
		case <-c.ctx.Done():
			return ErrClosed
		}
		signs, used := c.pulse(seen, &opened)
		if signs != seen {
			seen, missed = signs, 0
		} else if missed++; missed > missedBeats {
			return ErrSilent
		}
		if idle += c.cfg.Beat; used {
			idle = 0
		}
		if c.dialed && idle > c.cfg.Idle {
			c.Leave()
		}
	}
}

// pulse counts the signs of the other side, and asks for one if none came since
// it was seen last. used reports whether streams are open, or were opened since.
func (c *Conn) pulse(seen uint64, opened *uint32) (signs uint64, used bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if signs = c.signs.Load(); signs == seen && c.err == nil {
		c.out = appendFrame(c.out, framePing, 0, 0, make([]byte, pingSize))
		c.nudge()
	}
	used = len(c.streams) > 0 || c.next != *opened
	*opened = c.next
	return signs, used
}
