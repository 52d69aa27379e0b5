package bus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

func TestEventReachesEveryConsumer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.consume(bus.Consumer{Name: "all", Handle: effect("all")})
		w.consume(bus.Consumer{Name: "births", Types: []string{"rs.births.registered", "rs.births.corrected"}, Handle: effect("births")})
		w.consume(bus.Consumer{Name: "deaths", Types: []string{"rs.deaths.registered"}, Handle: effect("deaths")})
		w.enqueue("a", "b")
		w.enqueue("c")
		want := []string{"a", "b", "c"}
		for _, name := range []string{"all", "births"} {
			testkit.Eventually(w.t, name+" has done all", func() bool { return slices.Equal(w.effectsOf(name), want) })
		}
		if got := w.effectsOf("deaths"); len(got) > 0 {
			t.Errorf("the consumer of another type did %q", got)
		}
		testkit.Eventually(w.t, "nothing waits", func() bool {
			n, err := w.relay.Waiting(t.Context())
			return n == 0 && err == nil
		})
	})
}

func TestRolledBackTransactionPublishesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		undone := errors.New("undone")
		err := w.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			return errors.Join(bus.Enqueue(ctx, tx, event("never")), undone)
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		w.enqueue("after")
		got := fetch(t, w.bus, 0, 1)
		if len(got) != 1 || got[0].Event.ID != "after" {
			t.Errorf("the first event is %v", got)
		}
	})
}

func TestEventsKeepTheirOrder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		want := events(0, 600) // more than the relay publishes at once
		for chunk := range slices.Chunk(want, 50) {
			w.enqueue(chunk...)
		}
		var got []string
		w.consume(bus.Consumer{Name: "order", Handle: func(_ context.Context, ev bus.Event) (bus.Commit, error) {
			return func(_ context.Context, tx *storage.Tx) error {
				tx.AfterCommit(func() { got = append(got, ev.ID) }) // one worker: no two at once
				return nil
			}, nil
		}})
		testkit.Eventually(w.t, "all are marked", func() bool { return w.count(`select count(*) from bus_consumed`) == len(want) })
		w.stop()
		if !slices.Equal(got, want) {
			t.Errorf("the order is %q", got)
		}
	})
}

func (w *world) count(query string) (n int) {
	w.t.Helper()
	if err := w.db.Read(w.t.Context()).QueryRowContext(w.t.Context(), query).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// The stream forgets ids after a while; the marks do not.
func TestDoubledEventIsHandledOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var handled tally
		w.consume(bus.Consumer{Name: "once", Handle: func(ctx context.Context, ev bus.Event) (bus.Commit, error) {
			handled.add(ev.ID)
			return effect("once")(ctx, ev)
		}})
		for range 2 { // the stream knows the id
			if err := w.bus.Publish(t.Context(), event("a")); err != nil {
				t.Fatal(err)
			}
		}
		testkit.Eventually(w.t, "a is handled", func() bool { return len(w.effectsOf("once")) == 1 })
		w.publishRaw("another message id", event("a"))
		w.enqueue("b")
		testkit.Eventually(w.t, "b is handled", func() bool { return slices.Contains(w.effectsOf("once"), "b") })
		if got := w.effectsOf("once"); !slices.Equal(got, []string{"a", "b"}) || handled.of("a") != 1 {
			t.Errorf("effects are %q, a was prepared %d times", got, handled.of("a"))
		}
	})
}

// publishRaw sends an event through the outbox under a message id of its own, as
// the relay of another node would after its stream forgot the first.
func (w *world) publishRaw(id string, ev bus.Event) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(ctx context.Context, tx *storage.Tx) error { return bus.Put(ctx, tx, id, ev) })
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestFailureIsTriedAgain(t *testing.T) {
	fail := map[string]func(int) (bus.Commit, error){
		"prepare": func(int) (bus.Commit, error) { return nil, errors.New("the register is down") },
		"panic":   func(int) (bus.Commit, error) { panic("in Handle") },
		"commit": func(int) (bus.Commit, error) {
			return func(context.Context, *storage.Tx) error { return errors.New("not now") }, nil
		},
	}
	each(t, func(t *testing.T, w *world) {
		for name, failing := range fail {
			t.Run(name, func(t *testing.T) {
				var attempts tally
				w.consume(bus.Consumer{Name: name, Handle: func(ctx context.Context, ev bus.Event) (bus.Commit, error) {
					if n := attempts.add(ev.ID); n < 3 {
						return failing(n)
					}
					return effect(name)(ctx, ev)
				}})
				w.enqueue("of " + name)
				testkit.Eventually(w.t, "it works in the end", func() bool { return slices.Contains(w.effectsOf(name), "of "+name) })
				if n := attempts.of("of " + name); n != 3 {
					t.Errorf("%d attempts, want 3", n)
				}
			})
		}
	})
}

func TestPoisonIsPutAsideAndRevived(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var attempts tally
		var healed tally
		room := w.consume(bus.Consumer{Name: "strict", Handle: func(ctx context.Context, ev bus.Event) (bus.Commit, error) {
			attempts.add(ev.ID)
			if strings.HasPrefix(ev.ID, "poison") && healed.of("all") == 0 {
				return nil, fmt.Errorf("cannot stomach %s\x00\xff", ev.ID)
			}
			return effect("strict")(ctx, ev)
		}})
		w.consume(bus.Consumer{Name: "other", Handle: effect("other")})
		w.enqueue("poison1", "a", "poison2", "b")
		testkit.Eventually(w.t, "the others are handled", func() bool { return slices.Equal(w.effectsOf("strict"), []string{"a", "b"}) })
		testkit.Eventually(w.t, "the poison is put aside", func() bool { return w.count(`select count(*) from work_jobs where dead > 0`) == 2 })

		dead, err := room.Dead(t.Context(), "strict", "", 0)
		if err != nil || len(dead.Items) != 2 {
			t.Fatalf("put aside: %+v, %v", dead, err)
		}
		for _, d := range dead.Items {
			var ev bus.Event
			if err := json.Unmarshal([]byte(d.Job), &ev); err != nil || d.Tries != 3 || attempts.of(ev.ID) != 3 ||
				ev.Subject != "birth-"+ev.ID || d.Fault != "cannot stomach "+ev.ID {
				t.Errorf("put aside: %+v, %v", d, err)
			}
		}

		healed.add("all")
		poison := event("poison1").Key()
		if err := room.TryAgain(t.Context(), "strict", poison); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(w.t, "the revived is handled", func() bool { return slices.Contains(w.effectsOf("strict"), "poison1") })
		testkit.Eventually(w.t, "it is gone", func() bool { return problem.HasCode(room.TryAgain(t.Context(), "strict", poison), "job-unknown") })
		w.enqueue("last")
		testkit.Eventually(w.t, "the last is handled", func() bool { return slices.Contains(w.effectsOf("other"), "last") })
		if got := w.effectsOf("other"); len(got) != 5 {
			t.Errorf("the other consumer did %q, want each once", got)
		}
	})
}

func TestMessageThatIsNoEventIsPutAside(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		room := w.consume(bus.Consumer{Name: "strict", Handle: effect("strict")})
		if err := bus.PublishText(t.Context(), w.bus, "garbage", "rs.births.registered", "{"); err != nil {
			t.Fatal(err)
		}
		w.enqueue("a")
		testkit.Eventually(w.t, "the next is handled", func() bool { return slices.Equal(w.effectsOf("strict"), []string{"a"}) })
		var dead page.Page[work.Dead]
		testkit.Eventually(w.t, "the garbage is put aside", func() (is bool) {
			dead, _ = room.Dead(t.Context(), "strict", "", 0)
			return len(dead.Items) == 1
		})
		if !strings.Contains(dead.Items[0].Job, `"id":"garbage"`) {
			t.Errorf("put aside: %+v", dead)
		}
	})
}

func TestEnqueueRefuses(t *testing.T) {
	cases := map[string]struct {
		spoil func(*bus.Event)
		want  string
	}{
		"id":      {func(ev *bus.Event) { ev.ID = "" }, "no id"},
		"source":  {func(ev *bus.Event) { ev.Source = "" }, "no source"},
		"type":    {func(ev *bus.Event) { ev.Type = "rs..births" }, `type "rs..births"`},
		"star":    {func(ev *bus.Event) { ev.Type = "rs.*" }, `type "rs.*"`},
		"time":    {func(ev *bus.Event) { ev.Time = time.Time{} }, "no time"},
		"version": {func(ev *bus.Event) { ev.SpecVersion = "0.3" }, `specversion is "0.3"`},
		"long":    {func(ev *bus.Event) { ev.Subject = strings.Repeat("x", 513) }, "more than 512 bytes"},
		"data":    {func(ev *bus.Event) { ev.Data = []byte("{") }, "not JSON"},
		"size":    {func(ev *bus.Event) { ev.Data = []byte(`"` + strings.Repeat("x", 64<<10) + `"`) }, "at most 65536"},
	}
	each(t, func(t *testing.T, w *world) {
		for name, c := range cases {
			ev := event("a")
			c.spoil(&ev)
			enqueue := func(ctx context.Context, tx *storage.Tx) error { return bus.Enqueue(ctx, tx, ev) }
			for how, err := range map[string]error{"enqueue": w.db.Write(t.Context(), enqueue), "publish": w.bus.Publish(t.Context(), ev)} {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s, %s: error %v, want one with %q", name, how, err, c.want)
				}
			}
		}
		w.enqueue("a")
		err := w.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error { return bus.Enqueue(ctx, tx, event("a")) })
		if !storage.IsUnique(err) {
			t.Errorf("the same id twice: %v", err)
		}
	})
}

func TestConsumeRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, c := range map[string]bus.Consumer{
			"no name":            {Handle: effect("x"), Later: never},
			"bad name":           {Name: "a.b", Handle: effect("x"), Later: never},
			"bad types":          {Name: "x", Types: []string{"rs.>"}, Handle: effect("x"), Later: never},
			"nobody handles":     {Name: "x", Later: never},
			"nobody tries again": {Name: "x", Handle: effect("x")},
		} {
			if err := w.bus.Consume(t.Context(), w.db, c); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
	})
}

// never takes over what does not come.
func never(context.Context, *storage.Tx, bus.Event, error) error {
	return errors.New("nothing was expected to fail")
}
