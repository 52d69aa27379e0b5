package work

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"dobosh/internal/storage"
)

// ErrGone says that a job is no longer that of this try: another process has
// taken it over, or somebody has removed it. The transaction must not commit; Do
// may return the error as it is.
var ErrGone = errors.New("work: the job was taken over, or is done")

// Try is one attempt at a job. It belongs to the Do that was given it.
type Try[J any] struct {
	Ref   string
	Job   J
	Tries int // this one included
	Added time.Time

	queue   *Queue[J]
	row     *job
	settled atomic.Bool // set once a transaction with its outcome has committed
}

// End ends the job in one transaction with what it changes, which may be nothing.
// It returns ErrGone, and changes nothing, where the job is no longer ours.
func (t *Try[J]) End(ctx context.Context, also func(ctx context.Context, tx *storage.Tx) error) error {
	err := t.queue.runner.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := t.Done(ctx, tx); err != nil || also == nil {
			return err
		}
		return also(ctx, tx)
	})
	if also == nil && errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// Done ends the job in a transaction that the caller has begun, or returns
// ErrGone.
func (t *Try[J]) Done(ctx context.Context, tx *storage.Tx) error {
	return t.settle(tx, t.row.line != "", func() (bool, error) { return finish(ctx, tx, t.queue.Name, t.row) })
}

// Again lets the job rest for a while in a transaction that the caller has begun,
// or returns ErrGone. The cause is what others see of it.
func (t *Try[J]) Again(ctx context.Context, tx *storage.Tx, rest time.Duration, cause error) error {
	return t.settle(tx, true, func() (bool, error) {
		return postpone(ctx, tx, t.queue.Name, t.row, t.queue.runner.now(), rest, cause)
	})
}

// Pause is how long the job rests after this try, by its queue.
func (t *Try[J]) Pause() time.Duration { return t.queue.Retry(t.Tries) }

// Last reports whether the job is put aside if this try fails.
func (t *Try[J]) Last() bool { return t.queue.Attempts > 0 && t.Tries >= t.queue.Attempts }

// settle writes what becomes of the job. Whoever claims jobs is woken where the next
// of a line may begin or there is another instant to wait for: the end of a job that
// nobody waits behind is no news.
func (t *Try[J]) settle(tx *storage.Tx, news bool, write func() (bool, error)) error {
	ours, err := write()
	if err != nil {
		return err
	}
	if !ours {
		return ErrGone
	}
	if news {
		tx.Signal(signal(t.queue.Name))
	}
	tx.AfterCommit(func() { t.settled.Store(true) })
	return nil
}

// Back gives a job back as if it had not been begun.
func (t *Try[J]) Back(ctx context.Context) error {
	q := t.queue
	return q.runner.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error { return q.runner.giveBack(ctx, tx, q.Name, t.row) })
}

// wait lets a job rest that was not begun.
func (t *Try[J]) wait(ctx context.Context, reason *waitError) error {
	q := t.queue
	q.runner.log.DebugContext(ctx, "a job waits", slog.String("queue", q.Name), slog.String("ref", t.Ref), slog.Duration("rest", reason.rest), slog.Any("reason", reason.error))
	err := q.runner.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		return t.settle(tx, true, func() (bool, error) { return rest(ctx, tx, q.Name, t.row, q.runner.now(), reason.rest, reason.error) })
	})
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// Fail lets the job rest, or puts it aside where no further try is to follow: what
// becomes of an error that Do returns.
func (t *Try[J]) Fail(ctx context.Context, cause error) error {
	q := t.queue
	aside := isFinal(cause) || t.Last()
	q.runner.log.WarnContext(ctx, "a job failed", slog.String("queue", q.Name), slog.String("ref", t.Ref), slog.Int("tries", t.Tries), slog.Bool("aside", aside), slog.Any("error", cause))
	err := q.runner.db.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if !aside {
			return t.Again(ctx, tx, RestOf(cause, t.Pause()), cause)
		}
		err := t.settle(tx, true, func() (bool, error) { return putAside(ctx, tx, q.Name, t.row, q.runner.now(), cause) })
		if err != nil || q.Aside == nil {
			return err
		}
		return q.Aside(ctx, tx, t, cause)
	})
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}
