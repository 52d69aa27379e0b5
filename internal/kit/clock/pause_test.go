package clock_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"dobosh/internal/kit/clock"
)

func TestPauseEndsWithItsContext(t *testing.T) {
	if err := clock.Pause(t.Context(), time.Microsecond); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := clock.Pause(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
