package station

import (
	"os"
	"strings"
	"sync"
	"time"

	"dobosh/internal/kit/clock"
)

// look is how often the file of a clock is read.
const look = 50 * time.Millisecond

// Now is the clock of the node: that of the machine, off by what the file says.
func (a Adds) Now() clock.Now {
	if a.Clock == "" {
		return clock.System
	}
	c := &wrongClock{file: a.Clock}
	return c.now
}

// wrongClock is off by what stands in a file; by nothing without one.
type wrongClock struct {
	file string

	mu   sync.Mutex
	read time.Time     // guarded by mu; when the file was read
	off  time.Duration // guarded by mu
}

func (c *wrongClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.read) > look {
		c.read = time.Now()
		if raw, err := os.ReadFile(c.file); err == nil {
			if off, err := time.ParseDuration(strings.TrimSpace(string(raw))); err == nil {
				c.off = off
			}
		}
	}
	return clock.System().Add(c.off)
}

// SetClock has the clock that looks at a file off by so much.
func SetClock(file string, off time.Duration) error {
	aside := file + ".new"
	if err := os.WriteFile(aside, []byte(off.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(aside, file)
}
