package events

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

func TestFollowerGetsWhatWasAgreed(t *testing.T) {
	w := newWorld(t)
	other, foreign, broken := birth("type", "80152"), birth("source", "80152"), birth("data", "80152")
	other.Type, foreign.Source = "rs.deaths.registered", family.String()
	broken.Data = json.RawMessage(`["80152"]`)
	publish(t, w.state.Stream, birth("1", "80152"), birth("2", "70017"), other, foreign, broken, birth("3", "80152"))
	stop := inBackground(t, w.city.Follow)
	testkit.Eventually(t, "the events of the area", func() bool { return slices.Equal(ids(t, w.city.Stream), []string{"1", "3"}) })
	publish(t, w.state.Stream, birth("4", "80152"))
	testkit.Eventually(t, "an event that happens now", func() bool { return slices.Equal(ids(t, w.city.Stream), []string{"1", "3", "4"}) })
	testkit.Eventually(t, "the place", func() bool { at := w.at(); return at.place.number == 7 && at.taken == 3 && at.takenAt.Equal(morning) })
	stop()
}

// A page is a message: in the provider's journal before it leaves, and kept by
// the follower.
func TestPagesAreProved(t *testing.T) {
	w := newWorld(t)
	if err := w.take(); err != nil {
		t.Fatal(err)
	}
	if len(w.state.journal.of("events")) != 0 || len(w.city.journal.of("followed")) != 0 {
		t.Error("a page without news is in a journal")
	}
	publish(t, w.state.Stream, birth("1", "80152"))
	if err := w.take(); err != nil {
		t.Fatal(err)
	}
	given, kept := w.state.journal.of("events"), w.city.journal.of("followed")
	if len(given) != 1 || len(kept) != 1 || !bytes.Equal(given[0].Meta, kept[0].Meta) || !bytes.Equal(given[0].Body, kept[0].Body) || given[0].ID != kept[0].ID {
		t.Fatalf("given %v, kept %v", given, kept)
	}
	var p page
	if err := json.Unmarshal(given[0].Meta, &p); err != nil || p.Contract != "births" || p.After.number != 0 || p.Next.number != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestNothingLeavesWithoutAJournal(t *testing.T) {
	w := newWorld(t)
	publish(t, w.state.Stream, birth("1", "80152"))
	w.state.journal.stop(true)
	wantCode(t, w.take(), "journal-away")
	w.state.journal.stop(false)
	w.city.journal.stop(true)
	wantCode(t, w.take(), "journal-away")
	if got := ids(t, w.city.Stream); len(got) != 0 {
		t.Errorf("taken in: %v", got)
	}
	w.city.journal.stop(false)
	if err := w.take(); err != nil || len(ids(t, w.city.Stream)) != 1 {
		t.Error(err)
	}
}

// The city is away for a day while thousands of events come, and both stop and
// start again; everything arrives once, in order.
func TestADayAway(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		const missed = 5000
		w := newWorldOn(t, open)
		publish(t, w.state.Stream, birth("0", "80152"))
		stop := inBackground(t, w.city.Follow)
		testkit.Eventually(t, "the first event", func() bool { return w.at().place.number == 1 })
		stop()
		w.city.clock.Advance(24 * time.Hour)
		w.state.clock.Advance(24 * time.Hour)
		want := []string{"0"}
		var batch []bus.Event
		for i := 1; i <= missed; i++ {
			want = append(want, fmt.Sprint(i))
			batch = append(batch, birth(fmt.Sprint(i), "80152"))
		}
		publish(t, w.state.Stream, batch...)
		stop = inBackground(t, w.city.Follow)
		testkit.Eventually(t, "the rest", func() bool { return w.at().taken == missed+1 })
		stop()
		if got := ids(t, w.city.Stream); !slices.Equal(got, want) {
			t.Errorf("%d events, want %d in order", len(got), len(want))
		}
		if pages := len(w.city.journal.of("followed")); pages > 2+missed/maxPage {
			t.Errorf("caught up in %d pages", pages)
		}
	})
}

// One source has thousands to catch up, another one little: it is not held up.
func TestTurnsAreFair(t *testing.T) {
	w := newWorld(t)
	w.city.turns = make(chan struct{}, 1)
	deaths := contract()
	deaths.ID, deaths.Events = "deaths", []string{"rs.deaths.registered"}
	w.agree(deaths)
	var many []bus.Event
	for i := range 6 * maxPage {
		many = append(many, birth(fmt.Sprint(i), "80152"))
	}
	death := birth("death", "80152")
	death.Type = "rs.deaths.registered"
	publish(t, w.state.Stream, append(many, death)...)
	stop := inBackground(t, w.city.Follow)
	testkit.Reaches(t, "events that were followed", func() int { return len(ids(t, w.city.Stream)) }, len(many)+1)
	stop()
	if at := slices.Index(ids(t, w.city.Stream), "death"); at > 3*maxPage {
		t.Errorf("the death came behind %d births", at)
	}
}

// Where taking a page in fails halfway, all of it comes again, and the stream
// here knows which events it has.
func TestDoubledEventsAreOne(t *testing.T) {
	w := newWorld(t)
	publish(t, w.state.Stream, birth("1", "80152"), birth("2", "80152"))
	for range 2 {
		if err := w.take(); err != nil {
			t.Fatal(err)
		}
		if err := w.city.reached(t.Context(), fromState(), place{}, 0, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := ids(t, w.city.Stream); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("%v", got)
	}
}

// fullStream takes nothing in.
type fullStream struct{ Stream }

func (fullStream) PublishAll(context.Context, []bus.Event) (bus.Numbers, error) {
	return bus.Numbers{}, io.ErrShortWrite
}

func TestPlaceWaitsForTheEventsToBeTakenIn(t *testing.T) {
	w := newWorld(t)
	publish(t, w.state.Stream, birth("1", "80152"))
	w.city.Stream = fullStream{w.city.Stream}
	if err := w.take(); err == nil {
		t.Error("an event that was not taken in")
	}
	if at := w.at(); at.place != (place{}) || at.taken != 0 {
		t.Errorf("%+v", at)
	}
}

// A provider that lost its stream begins to count anew; the follower does too,
// also when the new stream has grown beyond its place.
func TestFollowerBeginsAgainWithANewStream(t *testing.T) {
	w := newWorld(t)
	publish(t, w.state.Stream, birth("1", "80152"), birth("2", "80152"))
	for _, p := range []place{{"another", 1}, {testkit.Must[bus.State](t)(w.state.Stream.State(t.Context())).ID, 500}} {
		if err := w.city.reached(t.Context(), fromState(), p, 0, nil); err != nil {
			t.Fatal(err)
		}
		_ = w.at()
		if err := w.city.reached(t.Context(), fromState(), p, 0, nil); err != nil {
			t.Fatal(err)
		}
		if err := w.take(); err != nil || w.at().place != (place{}) {
			t.Errorf("%s: %v, %+v", p, err, w.at())
		}
		if err := w.take(); err != nil || w.at().place.number != 2 {
			t.Errorf("%s: %v, %+v", p, err, w.at())
		}
	}
}

// What the provider no longer has is a hole that somebody sees.
func TestGoneEventsAreAHole(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		w := newWorldOn(t, open)
		small := startBus(t, bus.Config{Dir: t.TempDir(), MaxBytes: 4 << 10})
		w.state.Stream = small
		publish(t, small, birth("1", "80152"))
		if err := w.take(); err != nil {
			t.Fatal(err)
		}
		for i := 2; i < 60; i++ {
			publish(t, small, birth(fmt.Sprint(i), "80152"))
		}
		left := ids(t, small)
		if left[0] == "2" {
			t.Fatal("the stream forgot nothing")
		}
		for range 2 {
			if err := w.take(); err != nil {
				t.Fatal(err)
			}
		}
		if got := ids(t, w.city.Stream); !slices.Equal(got[1:], left) {
			t.Errorf("got %v, left %v", got, left)
		}
		oldest := testkit.Must[bus.State](t)(small.State(t.Context())).Oldest
		holes, err := w.city.holes(t.Context(), "", 10)
		if err != nil || len(holes.Items) != 1 {
			t.Fatalf("%+v, %v", holes, err)
		}
		h := holes.Items[0]
		if h.Reader != "births" || h.Node != "n1" || h.Available.Sub(oldest).Abs() > time.Microsecond || !h.Noticed.Equal(morning) || !strings.HasSuffix(h.Place, "-1") {
			t.Errorf("%+v, oldest %v", h, oldest)
		}
	})
}

// An operator lets everything since an instant come again.
func TestFollowAgain(t *testing.T) {
	w := newWorld(t)
	publish(t, w.state.Stream, birth("1", "80152"), birth("2", "80152"), birth("3", "80152"))
	if err := w.take(); err != nil {
		t.Fatal(err)
	}
	all := testkit.Must[[]bus.Sequenced](t)(w.state.Stream.Fetch(t.Context(), nil, 0, 3, 0))
	for i, want := range []int{3, 2, 1} {
		w.city.Stream = startBus(t, bus.Config{Dir: t.TempDir()})
		if known, err := w.city.followAgain(t.Context(), fromState(), all[i].At.Truncate(time.Microsecond)); err != nil || !known {
			t.Fatal(known, err)
		}
		if err := w.take(); err != nil {
			t.Fatal(err)
		}
		if got := ids(t, w.city.Stream); len(got) < want || got[len(got)-1] != "3" {
			t.Errorf("since the event %d: %v", i+1, got)
		}
		if at := w.at(); at.place.number != 3 || !at.again.IsZero() {
			t.Errorf("%+v", at)
		}
	}
	if known, err := w.city.followAgain(t.Context(), source{"none", "n1"}, morning); err != nil || known {
		t.Errorf("a source that is none: %v, %v", known, err)
	}
}

// message is a page as it travels.
type message struct {
	meta, body string
	stamp      string
}

// sign puts a page into a node's journal.
func (s *side) sign(tb testing.TB, p page, events ...bus.Event) message {
	tb.Helper()
	meta := testkit.Must[[]byte](tb)(json.Marshal(p))
	body := testkit.Must[[]byte](tb)(json.Marshal(events))
	stamp := testkit.Must[journal.Stamp](tb)(s.journal.Append(tb.Context(), journal.Entry{Kind: "events", ID: "by-hand", Meta: meta, Body: body}))
	return message{string(meta), string(body), stamp.Text()}
}

func (m message) send(w http.ResponseWriter, stamp journal.Stamp) {
	exchange.SetMessage(w.Header(), []byte(m.meta), stamp)
	_, _ = io.WriteString(w, m.body)
}

// A provider cannot put events into the follower's stream that were not agreed,
// and nobody else can put any.
func TestFollowerRefuses(t *testing.T) {
	internal, foreign, control := birth("x", "80152"), birth("y", "80152"), birth("c", "80152")
	internal.Type, foreign.Source, control.Subject = "payments.released", family.String(), "a\x00b"
	good := page{Version: 1, ID: "p", Contract: "births", After: place{"s", 1}, Next: place{"s", 5}, At: morning}
	change := func(by func(*page)) page { p := good; by(&p); return p }
	leftOut := map[string]message{}
	refused := map[string]message{}
	w := newWorld(t)
	for name, e := range map[string]bus.Event{"another type": internal, "another source": foreign, "another area": birth("z", "1"), "control characters": control} {
		leftOut[name] = w.state.sign(t, good, e)
	}
	for name, p := range map[string]page{
		"another contract": change(func(p *page) { p.Contract = "deaths" }),
		"an older page":    change(func(p *page) { p.After.number = 0 }),
		"another stream":   change(func(p *page) { p.After.stream, p.Next.stream = "t", "t" }),
		"a jump":           change(func(p *page) { p.Next.stream = "t" }),
		"a step back":      change(func(p *page) { p.Next.number = 0 }),
		"no step":          change(func(p *page) { p.Next.number = 1 }),
		"another version":  change(func(p *page) { p.Version = 2 }),
		"no id":            change(func(p *page) { p.ID = "" }),
	} {
		refused[name] = w.state.sign(t, p, birth("z", "80152"))
	}
	refused["no events"] = w.state.sign(t, good)
	refused["of another log"] = w.city.sign(t, good, birth("z", "80152"))
	forged := w.state.sign(t, good, birth("z", "80152"))
	forged.body = strings.Replace(forged.body, "birth-z", "birth-q", 1)
	refused["another body"] = forged
	forged = w.state.sign(t, good, birth("z", "80152"))
	forged.meta = strings.Replace(forged.meta, `"p"`, `"q"`, 1)
	refused["another message"] = forged
	for name, m := range leftOut {
		if err := w.receive(m); err != nil || w.at().place.number != 5 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, m := range refused {
		if err := w.receive(m); err == nil || w.at().place.number != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := ids(t, w.city.Stream); len(got) != 0 {
		t.Errorf("taken in: %v", got)
	}
}

// receive lets the city read a message that somebody made by hand, after the
// place s-1.
func (w *world) receive(m message) error {
	w.tb.Helper()
	stamp := testkit.Must[journal.Stamp](w.tb)(journal.ParseStamp(m.stamp))
	w.state.front = func(rw http.ResponseWriter, _ *http.Request) { m.send(rw, stamp) }
	_ = w.at()
	if err := w.city.reached(w.tb.Context(), fromState(), place{"s", 1}, 0, nil); err != nil {
		w.tb.Fatal(err)
	}
	return w.take()
}

func TestFollowerRefusesWhatIsNoPage(t *testing.T) {
	w := newWorld(t)
	_ = w.at()
	for name, front := range map[string]http.HandlerFunc{
		"html":                func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"no place":            func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"far ahead":           nextIs("s-18446744073709551615"),
		"a place back":        nextIs("s-0"),
		"another stream":      nextIs("t-2"),
		"without end":         func(w http.ResponseWriter, r *http.Request) { endless(w, r.Context()) },
		"a hole without end":  refusal(410, gone, map[string]string{"next": "s-0", "from": "2026-11-23T08:00:00Z"}),
		"a hole without time": refusal(410, gone, map[string]string{"next": "s-9", "from": "yesterday"}),
		"a hole to nowhere":   refusal(410, gone, nil),
	} {
		w.state.front = front
		if err := w.city.reached(t.Context(), fromState(), place{"s", 1}, 0, nil); err != nil {
			t.Fatal(err)
		}
		if err := w.take(); err == nil || w.at().place != (place{"s", 1}) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func nextIs(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(nextHeader, text)
		w.WriteHeader(http.StatusNoContent)
	}
}

func refusal(status int, code string, args map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(exchange.Refusal{Status: status, Code: code, Args: args})
	}
}

// endless writes until the reader goes.
func endless(w io.Writer, ctx context.Context) {
	for chunk := bytes.Repeat([]byte("["), 1<<16); ctx.Err() == nil; {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func TestFeedRefuses(t *testing.T) {
	get := func(w *world, query string) (int, string) {
		rw := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, Path+query, nil)
		r.TLS = w.city.connection()
		w.state.Feed().ServeHTTP(rw, r)
		var refusal exchange.Refusal
		_ = json.Unmarshal(rw.Body.Bytes(), &refusal) // a page has no code
		return rw.Code, refusal.Code
	}
	since := url.QueryEscape(morning.Format(time.RFC3339))
	for name, c := range map[string]struct {
		query  string
		status int
		code   string
		change func(*world)
	}{
		"all is well":          {"?contract=births&after=", 200, "", nil},
		"from an instant":      {"?contract=births&from=" + since, 200, "", nil},
		"broken place":         {"?contract=births&after=-1", 422, "message-forged", nil},
		"broken instant":       {"?contract=births&from=today", 422, "message-forged", nil},
		"of another stream":    {"?contract=births&after=another-1", 410, beginAgain, nil},
		"no contract":          {"?after=", 403, "contract-missing", nil},
		"unknown contract":     {"?contract=none&after=", 403, "contract-missing", nil},
		"without events":       {"?contract=plain&after=", 403, "contract-missing", nil},
		"of another provider":  {"?contract=back&after=", 403, "contract-missing", nil},
		"provision lapsed":     {"?contract=births&after=", 403, "provision-not-in-force", func(w *world) { w.law.lapse("zfpp/48") }},
		"contract ended":       {"?contract=births&after=", 403, "contract-ended", func(w *world) { w.state.clock.Set(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)) }},
		"the stream is closed": {"?contract=births&after=", 503, "events-away", func(w *world) { _ = w.state.Stream.(*bus.Bus).Close() }},
	} {
		w := newWorld(t)
		publish(t, w.state.Stream, birth("1", "80152"))
		plain, back := contract(), contract()
		plain.ID, plain.Events, plain.Service, plain.Methods, plain.Paths, plain.Fields = "plain", nil, "births", []string{"GET"}, []string{"/"}, []string{"/born"}
		back.ID, back.Consumer, back.Provider = "back", civilID, family
		w.agree(plain)
		w.agree(back)
		if c.change != nil {
			c.change(w)
		}
		if status, code := get(w, c.query); status != c.status || code != c.code {
			t.Errorf("%s: %d %q", name, status, code)
		}
	}
	w := newWorld(t)
	w.say(registry.Statement{Node: &registry.Node{Member: city, Name: "n1"}})
	if status, code := get(w, "?contract=births&after="); status != 401 || code != "peer-unknown" {
		t.Errorf("with a key taken out of the registry: %d %s", status, code)
	}
}
