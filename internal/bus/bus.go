package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// duplicates is how long the stream remembers the ids of messages. It only
	// spares work: what comes later is refused by the marks of the consumers.
	duplicates = 2 * time.Minute
	// grace is how long Close lets consumers finish before it cancels them.
	grace = 10 * time.Second
)

// ErrClosed is returned by a Bus after Close.
var ErrClosed = errors.New("bus: closed")

// ErrNoQuorum says that a cluster takes nothing at the moment; what happens waits in
// the outbox.
var ErrNoQuorum = errors.New("bus: the JetStream cluster has no quorum, or does not answer")

// Config says where the stream is kept and how much of it.
type Config struct {
	Dir  string // the folder of JetStream in this process; made when missing
	Name string // of the node
	// Cluster has the stream kept by servers outside of this process; nil for none.
	Cluster *Cluster
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
	names  names
	server *server.Server // nil for a cluster
	conn   *nats.Conn
	js     jetstream.JetStream
	stream jetstream.Stream

	closing context.Context // ends when Close begins: take nothing new
	close   context.CancelFunc
	working context.Context // ends when the grace of Close is over
	abandon context.CancelFunc

	anew    atomic.Bool           // consumers begin with the oldest event; see Anew
	strange atomic.Pointer[error] // why this stream must not be used any more; nil while it may

	mu      sync.Mutex
	closed  bool           // guarded by mu
	failure error          // guarded by mu; why the store takes nothing any more
	failed  chan struct{}  // closed when it does not
	probes  atomic.Bool    // the stream for probes is there
	group   sync.WaitGroup // everything that runs; grows only under mu while not closed
}

// Start opens the stream: in this process, without a port, or at the servers of a
// cluster, for which it waits a while. ctx bounds the start only.
func Start(ctx context.Context, cfg Config, log *slog.Logger) (*Bus, error) {
	if cfg.Keep <= 0 {
		cfg.Keep = 7 * 24 * time.Hour
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = 1 << 30
	}
	b := &Bus{log: log, keep: cfg.Keep, names: cfg.names(), failed: make(chan struct{})}
	b.closing, b.close = context.WithCancel(context.Background())
	b.working, b.abandon = context.WithCancel(context.Background())
	open := b.openEmbedded
	if cfg.Cluster != nil {
		open = b.openCluster
	}
	if err := open(ctx, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("start bus: %w", err), b.Close())
	}
	return b, nil
}

func (b *Bus) openEmbedded(ctx context.Context, cfg Config) (err error) {
	if cfg.Dir == "" {
		return errors.New("no folder")
	}
	if b.server, err = startServer(cfg, b.log, b.fail); err != nil {
		return err
	}
	if err := b.connect("", "", nats.InProcessServer(b.server)); err != nil {
		return err
	}
	b.stream, err = b.js.CreateOrUpdateStream(ctx, b.streamConfig(cfg))
	return err
}

// connect makes the one connection of the bus. What cannot be sent at once is an
// error and not kept in memory: the outbox keeps it.
func (b *Bus) connect(address, domain string, options ...nats.Option) (err error) {
	options = append(options, nats.MaxReconnects(-1), nats.ReconnectWait(reconnectPause), nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if b.closing.Err() == nil {
				b.log.WarnContext(b.working, "the bus is away", slog.Any("error", err))
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) {
			b.log.InfoContext(b.working, "the bus is back", slog.String("server", c.ConnectedServerName()))
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.log.WarnContext(b.working, "bus connection", slog.Any("error", err))
		}))
	if b.conn, err = nats.Connect(address, options...); err != nil {
		return err
	}
	limits := []jetstream.JetStreamOpt{jetstream.WithPublishAsyncMaxPending(2 * relayBatch), jetstream.WithPublishAsyncTimeout(ackTimeout)}
	if domain != "" {
		b.js, err = jetstream.NewWithDomain(b.conn, domain, limits...)
	} else {
		b.js, err = jetstream.New(b.conn, limits...)
	}
	return err
}

func (b *Bus) streamConfig(cfg Config) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:       b.names.stream,
		Subjects:   []string{b.names.subjects + ">"},
		Storage:    jetstream.FileStorage,
		Discard:    jetstream.DiscardOld,
		MaxAge:     cfg.Keep,
		MaxBytes:   cfg.MaxBytes,
		Duplicates: min(duplicates, cfg.Keep),
	}
}

// Ready returns nil while the stream takes events, and otherwise says what is
// missing.
func (b *Bus) Ready(ctx context.Context) error {
	if strange := b.strange.Load(); strange != nil {
		return *strange
	}
	if b.closing.Err() != nil {
		return ErrClosed
	}
	info, err := b.stream.Info(ctx)
	switch {
	case err != nil && b.server == nil:
		return fmt.Errorf("%w: %w", ErrNoQuorum, err)
	case err != nil:
		return fmt.Errorf("look at the stream: %w", err)
	case info.Cluster != nil && info.Cluster.Leader == "":
		return ErrNoQuorum
	}
	return nil
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
	if _, err := b.js.PublishMsg(ctx, b.names.message(ev.Key(), ev.Type, text)); err != nil {
		return fmt.Errorf("publish event %s: %w", ev.ID, b.judge(err))
	}
	return nil
}

// Close takes nothing new, lets relays and consumers finish what they hold, and
// ends its server if it has one. The databases they use must be open until it returns. It may
// be called more than once.
func (b *Bus) Close() error {
	b.mu.Lock()
	first := !b.closed
	b.closed = true
	b.mu.Unlock()
	if !first {
		if b.server != nil {
			b.server.WaitForShutdown()
		}
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
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
	return nil
}
