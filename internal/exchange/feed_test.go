package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

func startBus(tb testing.TB, dir string) *bus.Bus {
	tb.Helper()
	b := must[*bus.Bus](tb)(bus.Start(tb.Context(), bus.Config{Dir: dir, Name: "test"}, slog.New(slog.DiscardHandler)))
	tb.Cleanup(func() {
		if err := b.Close(); err != nil {
			tb.Error(err)
		}
	})
	return b
}

func birth(id, area string) bus.Event {
	return bus.Event{SpecVersion: "1.0", ID: id, Source: civilID.String(), Type: "rs.births.registered", Subject: "birth-" + id, Time: morning,
		DataContentType: "application/json", Data: json.RawMessage(`{"area":"` + area + `"}`)}
}

// publish puts events into a node's stream.
func publish(tb testing.TB, b *bus.Bus, events ...bus.Event) {
	tb.Helper()
	for _, e := range events {
		if err := b.Publish(tb.Context(), e); err != nil {
			tb.Fatal(err)
		}
	}
}

// feed lets the state's node serve the events of a stream.
func (w *world) feed(f Feed) {
	events := w.state.ServeFeed(f)
	w.state.front = func(_ http.Handler, rw http.ResponseWriter, r *http.Request) { events.ServeHTTP(rw, r) }
}

// taken is a [Publisher] that remembers.
type taken struct {
	mu     sync.Mutex
	events []bus.Event
	err    error
}

func (p *taken) Publish(_ context.Context, e bus.Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	p.events = append(p.events, e)
	return nil
}

func (p *taken) ids() (ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.events {
		ids = append(ids, e.ID)
	}
	return ids
}

func eventually(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	deadline := time.After(20 * time.Second)
	for tick := time.NewTicker(2 * time.Millisecond); !done(); {
		select {
		case <-tick.C:
		case <-deadline:
			tb.Fatalf("not in time: %s", what)
		}
	}
}

// follow follows in the background and returns how to stop.
func (w *world) follow(db *storage.DB, to Publisher) (stop func()) {
	ctx, cancel := context.WithCancel(w.tb.Context())
	done := make(chan struct{})
	go func() { w.city.Follow(ctx, "births", db, to); close(done) }()
	return func() { cancel(); <-done }
}

func TestFeedGivesWhatWasAgreed(t *testing.T) {
	w := newWorld(t, nil)
	b := startBus(t, t.TempDir())
	other, foreign := birth("type", "80152"), birth("source", "80152")
	other.Type, foreign.Source = "rs.deaths.registered", family.String()
	broken := birth("data", "80152")
	broken.Data = json.RawMessage(`["80152"]`)
	publish(t, b, birth("1", "80152"), birth("2", "70017"), other, foreign, broken, birth("3", "80152"))
	w.feed(b)
	db := testkit.Database(t, storage.SQLite)(Migrations())
	var to taken
	stop := w.follow(db, &to)
	eventually(t, "the events of the area", func() bool { return slices.Equal(to.ids(), []string{"1", "3"}) })
	publish(t, b, birth("4", "80152"))
	eventually(t, "an event that happens now", func() bool { return slices.Equal(to.ids(), []string{"1", "3", "4"}) })
	stop()
	if seq, err := cursor(t.Context(), db, "births"); err != nil || seq != 7 {
		t.Errorf("the cursor stands at %d, %v", seq, err)
	}
}

// Both sides stop and start again; what happened meanwhile arrives once, in order.
func TestFollowerCatchesUp(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		w := newWorld(t, nil)
		dir := t.TempDir()
		b := startBus(t, dir)
		publish(t, b, birth("1", "80152"))
		w.feed(b)
		db := open(Migrations(), bus.Migrations())
		var to taken
		stop := w.follow(db, &to)
		eventually(t, "the first event", func() bool { return len(to.ids()) == 1 })
		eventually(t, "the cursor", func() bool { seq, err := cursor(t.Context(), db, "births"); return err == nil && seq == 1 })
		stop()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		for i := 2; i < 300; i++ {
			publish(t, b, birth(fmt.Sprint(i), "80152"))
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		w.feed(startBus(t, dir))
		stop = w.follow(open(Migrations(), bus.Migrations()), &to)
		eventually(t, "the rest", func() bool { return len(to.ids()) == 299 })
		stop()
		for i, id := range to.ids() {
			if id != fmt.Sprint(i+1) {
				t.Fatalf("%d-th is %s", i+1, id)
			}
		}
	})
}

// Where taking an event in fails after others were taken in, all come again, and
// the stream here knows by the id which it has.
func TestDoubledEventsAreOne(t *testing.T) {
	w := newWorld(t, nil)
	w.feed(fixedFeed{{Sequence: 1, Event: birth("1", "80152")}, {Sequence: 2, Event: birth("1", "80152")}, {Sequence: 3, Event: birth("2", "80152")}})
	db := testkit.Database(t, storage.SQLite)(Migrations(), bus.Migrations())
	mine := startBus(t, t.TempDir())
	for range 2 {
		if err := w.city.followOnce(t.Context(), "births", db, mine); err != nil {
			t.Fatal(err)
		}
		if err := saveCursor(t.Context(), db, "births", 0); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	here, err := mine.Fetch(t.Context(), nil, 0, 100, 0)
	for _, e := range here {
		ids = append(ids, e.Event.ID)
	}
	if err != nil || !slices.Equal(ids, []string{"1", "2"}) {
		t.Errorf("%v, %v", ids, err)
	}
}

type fixedFeed []bus.Sequenced

func (f fixedFeed) Fetch(_ context.Context, _ []string, after uint64, _ int, _ time.Duration) (found []bus.Sequenced, err error) {
	for _, e := range f {
		if e.Sequence > after {
			found = append(found, e)
		}
	}
	return found, nil
}

func TestCursorWaitsForTheEventToBeTakenIn(t *testing.T) {
	w := newWorld(t, nil)
	w.feed(fixedFeed{{Sequence: 9, Event: birth("1", "80152")}})
	db := testkit.Database(t, storage.SQLite)(Migrations())
	to := taken{err: io.ErrShortWrite}
	if err := w.city.followOnce(t.Context(), "births", db, &to); err == nil {
		t.Error("an event that was not taken in")
	}
	if seq, err := cursor(t.Context(), db, "births"); err != nil || seq != 0 {
		t.Errorf("the cursor stands at %d, %v", seq, err)
	}
}

// A provider that lost its stream begins to count anew; the follower does too.
func TestFollowerBeginsAgainWithANewStream(t *testing.T) {
	w := newWorld(t, nil)
	b := startBus(t, t.TempDir())
	publish(t, b, birth("1", "80152"))
	w.feed(b)
	db := testkit.Database(t, storage.SQLite)(Migrations())
	if err := saveCursor(t.Context(), db, "births", 500); err != nil {
		t.Fatal(err)
	}
	var to taken
	stop := w.follow(db, &to)
	eventually(t, "the event of the new stream", func() bool { return slices.Equal(to.ids(), []string{"1"}) })
	stop()
}

// A provider cannot put events into the follower's stream that were not agreed.
func TestFollowerTakesOnlyWhatWasAgreed(t *testing.T) {
	internal := birth("x", "80152")
	internal.Type = "payments.released"
	foreign := birth("y", "80152")
	foreign.Source = family.String()
	for name, page := range map[string]string{
		"another type":   pageOf(t, 5, internal),
		"another source": pageOf(t, 5, foreign),
		"another area":   pageOf(t, 5, birth("z", "1")),
		"a step back":    pageOf(t, 0, birth("z", "80152")),
		"far ahead":      `{"events":[],"next":18446744073709551615}`,
		"no JSON":        "<html>",
	} {
		w := newWorld(t, nil)
		w.state.front = func(_ http.Handler, rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, page) }
		db := testkit.Database(t, storage.SQLite)(Migrations())
		if err := saveCursor(t.Context(), db, "births", 1); err != nil {
			t.Fatal(err)
		}
		var to taken
		err := w.city.followOnce(t.Context(), "births", db, &to)
		if len(to.ids()) != 0 {
			t.Errorf("%s: taken in", name)
		}
		if left := strings.HasPrefix(name, "another"); left != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func pageOf(t *testing.T, next uint64, events ...bus.Event) string {
	t.Helper()
	return string(must[[]byte](t)(json.Marshal(feedPage{Events: events, Next: next})))
}

func TestFeedRefuses(t *testing.T) {
	get := func(w *world, query string, change ...func(*http.Request)) (int, string) {
		rw := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, eventsPath+query, nil)
		r.TLS = w.connection(t)
		for _, c := range change {
			c(r)
		}
		w.state.ServeFeed(fixedFeed{}).ServeHTTP(rw, r)
		var refusal Refusal
		_ = json.Unmarshal(rw.Body.Bytes(), &refusal) // a page has no code
		return rw.Code, refusal.Code
	}
	lapse := func(w *world) { w.law.lapsed = "zfpp/48" }
	for name, c := range map[string]struct {
		query  string
		status int
		code   string
		change func(*world)
	}{
		"all is well":      {"?contract=births&after=0", 200, "", nil},
		"no cursor":        {"?contract=births", 422, "message-forged", nil},
		"broken cursor":    {"?contract=births&after=-1", 422, "message-forged", nil},
		"no contract":      {"?after=0", 403, "contract-missing", nil},
		"unknown contract": {"?contract=none&after=0", 403, "contract-missing", nil},
		"without events":   {"?contract=plain&after=0", 403, "contract-missing", nil},
		"provision lapsed": {"?contract=births&after=0", 403, "provision-not-in-force", lapse},
		"contract ended": {"?contract=births&after=0", 403, "contract-ended", func(w *world) {
			w.state.clock.Set(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC))
		}},
		"ahead of the stream": {"?contract=births&after=7", 410, beginAgain, nil},
	} {
		w := newWorld(t, nil)
		plain := contract()
		plain.ID, plain.Events = "plain", nil
		w.agree(plain)
		if c.change != nil {
			c.change(w)
		}
		status, code := get(w, c.query)
		if name == "ahead of the stream" {
			w.feed(startBus(t, t.TempDir()))
			_, err := w.city.fetchFeed(t.Context(), must2(w.authority.State().Contract("births")), 7)
			wantCode(t, err, beginAgain)
			continue
		}
		if status != c.status || code != c.code {
			t.Errorf("%s: %d %q", name, status, code)
		}
	}
	w := newWorld(t, nil)
	if status, code := get(w, "?contract=births&after=0", func(r *http.Request) { r.TLS = nil }); status != 401 || code != "peer-unknown" {
		t.Errorf("without a key: %d %s", status, code)
	}
	w.say(registry.Statement{Node: &registry.Node{Member: city, Name: "n1"}})
	if status, code := get(w, "?contract=births&after=0"); status != 401 || code != "peer-unknown" {
		t.Errorf("with a key taken out of the registry: %d %s", status, code)
	}
}

func must2[T any](v T, _ bool) T { return v }
