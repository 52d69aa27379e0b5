package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"

	"github.com/nats-io/nats.go/jetstream"
)

// Commit makes the changes that an event asks for. It runs in a transaction
// together with the mark that the event was handled.
type Commit func(ctx context.Context, tx *storage.Tx) error

// Consumer says who handles which events, and how.
type Consumer struct {
	Name    string   // stable: the stream remembers by it what was handled; letters, digits, - and _
	Types   []string // all when empty
	Workers int      // how many events at the same time; 0 means 1, and then they come in order
	// Handle prepares: it may ask others and wait. It must not change anything that
	// a second call for the same event would change again; what is to change it
	// returns as a Commit, or nil.
	Handle func(ctx context.Context, ev Event) (Commit, error)
	// Later takes over an event that Handle, or its Commit, could not deal with:
	// it adds a job that tries again, in the transaction that marks the event as
	// handled. What was no event comes as one that does not pass Check.
	Later func(ctx context.Context, tx *storage.Tx, ev Event, cause error) error
	// Timeout bounds a Handle; zero means 30 s.
	Timeout time.Duration
}

const (
	// awayPause is when an event comes again that could neither be handled nor be
	// handed over, since the database is away.
	awayPause = 5 * time.Second
	// ackWait is how long the stream hears nothing of an event before it gives it to
	// someone else: a process that died held it no longer than this. Who works on
	// one says so in between.
	ackWait = 8 * time.Second
	// aliveEvery is how often.
	aliveEvery = 2 * time.Second
	// nextPause is the rest after the stream could not be asked.
	nextPause = 500 * time.Millisecond
	// pullExpiry is how long a request for events stays open at the stream; should
	// one get lost, the consumer stands still no longer than this.
	pullExpiry = 5 * time.Second
	// maxUnsettled bounds the events that wait for their next attempt, after which
	// the stream delivers no new ones.
	maxUnsettled = 5000
)

// Consume starts a consumer, which runs until the Bus closes. It begins where it
// stood when the process last ended; a new one begins with the oldest event in the
// stream. ctx bounds the start only.
func (b *Bus) Consume(ctx context.Context, db *storage.DB, c Consumer) error {
	if c.Handle == nil || c.Later == nil {
		return fmt.Errorf("consumer %s: nobody handles the event, or nobody tries again", c.Name)
	}
	c.Workers = max(c.Workers, 1)
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	inbox, err := b.inbox(ctx, c)
	if err != nil {
		return fmt.Errorf("consumer %s: %w", c.Name, err)
	}
	done, err := b.begin()
	if err != nil {
		inbox.Stop()
		return err
	}
	defer done()
	context.AfterFunc(b.closing, inbox.Stop)
	w := &worker{bus: b, db: db, consumer: c, inbox: inbox}
	for range c.Workers {
		b.group.Go(w.run)
	}
	return nil
}

// Anew has consumers that begin from now on start with the oldest event that the stream has,
// wherever they stood. It is for a database that was put back from a copy: the places of its consumers
// are the stream's and lie ahead of what the copy knows. What was handled and is still known to have
// been is not handled again.
func (b *Bus) Anew() { b.anew.Store(true) }

// inbox opens the place of the consumer in the stream.
func (b *Bus) inbox(ctx context.Context, c Consumer) (jetstream.MessagesContext, error) {
	subjects, err := b.names.filters(c.Types)
	if err != nil {
		return nil, err
	}
	if b.anew.Load() {
		if err := b.stream.DeleteConsumer(ctx, c.Name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return nil, err
		}
	}
	durable, err := b.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:        c.Name,
		FilterSubjects: subjects,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        ackWait,
		MaxAckPending:  maxUnsettled,
		MaxDeliver:     -1, // it comes again only while the database is away
	})
	if err != nil {
		return nil, err
	}
	if b.server != nil { // nobody else consumes: what a process that died was holding comes again now
		if _, err := b.stream.ResetConsumer(ctx, c.Name); err != nil {
			return nil, err
		}
	}
	return durable.Messages(jetstream.PullMaxMessages(2*c.Workers), jetstream.PullExpiry(pullExpiry))
}

// worker handles the events of one consumer, with several goroutines.
type worker struct {
	bus      *Bus
	db       *storage.DB
	consumer Consumer
	inbox    jetstream.MessagesContext
}

func (w *worker) run() {
	for {
		msg, err := w.inbox.Next()
		switch {
		case errors.Is(err, jetstream.ErrMsgIteratorClosed):
			return
		case err != nil:
			w.bus.log.WarnContext(w.bus.working, "next event", slog.String("consumer", w.consumer.Name), slog.Any("error", err))
			_ = clock.Pause(w.bus.closing, nextPause) // then the iterator is closed
		default:
			w.settle(w.bus.working, msg)
		}
	}
}

// settle handles one message, or marks it as handled and hands it over to those who
// try again, and tells the stream that this is done.
func (w *worker) settle(ctx context.Context, msg jetstream.Msg) {
	defer w.sayAlive(msg)()
	event, err := decode(msg)
	if err == nil {
		err = w.handle(ctx, event.Event)
	}
	if err != nil && ctx.Err() == nil {
		w.warn(ctx, event.Event, err)
		cause := err
		err = w.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
			if fresh, err := w.markConsumed(ctx, tx, event.Event); err != nil || !fresh {
				return err
			}
			return w.consumer.Later(ctx, tx, event.Event, cause)
		})
	}
	switch {
	case err == nil:
		w.report(ctx, msg.Ack())
	case ctx.Err() == nil: // else it was cancelled, and comes again after the next start
		w.warn(ctx, event.Event, fmt.Errorf("hand it over: %w", err))
		w.report(ctx, msg.NakWithDelay(awayPause))
	}
}

// sayAlive lets the stream know that somebody works on an event, until done.
func (w *worker) sayAlive(msg jetstream.Msg) (done func()) {
	var mu sync.Mutex
	over := false
	var timer *time.Timer
	mu.Lock()
	defer mu.Unlock()
	timer = time.AfterFunc(aliveEvery, func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			_ = msg.InProgress() // else the event comes again, and the mark tells that it was handled
			timer.Reset(aliveEvery)
		}
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		over = true
		timer.Stop()
	}
}

// report is for an answer that did not reach the stream: the event comes again, and
// the mark tells that it was handled.
func (w *worker) report(ctx context.Context, err error) {
	if err != nil {
		w.bus.log.WarnContext(ctx, "answer the stream", slog.String("consumer", w.consumer.Name), slog.Any("error", err))
	}
}

func (w *worker) warn(ctx context.Context, ev Event, err error) {
	w.bus.log.WarnContext(ctx, "event not handled", slog.String("consumer", w.consumer.Name), slog.String("event", ev.ID),
		slog.String("type", ev.Type), slog.Any("error", err))
}

// handle does what the event asks for, unless that was done.
func (w *worker) handle(ctx context.Context, ev Event) error {
	var one int
	err := w.db.Read(ctx).QueryRowContext(ctx,
		`select 1 from bus_consumed where consumer = $1 and event_id = $2`, w.consumer.Name, ev.Key()).Scan(&one)
	if err == nil {
		return nil
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	commit, err := w.prepare(ctx, ev)
	if err != nil {
		return err
	}
	return w.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		fresh, err := w.markConsumed(ctx, tx, ev)
		if err != nil || !fresh || commit == nil {
			return err
		}
		return commit(ctx, tx)
	})
}

// prepare calls Handle and turns its panic into an error.
func (w *worker) prepare(ctx context.Context, ev Event) (commit Commit, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, w.consumer.Timeout)
	defer cancel()
	return w.consumer.Handle(ctx, ev)
}

// markConsumed says whether the mark is new.
func (w *worker) markConsumed(ctx context.Context, tx *storage.Tx, ev Event) (fresh bool, err error) {
	result, err := tx.ExecContext(ctx,
		`insert into bus_consumed (consumer, event_id, at) values ($1, $2, $3) on conflict (consumer, event_id) do nothing`,
		w.consumer.Name, ev.Key(), storage.Micros(time.Now()))
	if err != nil {
		return false, err
	}
	inserted, err := result.RowsAffected()
	return inserted == 1, err
}
