package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	streamName = "events"
	// subjects of the stream: this and the type of the event.
	subjectPrefix = "ev."
	// duplicates is how long the stream remembers the ids of messages. It only
	// spares work: what comes later is refused by the marks of the consumers.
	duplicates = 2 * time.Minute
	// grace is how long Close lets consumers finish before it cancels them.
	grace = 10 * time.Second
)

// ErrClosed is returned by a Bus after Close.
var ErrClosed = errors.New("bus: closed")

// Config says where the stream is kept and how much of it.
type Config struct {
	Dir  string // the folder of JetStream; made when missing
	Name string // of the server in its log
	// Keep is how long events stay in the stream for those who were away; zero
	// means seven days.
	Keep time.Duration
	// MaxBytes bounds the stream on the disk, the oldest events go first; zero
	// means 1 GiB.
	MaxBytes int64
}

// Bus is a running stream. It is safe for concurrent use.
type Bus struct {
	log    *slog.Logger
	keep   time.Duration
	server *server.Server
	conn   *nats.Conn
	js     jetstream.JetStream
	stream jetstream.Stream

	closing context.Context // ends when Close begins: take nothing new
	close   context.CancelFunc
	working context.Context // ends when the grace of Close is over
	abandon context.CancelFunc

	mu     sync.Mutex
	closed bool           // guarded by mu
	group  sync.WaitGroup // everything that runs; grows only under mu while not closed
}

// Start runs JetStream in this process, without a port, and opens the stream. ctx
// bounds the start only.
func Start(ctx context.Context, cfg Config, log *slog.Logger) (*Bus, error) {
	if cfg.Dir == "" {
		return nil, errors.New("start bus: no folder")
	}
	if cfg.Keep <= 0 {
		cfg.Keep = 7 * 24 * time.Hour
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = 1 << 30
	}
	embedded, err := startServer(cfg, log)
	if err != nil {
		return nil, fmt.Errorf("start bus: %w", err)
	}
	b := &Bus{log: log, keep: cfg.Keep, server: embedded}
	b.closing, b.close = context.WithCancel(context.Background())
	b.working, b.abandon = context.WithCancel(context.Background())
	if err := b.connect(ctx, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("start bus: %w", err), b.Close())
	}
	return b, nil
}

func (b *Bus) connect(ctx context.Context, cfg Config) (err error) {
	b.conn, err = nats.Connect("", nats.InProcessServer(b.server), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.log.WarnContext(b.working, "bus connection", slog.Any("error", err))
		}))
	if err != nil {
		return err
	}
	if b.js, err = jetstream.New(b.conn, jetstream.WithPublishAsyncMaxPending(2*relayBatch)); err != nil {
		return err
	}
	b.stream, err = b.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:       streamName,
		Subjects:   []string{subjectPrefix + ">"},
		Storage:    jetstream.FileStorage,
		Discard:    jetstream.DiscardOld,
		MaxAge:     cfg.Keep,
		MaxBytes:   cfg.MaxBytes,
		Duplicates: min(duplicates, cfg.Keep),
	})
	return err
}

// begin registers something that runs until done is called, or refuses it.
func (b *Bus) begin() (done func(), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, ErrClosed
	}
	b.group.Add(1)
	return b.group.Done, nil
}

// Publish adds an event that was made elsewhere to the stream, and returns when the
// stream has it. An event that comes twice is handled once.
func (b *Bus) Publish(ctx context.Context, ev Event) error {
	done, err := b.begin()
	if err != nil {
		return err
	}
	defer done()
	ev = ev.complete()
	text, err := ev.encode()
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if _, err := b.js.PublishMsg(ctx, message(ev.Key(), ev.Type, text)); err != nil {
		return fmt.Errorf("publish event %s: %w", ev.ID, err)
	}
	return nil
}

// message puts an event into the form of the stream.
func message(id, eventType string, text []byte) *nats.Msg {
	return &nats.Msg{
		Subject: subjectPrefix + eventType,
		Header:  nats.Header{jetstream.MsgIDHeader: {id}},
		Data:    text,
	}
}

// filters returns the subjects of types; all when there are none.
func filters(types []string) ([]string, error) {
	if len(types) == 0 {
		return []string{subjectPrefix + ">"}, nil
	}
	subjects := make([]string, len(types))
	for i, t := range types {
		if !eventType.MatchString(t) {
			return nil, fmt.Errorf("bus: %q is no type of events", t)
		}
		subjects[i] = subjectPrefix + t
	}
	return subjects, nil
}

// Close takes nothing new, lets relays and consumers finish what they hold, and
// stops the server. The databases they use must be open until it returns. It may
// be called more than once.
func (b *Bus) Close() error {
	b.mu.Lock()
	first := !b.closed
	b.closed = true
	b.mu.Unlock()
	if !first {
		b.server.WaitForShutdown()
		return nil
	}
	b.close()
	overdue := time.AfterFunc(grace, b.abandon)
	b.group.Wait()
	overdue.Stop()
	b.abandon()
	if b.conn != nil {
		b.conn.Close()
	}
	b.server.Shutdown()
	b.server.WaitForShutdown()
	return nil
}
