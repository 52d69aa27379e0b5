package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// State is what a stream holds at the moment.
type State struct {
	ID     string    // of this stream; one that was lost and made anew has another
	First  uint64    // number of the oldest event that is still there
	Last   uint64    // number of the newest event that ever was there; First is Last+1 when none is left
	Oldest time.Time // when the oldest came; the zero time when none is left
}

// State looks at the stream.
func (b *Bus) State(ctx context.Context) (State, error) {
	done, err := b.begin()
	if err != nil {
		return State{}, err
	}
	defer done()
	info, err := b.stream.Info(ctx)
	if err != nil {
		return State{}, fmt.Errorf("look at the stream: %w", err)
	}
	s := State{ID: created(info.Created), First: info.State.FirstSeq, Last: info.State.LastSeq}
	if info.State.Msgs > 0 {
		s.Oldest = info.State.FirstTime.UTC()
	} else {
		s.First = s.Last + 1
	}
	return s, nil
}

// created names a stream by the instant of its making.
func created(at time.Time) string { return strconv.FormatInt(at.UnixNano(), 36) }

// Holds says whether the stream has an event of the types (all when there are none)
// after a number and up to another, by the one server that decides what is in it. A
// reader may be served by a server that is a little behind, and gets fewer then.
func (b *Bus) Holds(ctx context.Context, types []string, after, upto uint64) (bool, error) {
	done, err := b.begin()
	if err != nil {
		return false, err
	}
	defer done()
	subjects, err := b.names.filters(types)
	if err != nil {
		return false, err
	}
	for _, subject := range subjects {
		next, err := b.stream.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(subject))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
		case err != nil:
			return false, fmt.Errorf("look into the stream: %w", err)
		case next.Sequence <= upto:
			return true, nil
		}
	}
	return false, nil
}

// Place returns the number after which the events follow that came into the
// stream at an instant or later. Of an instant before the oldest event it is the
// number before that event.
func (b *Bus) Place(ctx context.Context, at time.Time) (uint64, error) {
	done, err := b.begin()
	if err != nil {
		return 0, err
	}
	defer done()
	info, err := b.stream.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("look at the stream: %w", err)
	}
	reader, err := b.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &at,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: attendWait,
	})
	if err != nil {
		return 0, fmt.Errorf("find a place in the stream: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), attendWait)
		defer cancel()
		_ = b.stream.DeleteConsumer(ctx, reader.CachedInfo().Name) // left alone it ends by itself
	}()
	found, err := take(ctx, reader, 1)
	if len(found) == 0 {
		return info.State.LastSeq, err
	}
	return found[0].Sequence - 1, err
}

// PublishAll adds events to the stream in their order, like [Bus.Publish], and
// returns when the stream has all of them, with the first and the last of their
// numbers; between them may be those of others. After an error the stream may have
// some; whoever publishes all again does nothing wrong.
func (b *Bus) PublishAll(ctx context.Context, events []Event) (Numbers, error) {
	return b.publishAll(ctx, events, 0)
}

// PublishAgain is PublishAll for events that the stream has lost under a number,
// or of which it has lost some: it takes them as new ones.
func (b *Bus) PublishAgain(ctx context.Context, lost uint64, events []Event) (Numbers, error) {
	return b.publishAll(ctx, events, lost)
}

// Numbers are those that events were given in the stream, the first and the last.
type Numbers struct{ First, Last uint64 }

func (b *Bus) publishAll(ctx context.Context, events []Event, lost uint64) (given Numbers, err error) {
	done, err := b.begin()
	if err != nil {
		return given, err
	}
	defer done()
	for some := range slices.Chunk(events, relayBatch) {
		numbers, err := b.publishBatch(ctx, some, lost)
		if err != nil {
			return given, fmt.Errorf("publish events: %w", err)
		}
		for _, n := range numbers {
			if given.First == 0 || n < given.First {
				given.First = n
			}
			given.Last = max(given.Last, n)
		}
	}
	return given, nil
}

func (b *Bus) publishBatch(ctx context.Context, events []Event, lost uint64) (numbers []uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	futures := make([]jetstream.PubAckFuture, 0, len(events))
	var failed error
	for _, ev := range events {
		ev = ev.complete()
		text, err := ev.encode()
		if err == nil {
			var future jetstream.PubAckFuture
			if future, err = b.js.PublishMsgAsync(b.names.message(againID(ev.Key(), lost), ev.Type, text)); err == nil {
				futures = append(futures, future)
			}
		}
		if err != nil {
			failed = err // what went before still has to be confirmed
			break
		}
	}
	for _, future := range futures {
		select {
		case ack := <-future.Ok():
			numbers = append(numbers, ack.Sequence)
		case err := <-future.Err():
			return numbers, errors.Join(failed, b.judge(err))
		case <-ctx.Done():
			return numbers, errors.Join(failed, ctx.Err())
		}
	}
	return numbers, failed
}
