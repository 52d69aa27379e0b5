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

// KeepSwept destroys the keys of the days that are over, until ctx ends.
func (l *Log) KeepSwept(ctx context.Context, now clock.Now, log *slog.Logger) {
	for {
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
