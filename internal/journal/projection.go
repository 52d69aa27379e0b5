package journal

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
)

const (
	projectionBatch = 256             // entries read for one transaction
	projectionRetry = 2 * time.Second // wait after the database or the log could not be read

	// projectionPace is how long a transaction follows the one before at the earliest. What comes after a pause is projected at
	// once; under load a transaction, which is a sync of the database, then takes what many batches of the log brought.
	projectionPace = 20 * time.Millisecond

	// projectionLag is how many entries that make no receipt the cursor in the database may stay behind: after a restart they are
	// passed over once more.
	projectionLag = 1 << 14
)

// Projection turns the entries of some kinds into receipts, in the order of the log, from where it stopped last time. Receipts and
// the cursor change in one transaction, so after a crash none is missing and none is double. Entries that make no receipt are not
// worth a transaction of their own: over them the cursor moves now and then, and at Close.
type Projection struct {
	db     *storage.DB
	source *Log
	kinds  []string
	log    *slog.Logger

	cancel context.CancelFunc
	done   chan struct{}

	noted time.Time // the mark, beside the log; of the goroutine

	mu    sync.Mutex
	kept  int64         // the cursor in the database; of the goroutine that projects
	next  int64         // entries before it are in the table; guarded by mu
	moved chan struct{} // closed when next has changed
}

// Project starts a projection; Close ends it. It comes before the Close of the log and of the database.
func Project(ctx context.Context, db *storage.DB, source *Log, kinds []string, log *slog.Logger) *Projection {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := &Projection{
		db: db, source: source, kinds: slices.Clone(kinds), log: log,
		cancel: cancel, done: make(chan struct{}), moved: make(chan struct{}),
	}
	go p.run(ctx)
	return p
}

// Close ends the projection and waits for it. Its error says that the cursor stayed behind, which costs the next start some time.
func (p *Projection) Close() error {
	p.cancel()
	<-p.done
	p.mu.Lock()
	next := p.next
	p.mu.Unlock()
	if next <= p.kept {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), projectionRetry)
	defer cancel()
	return p.keep(ctx, nil, next)
}

// WaitFor returns nil when the entry with this index has become receipts.
func (p *Projection) WaitFor(ctx context.Context, index int64) error {
	for {
		p.mu.Lock()
		next, moved := p.next, p.moved
		p.mu.Unlock()
		if next > index {
			return nil
		}
		select {
		case <-moved:
		case <-p.done:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *Projection) run(ctx context.Context) {
	defer close(p.done)
	for {
		err := p.follow(ctx)
		if ctx.Err() != nil || errors.Is(err, ErrClosed) || errors.Is(err, ErrStopped) {
			return
		}
		p.log.ErrorContext(ctx, "receipts are not up to date", slog.String("origin", p.source.Origin()), slog.Any("error", err))
		select {
		case <-time.After(projectionRetry):
		case <-ctx.Done():
			return
		}
	}
}

// follow projects until something fails.
func (p *Projection) follow(ctx context.Context) error {
	next, err := p.cursor(ctx)
	if err != nil {
		return err
	}
	if size := p.source.Size(); next > size {
		return errors.New("the database has receipts of entries that the log does not have")
	}
	p.kept = next
	p.advance(next)
	for {
		if err := p.source.Wait(ctx, next); err != nil {
			return err
		}
		begun := time.Now()
		if next, err = p.step(ctx, next); err != nil {
			return err
		}
		p.advance(next)
		if err := p.rest(ctx, projectionPace-time.Since(begun)); err != nil {
			return err
		}
	}
}

// rest waits, unless a whole batch is there already. Error: that of ctx.
func (p *Projection) rest(ctx context.Context, d time.Duration) error {
	p.mu.Lock()
	behind := p.source.Size() - p.next
	p.mu.Unlock()
	if d <= 0 || behind >= projectionBatch {
		return nil
	}
	return clock.Pause(ctx, d)
}

func (p *Projection) cursor(ctx context.Context) (next int64, err error) {
	err = p.db.Read(ctx).QueryRowContext(ctx, "select next from journal_cursors where origin = $1", p.source.Origin()).Scan(&next)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, nil
	}
	return next, err
}

// step projects the entries that are there, at most a batch, and returns the index behind them.
func (p *Projection) step(ctx context.Context, from int64) (int64, error) {
	to := min(p.source.Size(), from+projectionBatch)
	var receipts []Receipt
	for index := from; index < to; index++ {
		if g, known := p.source.recent.of(index); known && (g.subjects == 0 || !slices.Contains(p.kinds, g.kind)) {
			continue // nothing to decrypt
		}
		l, err := p.source.Logged(ctx, index)
		if damage := (*DamageError)(nil); errors.As(err, &damage) {
			p.log.ErrorContext(ctx, "entry is damaged and makes no receipt", slog.Int64("index", index), slog.Any("error", err))
			continue // the persons of later entries still see theirs
		}
		if err != nil {
			return from, err
		}
		if slices.Contains(p.kinds, l.Entry.Kind) {
			receipts = append(receipts, receiptsOf(p.source.Origin(), l)...)
		}
	}
	if len(receipts) == 0 && to-p.kept < projectionLag {
		return to, nil
	}
	if err := p.keep(ctx, receipts, to); err != nil {
		return from, err
	}
	return to, nil
}

// keep writes receipts, and the cursor and the mark behind them.
func (p *Projection) keep(ctx context.Context, receipts []Receipt, to int64) error {
	mark, err := p.source.mark(to)
	if err != nil {
		return err
	}
	err = p.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := mark.put(ctx, tx, p.source.now()); err != nil {
			return err
		}
		for _, r := range receipts {
			if _, err := receiptTable.Insert(ctx, tx, "on conflict do nothing", r); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "insert into journal_cursors (origin, next) values ($1, $2) "+
			"on conflict (origin) do update set next = excluded.next", p.source.Origin(), to)
		return err
	})
	if err != nil {
		return err
	}
	p.kept = to
	return p.note(mark)
}

// note says beside the log how far the database was marked, not more often than it pays.
func (p *Projection) note(m Mark) error {
	if time.Since(p.noted) < markedPace {
		return nil
	}
	p.noted = time.Now()
	return p.source.note(m)
}

func (p *Projection) advance(next int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if next == p.next {
		return
	}
	p.next = next
	close(p.moved)
	p.moved = make(chan struct{})
}
