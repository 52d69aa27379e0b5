package journal

import (
	"context"
	"log/slog"
	"time"

	"dobosh/internal/kit/clock"
)

// sweepEvery is how often it is looked whether a day is over until which bodies
// were to be kept.
const sweepEvery = time.Hour

// sureEvery is how often it is looked whether the clock can be believed again.
const sureEvery = time.Second

// KeepSwept destroys the keys of the days that are over, until ctx ends; while the
// clock is not sure to be right it waits, since a key that is gone never comes back.
func (l *Log) KeepSwept(ctx context.Context, now clock.Now, sure func() bool, log *slog.Logger) {
	for {
		if !sure() {
			if clock.Pause(ctx, sureEvery) != nil {
				return
			}
			continue
		}
		switch periods, err := l.Sweep(ctx, now()); {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.ErrorContext(ctx, "bodies whose retention has ended are still there", slog.Any("error", err))
		case periods > 0:
			log.InfoContext(ctx, "bodies of the journal were erased, since their retention has ended", slog.Int("days", periods))
		}
		if clock.Pause(ctx, sweepEvery) != nil {
			return
		}
	}
}
