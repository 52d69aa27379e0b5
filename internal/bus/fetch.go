package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	maxFetch = 1000             // events of one Fetch
	maxWait  = 60 * time.Second // of one Fetch
	// attendWait bounds the wait for an answer that the server gives at once.
	attendWait = 5 * time.Second
)

// ErrAhead says that a reader claims to have read further than the stream goes: the
// stream was lost or is another one. The reader has to begin again at 0; what it
// has seen before it knows by the ids.
var ErrAhead = errors.New("bus: the reader is ahead of the stream")

// Sequenced is an event with its number in the stream.
type Sequenced struct {
	Sequence uint64    `json:"sequence"`
	Event    Event     `json:"event"`
	At       time.Time `json:"at,omitzero"` // when it came into this stream, by the clock of the machine
}

// Fetch returns the events of the types (all when there are none) that follow the
// number after, in order, at most limit (1 to 1000). When there are none it waits
// for the first of them, at most wait (up to a minute), and returns none in the end.
func (b *Bus) Fetch(ctx context.Context, types []string, after uint64, limit int, wait time.Duration) ([]Sequenced, error) {
	done, err := b.begin()
	if err != nil {
		return nil, err
	}
	defer done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(b.closing, cancel)()
	events, err := b.fetch(ctx, types, after, min(max(limit, 1), maxFetch), min(max(wait, 0), maxWait))
	if b.closing.Err() != nil && errors.Is(err, context.Canceled) {
		return nil, ErrClosed
	}
	return events, err
}

func (b *Bus) fetch(ctx context.Context, types []string, after uint64, limit int, wait time.Duration) ([]Sequenced, error) {
	reader, err := b.reader(ctx, types, after)
	if err != nil {
		return nil, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), attendWait)
		defer cancel()
		_ = b.stream.DeleteConsumer(ctx, reader.CachedInfo().Name) // left alone it ends by itself
	}()
	events, err := take(ctx, reader, limit)
	if err != nil || len(events) > 0 || wait <= 0 {
		return events, err
	}
	first, err := await(ctx, reader, 1, wait)
	if err != nil || len(first) == 0 || limit == 1 {
		return first, err
	}
	rest, err := take(ctx, reader, limit-1)
	return append(first, rest...), err
}

// reader makes a consumer for one Fetch. It remembers nothing.
func (b *Bus) reader(ctx context.Context, types []string, after uint64) (jetstream.Consumer, error) {
	subjects, err := b.names.filters(types)
	if err != nil {
		return nil, err
	}
	info, err := b.stream.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the stream: %w", err)
	}
	if after > info.State.LastSeq {
		return nil, ErrAhead
	}
	reader, err := b.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		FilterSubjects:    subjects,
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       after + 1,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		InactiveThreshold: maxWait + attendWait,
	})
	if err != nil {
		return nil, fmt.Errorf("read the stream: %w", err)
	}
	return reader, nil
}

// await returns the events that come within a time, as soon as there is one.
func await(ctx context.Context, reader jetstream.Consumer, limit int, wait time.Duration) ([]Sequenced, error) {
	within, done := context.WithTimeout(ctx, wait) // the server ends the wait a little earlier
	defer done()
	batch, err := reader.Fetch(limit, jetstream.FetchContext(within))
	if err == nil {
		var events []Sequenced
		if events, err = drain(within, batch); err == nil {
			return events, nil
		}
	}
	deadline, _ := within.Deadline()
	if !time.Now().Before(deadline) && ctx.Err() == nil { // the time is over a little before its context says so
		return nil, nil
	}
	return nil, fmt.Errorf("read the stream: %w", err)
}

// take returns the next events of those that are there.
func take(ctx context.Context, reader jetstream.Consumer, limit int) ([]Sequenced, error) {
	batch, err := reader.FetchNoWait(limit)
	if err != nil {
		return nil, fmt.Errorf("read the stream: %w", err)
	}
	return drain(ctx, batch)
}

func drain(ctx context.Context, batch jetstream.MessageBatch) (events []Sequenced, err error) {
	for {
		select {
		case msg, more := <-batch.Messages():
			if !more {
				return events, batch.Error()
			}
			event, err := decode(msg)
			if err != nil {
				return nil, err
			}
			events = append(events, event)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// decode reads an event from a message of the stream. When the message is no event
// it returns what is known of it with the error.
func decode(msg jetstream.Msg) (Sequenced, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return Sequenced{}, err
	}
	read := Sequenced{Sequence: meta.Sequence.Stream, At: meta.Timestamp.UTC()}
	if err := json.Unmarshal(msg.Data(), &read.Event); err != nil {
		read.Event.ID = msg.Headers().Get(jetstream.MsgIDHeader)
		return read, fmt.Errorf("message %d of the stream is no event: %w", read.Sequence, err)
	}
	return read, nil
}
