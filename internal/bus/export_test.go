package bus

import (
	"context"

	"dobosh/internal/storage"
)

// Put adds an event to the outbox under another id than its own.
func Put(ctx context.Context, tx *storage.Tx, id string, ev Event) error {
	return put(ctx, tx, id, ev)
}

// PublishText sends any text to the stream.
func PublishText(ctx context.Context, b *Bus, id, eventType, text string) error {
	_, err := b.js.PublishMsg(ctx, b.names.message(id, eventType, []byte(text)))
	return err
}

// Readers returns how many consumers the stream has.
func Readers(ctx context.Context, b *Bus) int {
	info, err := b.stream.Info(ctx)
	if err != nil {
		return 0
	}
	return info.State.Consumers
}

// Abandon cancels what runs, as Close does when its grace is over.
func Abandon(b *Bus) { b.abandon() }
