package exchange

import (
	"sync"
	"time"
)

// goroutinePool runs what may outlast its caller, and lets goroutines whose stacks have
// grown do it again. Its zero value is not ready; it is made by newGoroutinePool.
type goroutinePool struct {
	idle    chan func()
	closing chan struct{}
	work    sync.WaitGroup // what runs, and those who wait for more
}

// poolIdle is how long a goroutine waits for more.
const poolIdle = 5 * time.Second

func newGoroutinePool() *goroutinePool {
	return &goroutinePool{idle: make(chan func()), closing: make(chan struct{})}
}

// do runs f in another goroutine.
func (c *goroutinePool) do(f func()) {
	select {
	case c.idle <- f:
	default:
		c.work.Go(func() { c.run(f) })
	}
}

func (c *goroutinePool) run(f func()) {
	wait := time.NewTimer(poolIdle)
	defer wait.Stop()
	for {
		f()
		wait.Reset(poolIdle)
		select {
		case f = <-c.idle:
		case <-wait.C:
			return
		case <-c.closing:
			return
		}
	}
}

// close waits for everything that runs. It is called once, when nothing is
// begun any more save by what runs.
func (c *goroutinePool) close() {
	close(c.closing)
	c.work.Wait()
}
