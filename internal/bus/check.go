package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrFailed says that the store of the stream takes nothing any more. JetStream
// does not open a store again that once failed to write, so the process has to end
// and begin anew; what was not confirmed waits in the outbox.
var ErrFailed = errors.New("bus: the store of the stream failed")

// Codes of the server that say so (its error_codes: store failed, no resources,
// JetStream not enabled, for the account too, stream offline).
func storeCodes() []jetstream.ErrorCode {
	return []jetstream.ErrorCode{10077, 10023, 10076, 10039, 10047, 10118}
}

// gone says whether an error of the stream is one from which it does not come
// back by itself.
func gone(err error) bool {
	if e, ok := errors.AsType[*jetstream.APIError](err); ok {
		return slices.Contains(storeCodes(), e.ErrorCode)
	}
	return errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse)
}

// judge looks at what became of a publication, and remembers when the store has
// failed. A store outside of this process is opened again by who runs it.
func (b *Bus) judge(err error) error {
	if err != nil && b.server != nil && gone(err) && b.closing.Err() == nil {
		b.fail(err)
	}
	return err
}

// fail ends the use of the store.
func (b *Bus) fail(cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failure != nil {
		return
	}
	b.failure = fmt.Errorf("%w: %w", ErrFailed, cause)
	b.log.Error("the store of the bus failed", slog.Any("error", cause))
	close(b.failed)
}

// Err is why the stream takes nothing any more; nil while it does.
func (b *Bus) Err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failure
}

// Failed returns the error of the store when it has failed, or nil when ctx ends.
func (b *Bus) Failed(ctx context.Context) error {
	select {
	case <-b.failed:
		return b.Err()
	case <-ctx.Done():
		return nil
	}
}

// probeName is that of a stream of one message, which only shows that the store
// takes one.
const (
	probeName    = "probe"
	probeSubject = "probe"
	probeWait    = 2 * time.Second
)

// Check returns when the stream answers, and where the store is in this process when
// it has taken a message that nobody reads. Errors: ErrFailed, ErrNoQuorum, or that
// of ctx.
func (b *Bus) Check(ctx context.Context) error {
	done, err := b.begin()
	if err != nil {
		return err
	}
	defer done()
	if err := b.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, probeWait)
	defer cancel()
	if err := b.Ready(ctx); err != nil {
		return b.judge(err)
	}
	if b.server == nil {
		return nil
	}
	if !b.probes.Load() {
		_, err := b.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
			Name: probeName, Subjects: []string{probeSubject}, Storage: jetstream.FileStorage, MaxMsgs: 1, Discard: jetstream.DiscardOld,
		})
		if err != nil {
			return fmt.Errorf("bus: %w", b.judge(err))
		}
		b.probes.Store(true)
	}
	if _, err := b.js.Publish(ctx, probeSubject, nil); err != nil {
		return fmt.Errorf("bus: %w", b.judge(err))
	}
	return nil
}
