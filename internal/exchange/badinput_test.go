package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/testkit"

	"go.uber.org/goleak"
)

// untouched makes the system behind the state's node say if it is asked.
func untouched(w *world) *atomic.Int64 {
	var asked atomic.Int64
	w.system = func(rw http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.write(rw, document)
	}
	return &asked
}

// A clock that is an hour off, either way, is told so, with both names. Nothing
// is asked and nothing journaled as if it had been.
func TestClocksAnHourApart(t *testing.T) {
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		w := newWorld(t, nil)
		asked := untouched(w)
		w.city.clock.Advance(off)
		_, err := w.ask()
		if p := wantCode(t, err, "clock-off"); p.Args["seconds"] != "3600" || p.Args["asker"] != city.String() || p.Args["provider"] != state.String() {
			t.Errorf("%v", p.Args)
		}
		if n := len(w.state.journal.of("asked")) + len(w.state.journal.of("answer")); n != 0 || asked.Load() != 0 {
			t.Errorf("%d entries, asked %d times", n, asked.Load())
		}
		w.city.clock.Set(w.state.clock.Now())
		if _, err := w.ask(); err != nil {
			t.Errorf("with the clock set right: %v", err)
		}
	}
}

// A header is part of what is proved: neither its value nor its number can be
// altered on the way.
func TestHeaderAlteredOnTheWay(t *testing.T) {
	for name, change := range map[string][2]string{
		"value":   {`"case-7"`, `"case-8"`},
		"name":    {`"X-Case"`, `"X-Cases"`},
		"removed": {`"headers":[["X-Case","case-7"]]`, `"headers":[]`},
		"doubled": {`["X-Case","case-7"]`, `["X-Case","case-7"],["X-Case","case-8"]`},
	} {
		w := newWorld(t, nil)
		asked := untouched(w)
		q := w.byHand("1")
		q.Headers = []Header{{"X-Case", "case-7"}}
		m := w.city.message(t, q, nil)
		altered := bytes.Replace(m.meta, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(altered, m.meta) {
			t.Fatalf("%s: %s is not in %s", name, change[0], m.meta)
		}
		m.meta = altered
		answer, err := w.send(w.city.cert, m)
		if err != nil || answer.kind != unsealed || !strings.Contains(string(answer.meta), "message-forged") || asked.Load() != 0 {
			t.Errorf("%s: %v, %s, asked %d times", name, err, answer.meta, asked.Load())
		}
	}
}

// A response that is proved, but in the log of another, is none: neither in that of
// another member nor in one of the same name under another key.
func TestAnswerProvedInAnotherLog(t *testing.T) {
	w := newWorld(t, nil)
	twin, err := journal.Open(t.Context(), journal.Config{Dir: t.TempDir(), Origin: state.String() + "/n1", Key: testkit.Key("twin")}, w.state.clock.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := twin.Close(); err != nil {
			t.Error(err)
		}
	}()
	other := &side{member: state, name: "n1", journal: &notebook{Log: twin}, clock: w.state.clock}
	for name, by := range map[string]*side{"of the asker itself": w.city, "of the same name": other} {
		w.state.front = func(question envelope, next func(envelope) envelope) envelope {
			answer := next(question)
			return by.messageOf(t, answer.meta, answer.body)
		}
		a, err := w.ask()
		if wantCode(t, err, "node-answer-broken"); len(a.Body) != 0 {
			t.Errorf("%s: %q", name, a.Body)
		}
	}
}

// A log of the right name and key that has another history than the one that was
// shown before is not believed: it was forked.
func TestAnswerProvedInAForkedLog(t *testing.T) {
	w := newWorld(t, nil)
	if _, err := w.ask(); err != nil {
		t.Fatal(err)
	}
	shown, err := journal.OpenCheckpoint(w.state.journal.Checkpoint(), w.state.journal.Key())
	if err != nil {
		t.Fatal(err)
	}
	twin, err := journal.Open(t.Context(), journal.Config{Dir: t.TempDir(), Origin: state.String() + "/n1", Key: w.state.key}, w.state.clock.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := twin.Close(); err != nil {
			t.Error(err)
		}
	}()
	other := &side{member: state, name: "n1", journal: &notebook{Log: twin}, clock: w.state.clock}
	for range shown.Size - 1 {
		other.messageOf(t, []byte("{}"), nil)
	}
	w.state.front = func(question envelope, next func(envelope) envelope) envelope {
		answer := next(question)
		return other.messageOf(t, answer.meta, answer.body)
	}
	a, err := w.ask()
	if wantCode(t, err, "node-answer-broken"); !errors.Is(err, journal.ErrFork) || len(a.Body) != 0 {
		t.Errorf("%v, %q", err, a.Body)
	}
}

// A provider that was taken out of the registry a second ago is not asked any
// more, though the connection to it is open; the same when its key was replaced.
func TestProviderRevokedASecondAgo(t *testing.T) {
	for name, say := range map[string]func(w *world) registry.Statement{
		"taken out": func(*world) registry.Statement {
			return registry.Statement{Node: &registry.Node{Member: state, Name: "n1"}}
		},
		"another key": func(w *world) registry.Statement {
			st := w.state.statement(t)
			st.Node.TLS = strings.Repeat("ab", 32)
			return st
		},
	} {
		w := newWorld(t, nil)
		if _, err := w.ask(); err != nil {
			t.Fatal(err)
		}
		asked := untouched(w)
		w.say(say(w))
		a, err := w.ask()
		if err == nil || len(a.Body) != 0 || asked.Load() != 0 {
			t.Errorf("%s: %v, %q", name, err, a.Body)
		}
		if n := len(w.state.journal.of("asked")); n != 1 {
			t.Errorf("%s: %d questions were handed over", name, n)
		}
	}
}

// Dots lead nowhere, in whatever way they are written.
func TestDotsInAnyEncoding(t *testing.T) {
	w := newWorld(t, func(c *registry.Contract) { c.Paths = append(c.Paths, "/v1/births/{birth}/{part}") })
	asked := untouched(w)
	for i, path := range []string{
		"/v1/births/..", "/v1/births/../secrets", "/v1/births/%2e%2e", "/v1/births/%2E%2e", "/v1/births/.%2e", "/v1/births/%2e.", "/v1/births/%252e%252e", "/v1/births/%25252e%25252e",
		"/v1/births/..%2fsecrets", "/v1/births/%2e%2e%2fsecrets", "/v1/births/..%5csecrets", "/v1/births/%5c..", "/v1/births/%c0%ae%c0%ae", "/v1/births/%e0%80%ae.", "/v1/births/..;a=b/../x",
		"/v1/births/b1/%2e%2e", "/v1/births/b1/..", "/v1/births/./b1", "/v1/births/%2e", "/v1/births/..%00", "/v1/births/%00", "/v1/births/\\..", "/v1/births/..\\x", "//v1/births/b1", "/v1//births/b1",
	} {
		ask := w.question()
		ask.Path = path
		if a, err := w.city.Ask(t.Context(), ask); err == nil {
			t.Errorf("%s was asked: %d", path, a.Meta.Status)
		}
		q := w.byHand("dots-" + string(rune('a'+i))) // a node that asks regardless
		q.Path = path
		answer, err := w.send(w.city.cert, w.city.message(t, q, nil))
		if code := string(answer.meta); err != nil || !strings.Contains(code, "contract-missing") && !strings.Contains(code, "message-forged") {
			t.Errorf("%s: %v, %s", path, err, answer.meta)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("the system was asked %d times", asked.Load())
	}
}

// A system that answers with a bomb, or without end, is told apart; nothing of it
// leaves, and the refusal is in the journal.
func TestBombsFromASystem(t *testing.T) {
	endless := func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, `{"born":"`)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(rw, strings.Repeat("x", 1<<16)); err != nil {
				return
			}
		}
	}
	says := func(body string) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(rw, body)
		}
	}
	for name, c := range map[string]struct {
		code   string
		system http.HandlerFunc
	}{
		"deep":             {"answer-not-json", says(`{"secret":` + strings.Repeat("[", 200_000))},
		"deep and whole":   {"answer-not-json", says(`{"secret":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}")},
		"a million values": {"answer-not-json", says(`{"secret":[` + strings.Repeat("0,", maxValues) + "0]}")},
		"one name twice":   {"answer-not-json", says(`{"born":"2026-11-01","born":"secret"}`)},
		"without end":      {"answer-too-large", endless},
	} {
		w := newWorld(t, nil)
		w.system = c.system
		a, err := w.ask()
		if wantCode(t, err, c.code); len(a.Body) != 0 || a.Stream != nil {
			t.Errorf("%s: %.100q left", name, a.Body)
		}
		if r := w.refusals(); len(r) != 1 || r[0].Refusal.Code != c.code {
			t.Errorf("%s: in the journal: %+v", name, r)
		}
		if strings.Contains(w.log.String(), "secret") {
			t.Errorf("%s: the answer is in the log", name)
		}
	}
}

// Whatever comes, nothing of it stays: no goroutine, no memory that was set
// aside for it, no growth.
func TestNothingStaysOfBadInput(t *testing.T) {
	w := newWorld(t, nil)
	stranger, err := credential.SelfSigned(testkit.Key("stranger"), "n1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ask(); err != nil { // what stays open after a good one may stay
		t.Fatal(err)
	}
	before := goleak.IgnoreCurrent()
	big := make([]byte, 1<<20)
	bad := []func(){
		func() { // of a stranger
			_, _ = w.send(stranger, w.city.message(t, w.byHand("x"), nil))
		},
		func() { // altered
			m := w.city.message(t, w.byHand("x"), big)
			m.body = m.body[:len(m.body)-1]
			_, _ = w.send(w.city.cert, m)
		},
		func() { // of another log
			_, _ = w.send(w.city.cert, w.state.message(t, w.byHand("x"), big))
		},
		func() { // no message
			_, _ = w.send(w.city.cert, envelope{kind: sealed, meta: big[:maxMeta], body: big, stamp: big[:100]})
		},
		func() { // without a right
			q := w.byHand("x")
			q.Contract = "none"
			_, _ = w.send(w.city.cert, w.city.message(t, q, big))
		},
	}
	rounds := func(n int) uint64 {
		for range n {
			for _, send := range bad {
				send()
			}
		}
		w.city.journal.forget()
		w.state.journal.forget()
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	first := rounds(5)
	last := rounds(20)
	if grown := int64(last) - int64(first); grown > 20<<20 {
		t.Errorf("the heap grew by %d MiB in a hundred bad messages of 1 MiB", grown>>20)
	}
	if n := len(w.state.memory.units); n != 0 {
		t.Errorf("%d MiB are set aside for nobody", n)
	}
	goleak.VerifyNone(t, before)
	if _, err := w.ask(); err != nil {
		t.Errorf("a good question afterwards: %v", err)
	}
}

// forget lets go of the entries that were remembered for the test.
func (j *notebook) forget() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = nil
}

// What a node refuses before it knows who asks says nothing of what it holds.
func TestRefusalsToStrangersSayNothing(t *testing.T) {
	w := newWorld(t, nil)
	m := w.city.message(t, w.byHand("1"), nil)
	m.stamp = nil
	answer, err := w.send(w.city.cert, m)
	if err != nil {
		t.Fatal(err)
	}
	var r map[string]any
	if err := json.Unmarshal(answer.meta, &r); err != nil {
		t.Fatal(err)
	}
	for member := range r {
		if member != "status" && member != "code" {
			t.Errorf("the refusal says %q: %s", member, answer.meta)
		}
	}
}
