package services

import (
	"context"

	"dobosh/internal/bus"
)

// Hear takes an event in, as the bus would.
func (r *Room) Hear(ctx context.Context, e bus.Event) error {
	commit, err := r.hear(ctx, e)
	if err != nil {
		return err
	}
	return r.DB.Write(ctx, commit)
}

// Seal does what the call that made a decision does next.
func (r *Room) Seal(ctx context.Context, decision string) error {
	return r.sealLater(ctx, decision)
}

// The schedule of payments.
var Schedule = schedule
