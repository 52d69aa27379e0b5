package bus_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

// TestMain finds goroutines that a closed bus or database left behind. The test
// server of PostgreSQL lives as long as the program.
func TestMain(m *testing.M) {
	testkit.NoneLeft(m, "github.com/nats-io/nats.go/jetstream.(*pullConsumer).fetch.func1") // ends within a second of what it was asked for
}

var (
	morning = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	quiet   = slog.New(slog.DiscardHandler)
	// effects is what the consumers of these tests change.
	effects = fstest.MapFS{"0901_effects.sql": {Data: []byte(`
		create table effects (consumer text not null, event_id text not null);
		create table births (id text primary key);
	`)}}
)

// world is one process: a database, a bus on a folder, and a relay between them.
type world struct {
	t      testing.TB
	ends   []func() // of those who try again
	open   func(...fs.FS) *storage.DB
	dir    string     // of the bus in this process
	config bus.Config // of another one
	db     *storage.DB
	bus    *bus.Bus
	relay  *bus.Relay
}

// each runs a test on both engines in a new world.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		w := &world{t: t, open: open, dir: t.TempDir()}
		w.start()
		test(t, w)
	})
}

// start starts the process, or starts it again where the last one ended.
func (w *world) start() {
	w.t.Helper()
	w.db = w.open(bus.Migrations(), work.Migrations(), effects)
	if w.config.Name == "" {
		w.config = bus.Config{Dir: w.dir, Name: "test"}
	}
	w.bus = openBus(w.t, w.config)
	if err := w.bus.Settle(w.t.Context(), w.db); err != nil {
		w.t.Fatal(err)
	}
	w.startRelay()
}

func (w *world) startRelay() {
	w.t.Helper()
	var err error
	if w.relay, err = w.bus.Relay(w.db, clock.System); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) stop() {
	w.t.Helper()
	if err := w.bus.Close(); err != nil {
		w.t.Error(err)
	}
	for _, end := range w.ends {
		end()
	}
	w.ends = nil
	if err := w.db.Close(); err != nil {
		w.t.Error(err)
	}
}

func startBus(t testing.TB, dir string) *bus.Bus {
	t.Helper()
	return openBus(t, bus.Config{Dir: dir, Name: "test"})
}

func openBus(t testing.TB, config bus.Config) *bus.Bus {
	t.Helper()
	b, err := bus.Start(t.Context(), config, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close the bus: %v", err)
		}
	})
	return b
}

func event(id string) bus.Event {
	return bus.Event{SpecVersion: "1.0", ID: id, Source: "RS-DEMO/GOV/REGISTERS/civil", Type: "rs.births.registered", Subject: "birth-" + id,
		Time: morning, Data: json.RawMessage(`{"area":"80438"}`)}
}

func events(from, to int) (ids []string) {
	for i := from; i < to; i++ {
		ids = append(ids, fmt.Sprintf("e%04d", i))
	}
	return ids
}

// enqueue enqueues events in one transaction.
func (w *world) enqueue(ids ...string) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		for _, id := range ids {
			if err := bus.Enqueue(ctx, tx, event(id)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// consume starts a consumer whose room tries three times.
func (w *world) consume(c bus.Consumer) *work.Runner {
	w.t.Helper()
	again := &work.Queue[bus.Event]{Name: c.Name, Attempts: 3, Retry: work.Doubling(time.Millisecond, time.Millisecond), Do: func(ctx context.Context, t *work.Try[bus.Event]) error {
		if err := t.Job.Check(); err != nil {
			return work.Final(err)
		}
		commit, err := c.Handle(ctx, t.Job)
		if err != nil {
			return err
		}
		return t.End(ctx, commit)
	}}
	runner := work.New(w.db, clock.System, quiet, c.Name)
	runner.Register(again)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); runner.Run(ctx) }()
	end := func() { stop(); <-ended }
	w.ends = append(w.ends, end)
	w.t.Cleanup(end)
	c.Later = func(ctx context.Context, tx *storage.Tx, ev bus.Event, cause error) error {
		return again.Add(ctx, tx, ev.Key(), ev, work.After(cause))
	}
	if err := w.bus.Consume(w.t.Context(), w.db, c); err != nil {
		w.t.Fatal(err)
	}
	return runner
}

// effect is a Handle that leaves a row for each commit.
func effect(consumer string) func(context.Context, bus.Event) (bus.Commit, error) {
	return func(_ context.Context, ev bus.Event) (bus.Commit, error) {
		return func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ExecContext(ctx, `insert into effects (consumer, event_id) values ($1, $2)`, consumer, ev.ID)
			return err
		}, nil
	}
}

// blocked is a Handle that holds an event until it is cancelled.
func blocked(holds chan<- struct{}) func(context.Context, bus.Event) (bus.Commit, error) {
	return func(ctx context.Context, _ bus.Event) (bus.Commit, error) {
		holds <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}
}

// effectsOf returns what a consumer did, in no order.
func (w *world) effectsOf(consumer string) []string {
	w.t.Helper()
	rows, err := w.db.Read(w.t.Context()).QueryContext(w.t.Context(), `select event_id from effects where consumer = $1 order by event_id`, consumer)
	ids, err := storage.All(rows, err, func(scan storage.Scan) (id string, err error) { return id, scan(&id) })
	if err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// tally counts by name.
type tally struct {
	mu sync.Mutex
	n  map[string]int // guarded by mu
}

func (c *tally) add(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[name]++
	return c.n[name]
}

func (c *tally) of(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[name]
}
