package notify

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/mail"
	"time"

	gomail "github.com/wneessen/go-mail"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/seal"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

const (
	serverTimeout = 30 * time.Second // for one message
	batchSize     = 200              // notices that are carried together; after a crash so many may come twice
	longPause     = time.Hour
)

// Courier carries the notices of a database to people. Several couriers may work on one
// database. It is safe for concurrent use.
type Courier struct {
	cfg      Config
	db       *storage.DB
	runner   *work.Runner
	carried  map[Channel]*carriage // grows until the work begins
	together *work.Queue[gathering]
	now      clock.Now
	log      *slog.Logger
	client   *gomail.Client
	// answers is nil where no mail is taken; set by TakeAnswers, before anything is sent.
	answers Answers
	// portal and key are set by EndedAt, before anything is sent.
	portal string
	key    *seal.Sealer
	// advice are the words of the post; set by ByPost, before anything is sent.
	advice map[string]string
	// enclose is nil where letters hold no documents; set by EncloseBy, before anything is sent.
	enclose Enclose
}

// New checks the configuration and registers what is carried later. It does not
// wait for the mail server.
func New(cfg Config, db *storage.DB, runner *work.Runner, now clock.Now, log *slog.Logger) (*Courier, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("mail configuration: %w", err)
	}
	cfg = cfg.withDefaults()
	client, err := cfg.client()
	if err != nil {
		return nil, fmt.Errorf("mail client: %w", err)
	}
	c := &Courier{cfg: cfg, db: db, runner: runner, carried: map[Channel]*carriage{}, now: now, log: log, client: client}
	c.register("notify.mail", Email, carrierFunc(c.carry))
	c.together = c.gatherQueue()
	runner.Register(c.together)
	return c, nil
}

// Add has notices go on another channel as well. It is called once for each, before the work
// of the node begins.
func (c *Courier) Add(channel Channel, by Carrier) {
	c.register("notify."+string(channel), channel, by)
}

// register makes the queue of a channel: of what is due the urgent goes first, batch by batch.
func (c *Courier) register(queue string, channel Channel, by Carrier) {
	on := &carriage{Carrier: by, channel: channel}
	on.queue = &work.Queue[delivery]{
		Name: queue, Lanes: int(Bulk) + 1, Lane: func(d delivery) int { return int(d.Lane) },
		Retry: c.cfg.retry(), Timeout: 4 * serverTimeout, Batch: batchSize,
		DoAll: func(ctx context.Context, tries []*work.Try[delivery]) error { return c.deliver(ctx, on, tries) },
	}
	c.carried[channel] = on
	c.runner.Register(on.queue)
}

// carrierFunc is a function that carries.
type carrierFunc func(ctx context.Context, parcels []Parcel) ([]Outcome, error)

// Carry implements [Carrier].
func (f carrierFunc) Carry(ctx context.Context, parcels []Parcel) ([]Outcome, error) {
	return f(ctx, parcels)
}

// retry is how long to wait after so many attempts.
func (c Config) retry() work.Retry { return work.Doubling(c.Pause, longPause) }

// name is how the sender is called: the institution.
func (c Config) name() string {
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return ""
	}
	return cmp.Or(from.Name, from.Address)
}
