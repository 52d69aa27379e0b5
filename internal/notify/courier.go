package notify

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
)

const (
	patience  = 30 * time.Second // for the mail server, per message
	batchSize = 20               // messages per connection; after a crash so many may come twice
	lease     = batchSize * patience
	lookAgain = time.Minute // another process may have queued something
	longPause = time.Hour
)

// Courier carries the notices of a database to the mail server. Several couriers
// may work on one database. It is safe for concurrent use.
type Courier struct {
	cfg    Config
	db     *storage.DB
	now    clock.Now
	log    *slog.Logger
	client *gomail.Client

	stop context.CancelFunc
	done sync.WaitGroup
}

// Start checks the configuration and begins to carry what is due. It does not
// wait for the mail server.
func Start(ctx context.Context, cfg Config, db *storage.DB, now clock.Now, log *slog.Logger) (*Courier, error) {
	c, err := newCourier(cfg, db, now, log)
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	c.stop = stop
	c.done.Go(func() { c.run(running) })
	return c, nil
}

func newCourier(cfg Config, db *storage.DB, now clock.Now, log *slog.Logger) (*Courier, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("mail configuration: %w", err)
	}
	cfg = cfg.withDefaults()
	client, err := cfg.client()
	if err != nil {
		return nil, fmt.Errorf("mail client: %w", err)
	}
	return &Courier{cfg: cfg, db: db, now: now, log: log, client: client, stop: func() {}}, nil
}

// Close breaks off what is being sent and waits for it. What was not sent stays
// queued.
func (c *Courier) Close() error {
	c.stop()
	c.done.Wait()
	return nil
}

func (c *Courier) run(ctx context.Context) {
	wake, stop := c.db.Listen(signal)
	defer stop()
	for ctx.Err() == nil {
		wait, err := c.deliver(ctx)
		if err != nil && ctx.Err() == nil {
			c.log.WarnContext(ctx, "notices wait", slog.Any("error", err))
		}
		listen := wake
		if err != nil {
			listen = nil // new notices do not bring the server back any sooner
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-listen:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// deliver carries all that is due and says how long to wait before looking again.
func (c *Courier) deliver(ctx context.Context) (wait time.Duration, err error) {
	for {
		batch, err := c.claim(ctx)
		if err != nil {
			return c.cfg.Pause, err
		}
		if len(batch.parcels) == 0 {
			return c.untilDue(ctx)
		}
		outcomes, carried := c.carry(ctx, batch.parcels)
		// The outcome is known and must be written even when the courier is stopping.
		if err := c.settle(context.WithoutCancel(ctx), batch, outcomes); err != nil {
			return c.cfg.Pause, err
		}
		if carried != nil {
			return c.cfg.Pause, carried
		}
	}
}

func (c *Courier) untilDue(ctx context.Context) (time.Duration, error) {
	var next int64
	err := c.db.Read(ctx).QueryRowContext(ctx,
		"select coalesce(min(due_at), 0) from notify_deliveries where state = 'queued'").Scan(&next)
	if err != nil {
		return c.cfg.Pause, fmt.Errorf("find the next delivery: %w", err)
	}
	if next == 0 {
		return lookAgain, nil
	}
	return min(lookAgain, max(time.Millisecond, storage.Instant(next).Sub(c.now()))), nil
}
