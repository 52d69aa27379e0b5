package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

const (
	// maxBatch bounds the writes of one transaction, and with it how long the
	// first of them waits for the last.
	maxBatch = 64
	// maxWaiting bounds the writes in the queue; the next waits to enter it.
	maxWaiting = 256
)

// combiner is the one writer of a process. Its goroutine owns the writing
// connection. All others hand it jobs through the queue.
type combiner struct {
	db      *DB
	log     *slog.Logger
	session writer // owned by the goroutine
	batch   []*job // owned by the goroutine: the jobs of the transaction that is open

	queue   chan *job
	closing chan struct{} // closed by close: no more jobs
	once    sync.Once
	ended   chan struct{} // closed when the goroutine has ended
	failure error         // of closing; readable once ended is closed
}

// writer is the one writing connection of a process. It belongs to one goroutine.
type writer interface {
	querier
	// begin opens a connection when there is none, and a transaction in which no
	// other process writes.
	begin(ctx context.Context) error
	// savepoint begins a job, rollback undoes it, release ends it either way.
	savepoint(ctx context.Context) error
	rollback(ctx context.Context) error
	release(ctx context.Context) error
	commit(ctx context.Context) error
	// drop gives the connection up, and with it the transaction.
	drop()
	close() error
}

// job is one call of Write.
type job struct {
	ctx   context.Context
	fn    func(context.Context, *Tx) error
	taken atomic.Bool // set by whoever decides first: the goroutine to run it, the caller to give up
	hooks []func()
	err   error      // of the fn, when it failed alone
	done  chan error // has room for one, so that nobody waits to send
}

func startCombiner(db *DB, connection writer, log *slog.Logger) *combiner {
	c := &combiner{
		db:      db,
		log:     log,
		session: connection,
		queue:   make(chan *job, maxWaiting),
		closing: make(chan struct{}),
		ended:   make(chan struct{}),
	}
	go c.loop()
	return c
}

// write hands in a job and waits for its end. Giving up is possible only before
// the job runs, so that the caller always knows what became of it.
func (c *combiner) write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	j := &job{ctx: ctx, fn: fn, done: make(chan error, 1)}
	select {
	case <-c.closing: // looked at first, as the queue may have room
		return ErrClosed
	default:
	}
	select {
	case c.queue <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-c.closing:
		return ErrClosed
	}
	return c.wait(ctx, j)
}

func (c *combiner) wait(ctx context.Context, j *job) error {
	var why error
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		why = ctx.Err()
	case <-c.ended:
		why = ErrClosed
	}
	if j.taken.CompareAndSwap(false, true) {
		return why
	}
	return <-j.done
}

// loop is the goroutine. A function that ends its goroutine (runtime.Goexit, as
// FailNow of a test does) would end the writer: then the batch fails, and a new
// goroutine goes on.
func (c *combiner) loop() {
	finished := false
	defer func() {
		if !finished {
			c.fail(errors.New("storage: a function ended the goroutine of the writer"))
			go c.loop()
		}
	}()
	for {
		select {
		case j := <-c.queue:
			c.combine(j)
			continue
		case <-c.closing:
		}
		break
	}
	c.failure = c.session.close()
	finished = true
	close(c.ended)
}

// combine runs first and all jobs that wait behind it in one transaction.
func (c *combiner) combine(first *job) {
	ctx := context.Background() // the transaction belongs to many callers, so it ends with none of them
	if err := c.session.begin(ctx); err != nil {
		c.session.drop()
		c.batch = append(c.batch, first)
		c.fail(fmt.Errorf("begin: %w", err))
		return
	}
	for j := first; j != nil; j = c.next() {
		if err := c.perform(ctx, j); err != nil {
			c.fail(err)
			return
		}
	}
	if err := c.session.commit(ctx); err != nil {
		c.fail(fmt.Errorf("commit: %w", err))
		return
	}
	c.succeed()
}

// next returns a job that waits, or nil when none does or the batch is full.
func (c *combiner) next() *job {
	if len(c.batch) >= maxBatch {
		return nil
	}
	select {
	case j := <-c.queue:
		return j
	default:
		return nil
	}
}

// perform runs one job under a savepoint. An error of its function is kept in the
// job; the error returned is one of the whole transaction.
func (c *combiner) perform(ctx context.Context, j *job) error {
	if !j.taken.CompareAndSwap(false, true) {
		return nil // its caller gave up
	}
	c.batch = append(c.batch, j)
	if err := c.session.savepoint(ctx); err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	tx := &Tx{db: c.db, on: c.session}
	if j.err = tx.run(j.ctx, j.fn); j.err != nil {
		if err := c.session.rollback(ctx); err != nil {
			return fmt.Errorf("roll back one of several writes: %w", errors.Join(err, j.err))
		}
	} else {
		j.hooks = tx.hooks
	}
	if err := c.session.release(ctx); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return nil
}

// succeed ends the jobs of a transaction that is durable.
func (c *combiner) succeed() {
	for _, j := range c.batch {
		for _, hook := range j.hooks {
			runHook(j.ctx, c.log, hook)
		}
	}
	for _, j := range c.batch {
		j.done <- j.err
	}
	c.batch = c.batch[:0]
}

// fail ends the jobs of a transaction that came to nothing. After a failure of
// that kind the state of the connection is not trusted.
func (c *combiner) fail(err error) {
	c.session.drop()
	for _, j := range c.batch {
		j.taken.Store(true)
		if j.err == nil {
			j.err = err
		}
		j.done <- j.err
	}
	c.batch = c.batch[:0]
}

// close waits until the goroutine has ended.
func (c *combiner) close() error {
	c.once.Do(func() { close(c.closing) })
	<-c.ended
	return c.failure
}

// runHook keeps a panic of a hook from the writes of others.
func runHook(ctx context.Context, log *slog.Logger, hook func()) {
	defer func() {
		if cause := recover(); cause != nil {
			log.ErrorContext(ctx, "panic after a commit", slog.Any("panic", cause), slog.String("stack", string(debug.Stack())))
		}
	}()
	hook()
}
