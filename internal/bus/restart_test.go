package bus_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// The process is stopped again and again while events are enqueued and handled.
func TestRestartsLoseNothingAndDoNothingTwice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const rounds, perRound = 4, 50
		consumer := bus.Consumer{Name: "steady", Workers: 4, Handle: effect("steady")}
		for round := range rounds {
			w.consume(consumer)
			for chunk := range slices.Chunk(events(round*perRound, (round+1)*perRound), 7) {
				w.enqueue(chunk...)
			}
			testkit.Eventually(w.t, "some are handled", func() bool { return len(w.effectsOf("steady")) > round*perRound })
			w.stop()
			w.start()
		}
		w.consume(consumer)
		want := events(0, rounds*perRound)
		testkit.Eventually(w.t, "all are handled", func() bool { return len(w.effectsOf("steady")) >= len(want) })
		w.stop()
		w.start()
		if got := w.effectsOf("steady"); !slices.Equal(got, want) {
			t.Errorf("%d effects, want %d, each once", len(got), len(want))
		}
	})
}

// A process that was killed held an event: it comes again at once, not only after
// the stream stops waiting for the dead.
func TestEventHeldByADeadProcessComesAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		holds := make(chan struct{}, 1)
		w.consume(bus.Consumer{Name: "heir", Timeout: time.Hour, Handle: func(ctx context.Context, _ bus.Event) (bus.Commit, error) {
			holds <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		w.enqueue("a")
		<-holds
		bus.Abandon(w.bus)
		w.stop()
		w.start()
		w.consume(bus.Consumer{Name: "heir", Timeout: time.Hour, Handle: effect("heir")})
		testkit.Eventually(w.t, "the heir has it", func() bool { return slices.Equal(w.effectsOf("heir"), []string{"a"}) })
	})
}

// The database was put back from a copy that is older than where its consumers stand in the
// stream: what was handled since comes again, and what the copy knows to be handled does not.
func TestARestoredDatabaseHearsAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		consumer := bus.Consumer{Name: "restored", Handle: effect("restored")}
		w.consume(consumer)
		w.enqueue("a", "b", "c")
		testkit.Eventually(w.t, "all are handled", func() bool { return len(w.effectsOf("restored")) == 3 })
		err := w.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			for _, forget := range []string{`delete from effects where event_id in ('b', 'c')`, `delete from bus_consumed where consumer = 'restored' and event_id in (select event_id from bus_consumed where consumer = 'restored' order by event_id desc limit 2)`} {
				if _, err := tx.ExecContext(ctx, forget); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.stop()
		w.start()
		w.bus.Anew()
		w.consume(consumer)
		testkit.Eventually(w.t, "what came since the copy is handled again", func() bool { return slices.Equal(w.effectsOf("restored"), []string{"a", "b", "c"}) })
	})
}

func TestCloseWaitsForWhatRuns(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		holds, release := make(chan struct{}), make(chan struct{})
		w.consume(bus.Consumer{Name: "slow", Handle: func(ctx context.Context, ev bus.Event) (bus.Commit, error) {
			close(holds)
			<-release
			return effect("slow")(ctx, ev)
		}})
		w.enqueue("a")
		<-holds
		closed := make(chan error)
		go func() { closed <- w.bus.Close() }()
		testkit.Eventually(t, "closing has begun", func() bool { return errors.Is(w.bus.Publish(t.Context(), event("b")), bus.ErrClosed) })
		close(release)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if got := w.effectsOf("slow"); !slices.Equal(got, []string{"a"}) {
			t.Errorf("effects are %q", got)
		}
	})
}

// The folder of the stream is gone, or is that of another: what the outbox still
// has is published again, and nobody does anything twice.
func TestLostStreamIsFilledAgain(t *testing.T) {
	strangers := map[string]int{"empty": 0, "short": 2, "long": 40}
	for name, others := range strangers {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				consumer := bus.Consumer{Name: "careful", Handle: effect("careful")}
				w.consume(consumer)
				w.enqueue(events(0, 20)...)
				testkit.Eventually(w.t, "all are handled", func() bool { return len(w.effectsOf("careful")) == 20 })
				testkit.Eventually(w.t, "all are marked", func() bool { n, _ := w.relay.Waiting(t.Context()); return n == 0 })
				w.stop()
				if err := os.RemoveAll(w.dir); err != nil {
					t.Fatal(err)
				}
				w.db = w.open(bus.Migrations(), work.Migrations(), effects)
				w.bus = startBus(t, w.dir)
				for _, id := range events(100, 100+others) {
					if err := w.bus.Publish(t.Context(), event(id)); err != nil {
						t.Fatal(err)
					}
				}
				w.startRelay()
				w.enqueue("new")
				w.consume(consumer)
				testkit.Eventually(w.t, "the new one is handled", func() bool { return slices.Contains(w.effectsOf("careful"), "new") })
				if got := w.effectsOf("careful"); len(got) != 21+others {
					t.Errorf("effects are %q, want each once", got)
				}
				if got := fetch(t, w.bus, 0, 1000); len(got) != 21+others {
					t.Errorf("%d events in the stream, want %d", len(got), 21+others)
				}
			})
		})
	}
}

func TestCleanKeepsWhatIsYoungOrWaits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.consume(bus.Consumer{Name: "c", Handle: effect("c")})
		w.enqueue(events(0, 1200)...)
		testkit.Reaches(t, "handled", func() int { return w.count(`select count(*) from bus_consumed`) }, 1200)
		testkit.Eventually(w.t, "all are published", func() bool { n, _ := w.relay.Waiting(t.Context()); return n == 0 })
		for _, c := range []struct {
			ahead            time.Duration
			outbox, consumed int
		}{{23 * time.Hour, 1200, 1200}, {25 * time.Hour, 0, 1200}, {15 * 24 * time.Hour, 0, 0}} {
			later := clock.NewManual(time.Now().Add(c.ahead))
			relay, err := w.bus.Relay(w.db, later.Now)
			if err != nil {
				t.Fatal(err)
			}
			if err := relay.Clean(t.Context()); err != nil {
				t.Fatal(err)
			}
			outbox, consumed := w.count(`select count(*) from bus_outbox`), w.count(`select count(*) from bus_consumed`)
			if outbox != c.outbox || consumed != c.consumed {
				t.Errorf("after %v: %d in the outbox, %d marks; want %d, %d", c.ahead, outbox, consumed, c.outbox, c.consumed)
			}
		}
	})
}

func TestStartRefuses(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"no folder": "", "a file": file} {
		if b, err := bus.Start(t.Context(), bus.Config{Dir: dir, Name: "x"}, quiet); err == nil {
			t.Errorf("%s: no error", name)
			_ = b.Close()
		}
	}
	var none storage.DB
	b := startBus(t, t.TempDir())
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Consume(t.Context(), &none, bus.Consumer{Name: "x", Handle: effect("x"), Later: never}); err == nil {
		t.Error("a closed bus takes a consumer")
	}
}
