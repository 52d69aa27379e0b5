package demo_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/demo"
	"dobosh/internal/testkit"
)

// Whoever starts the demonstration, the first time or again, is warned of nothing: that
// something waits for another node, or for a clock that nobody has confirmed yet, is no
// fault.
func TestNothingIsWarnedOfAtTheStart(t *testing.T) {
	dir := t.TempDir()
	for _, start := range []string{"first", "second"} {
		t.Run(start, func(t *testing.T) {
			var said testkit.Buffer
			log := slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
			ctx, cancel := context.WithCancel(context.Background())
			d, err := demo.Start(ctx, demo.Options{Dir: dir, Listen: "127.0.0.1:0", Log: log, Now: clock.System})
			if err != nil {
				cancel()
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- d.Serve(ctx) }()
			for _, node := range []string{demo.City, demo.Registers, demo.Supervisor} {
				answers(t, d.URL(node))
				testkit.Eventually(t, "the clock of "+node+" is confirmed", func() bool {
					return strings.Contains(said.String(), `msg="the clock of this node agrees with those of others" node=`+node)
				})
			}
			cancel()
			if err := errors.Join(<-ended, d.Close()); err != nil {
				t.Error(err)
			}
			for line := range strings.Lines(said.String()) {
				if strings.Contains(line, "level=WARN") || strings.Contains(line, "level=ERROR") {
					t.Error(line)
				}
			}
		})
	}
}
