package clock

import (
	"context"
	"time"
)

// Pause waits for d of the machine's time, or returns the error of ctx when that
// ends first.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
