package notify

import (
	"fmt"
	"log/slog"
	"time"

	gomail "github.com/wneessen/go-mail"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

const (
	serverTimeout = 30 * time.Second // for one message
	batchSize     = 20               // messages per connection; after a crash so many may come twice
	longPause     = time.Hour
)

// Courier carries the notices of a database to the mail server. Several couriers
// may work on one database. It is safe for concurrent use.
type Courier struct {
	cfg    Config
	db     *storage.DB
	queue  *work.Queue[delivery]
	now    clock.Now
	log    *slog.Logger
	client *gomail.Client
	// answers is nil where no mail is taken; set by TakeAnswers, before anything is sent.
	answers Answers
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
	c := &Courier{cfg: cfg, db: db, now: now, log: log, client: client}
	c.queue = &work.Queue[delivery]{
		Name: "notify.mail", Lanes: int(Bulk) + 1, Lane: func(d delivery) int { return int(d.Lane) },
		Retry: cfg.retry(), Timeout: batchSize * serverTimeout, Batch: batchSize, DoAll: c.deliver,
	}
	runner.Register(c.queue)
	return c, nil
}

// retry is how long to wait after so many attempts.
func (c Config) retry() work.Retry { return work.Doubling(c.Pause, longPause) }
