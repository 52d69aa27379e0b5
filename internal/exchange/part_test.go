package exchange

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/exchange/link"
	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// long lets whole responses leave, of any size up to limit.
func long(limit int64) func(*registry.Contract) {
	return func(c *registry.Contract) { c.Fields, c.Subjects, c.Limit = []string{""}, nil, limit }
}

// made is a body of so many bytes that nobody holds: made while it is read, and
// summed up.
type made struct {
	left int64
	sum  hash.Hash
	most *atomic.Uint64 // of the heap, seen while it was read
}

func newMade(size int64) *made {
	return &made{left: size, sum: sha256.New(), most: new(atomic.Uint64)}
}

func (m *made) Read(p []byte) (int, error) {
	if m.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), m.left))
	for i := range p[:n] {
		p[i] = byte(m.left) + byte(i)
	}
	if m.left%(16<<20) < int64(n) {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		m.most.Store(max(m.most.Load(), stats.HeapInuse))
	}
	m.left -= int64(n)
	_, _ = m.sum.Write(p[:n])
	return n, nil
}

// evidence reads what a journal says of a long body.
func evidence(t *testing.T, j *notebook, kind string) End {
	t.Helper()
	list := j.of(kind)
	if len(list) != 1 {
		t.Fatalf("%d entries of kind %q", len(list), kind)
	}
	var w End
	if err := json.Unmarshal(list[0].Meta, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// A long response takes no more memory than a short one, and its evidence stands in
// both journals.
func TestLongAnswerFlowsInConstantMemory(t *testing.T) {
	size := int64(256 << 20)
	if testing.Short() {
		size = 32 << 20
	}
	w := newWorld(t, long(size))
	source := newMade(size)
	w.system = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.Copy(rw, source)
	}
	a, err := w.ask()
	if err != nil {
		t.Fatal(err)
	}
	if a.Stream == nil || len(a.Body) != 0 || !a.Meta.Parts || a.Meta.Type != "application/octet-stream" {
		t.Fatalf("%+v", a.Meta)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, a.Stream)
	if err := errors.Join(err, a.Stream.Close()); err != nil || n != size || !bytes.Equal(sum.Sum(nil), source.sum.Sum(nil)) {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if most := source.most.Load(); most > 128<<20 {
		t.Errorf("%d MB of heap for a body of %d MB", most>>20, size>>20)
	}
	w.city.recorder.flush()
	sent, got := evidence(t, w.state.journal, "end"), evidence(t, w.city.journal, "ended")
	if sent != got || sent.Size != size || sent.Digest != base64.StdEncoding.EncodeToString(sum.Sum(nil)) || sent.Parts != int64(len(w.state.journal.of("part"))) {
		t.Errorf("evidence: %+v and %+v", sent, got)
	}
	if w.city.journal.of("ended")[0].Received == nil || w.city.journal.of("reply")[0].Received == nil {
		t.Error("the asker keeps no stamp of the provider")
	}
}

func TestLongQuestionFlowsInConstantMemory(t *testing.T) {
	size := int64(256 << 20)
	if testing.Short() {
		size = 32 << 20
	}
	w := newWorld(t, long(size))
	source, sum := newMade(size), sha256.New()
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(sum, r.Body)
		if err != nil || r.ContentLength != -1 {
			t.Errorf("%d bytes of %d: %v", n, r.ContentLength, err)
		}
		_, _ = fmt.Fprintf(rw, "%d", n)
	}
	ask := w.question()
	ask.Method, ask.Upload = "POST", source
	a, err := w.city.Ask(t.Context(), ask)
	if err != nil || string(a.Body) != fmt.Sprint(size) || !bytes.Equal(sum.Sum(nil), source.sum.Sum(nil)) {
		t.Fatalf("%q, %v", a.Body, err)
	}
	if most := source.most.Load(); most > 128<<20 {
		t.Errorf("%d MB of heap for a body of %d MB", most>>20, size>>20)
	}
	if sent, got := evidence(t, w.city.journal, "end"), evidence(t, w.state.journal, "ended"); sent != got || sent.Size != size || sent.Of != a.Meta.Request {
		t.Errorf("evidence: %+v and %+v", sent, got)
	}
}

func TestBodiesAtTheEdgesOfParts(t *testing.T) {
	for _, size := range []int64{0, 1, wholeAnswer, wholeAnswer + 1, 2 * maxPart, 2*maxPart + 1, maxBody, maxBody + 1} {
		w := newWorld(t, long(20<<20))
		w.system = func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "text/plain")
			_, _ = io.Copy(rw, r.Body)
		}
		ask := w.question()
		ask.Method, ask.Upload = "POST", newMade(size)
		a, err := w.city.Ask(t.Context(), ask)
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		n := int64(len(a.Body))
		if a.Stream != nil {
			n, err = io.Copy(io.Discard, a.Stream)
			err = errors.Join(err, a.Stream.Close())
		}
		if n != size || err != nil {
			t.Errorf("%d bytes: %d came, %v", size, n, err)
		}
	}
}

// A long response that breaks off has no end for the asker.
func TestLongAnswerThatBreaksOff(t *testing.T) {
	for name, c := range map[string]struct {
		limit int64
		then  func(w *world, rw http.ResponseWriter)
	}{
		"at its source":  {1 << 30, func(_ *world, rw http.ResponseWriter) { panic("oh") }},
		"over the limit": {4 << 20, func(_ *world, rw http.ResponseWriter) { _, _ = io.Copy(rw, newMade(8<<20)) }},
		"never ends":     {64 << 20, func(_ *world, rw http.ResponseWriter) { _, _ = io.Copy(rw, newMade(1<<40)) }},
		"the journal stops": {1 << 30, func(w *world, rw http.ResponseWriter) {
			w.state.journal.stop("part")
			_, _ = io.Copy(rw, newMade(8<<20))
		}},
	} {
		w := newWorld(t, long(c.limit))
		w.system = func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(rw, newMade(3<<20))
			c.then(w, rw)
		}
		a, err := w.ask()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n, err := io.Copy(io.Discard, a.Stream)
		if p := new(problem.Problem); !errors.As(err, &p) || n > c.limit {
			t.Errorf("%s: after %d bytes: %v", name, n, err)
		}
		_ = a.Stream.Close()
		w.city.recorder.flush()
		if len(w.state.journal.of("end"))+len(w.city.journal.of("ended")) != 0 {
			t.Errorf("%s: an end is in a journal", name)
		}
	}
}

// Who stops reading a long response holds nothing at the other side.
func TestLongAnswerThatNobodyReads(t *testing.T) {
	w := newWorld(t, long(1<<40))
	stopped := make(chan struct{})
	w.system = func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(rw, newMade(1<<40))
		close(stopped)
	}
	a, err := w.ask()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, a.Stream, 5<<20); err != nil {
		t.Fatal(err)
	}
	if err := a.Stream.Close(); err != nil {
		t.Fatal(err)
	}
	<-stopped
	if _, err := a.Stream.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("read after the end: %v", err)
	}
}

// An upload that breaks off reaches the system as broken, and is a refusal.
func TestLongQuestionThatBreaksOff(t *testing.T) {
	cut := errors.New("the client has gone")
	for name, c := range map[string]struct {
		code   string
		limit  int64
		source io.Reader
	}{
		"at its source":  {"upload-broken", 1 << 30, io.MultiReader(newMade(3<<20), failing{cut})},
		"over the limit": {"question-too-large", 4 << 20, newMade(8 << 20)},
	} {
		w := newWorld(t, long(c.limit))
		seen := make(chan error, 1)
		w.system = func(_ http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(io.Discard, r.Body)
			seen <- err
		}
		ask := w.question()
		ask.Method, ask.Upload = "POST", c.source
		_, err := w.city.Ask(t.Context(), ask)
		wantCode(t, err, c.code)
		if err := <-seen; err == nil {
			t.Errorf("%s: the system took it for whole", name)
		}
		if len(w.city.journal.of("end")) != 0 {
			t.Errorf("%s: its end is in the journal", name)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A system may answer before it has read everything.
func TestSystemThatDoesNotReadTheQuestion(t *testing.T) {
	w := newWorld(t, long(1<<40))
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, 2<<20)
		rw.WriteHeader(http.StatusConflict)
	}
	ask := w.question()
	ask.Method, ask.Upload = "POST", newMade(1<<40)
	answer, err := w.city.Ask(t.Context(), ask)
	if err != nil || answer.Meta.Status != http.StatusConflict {
		t.Errorf("%d %v", answer.Meta.Status, err)
	}
}

// Where the whole response was agreed, what the system says beside a status of its
// own is part of it; that it is away is not.
func TestAWholeAnswerHasAnyStatus(t *testing.T) {
	for status, code := range map[int]string{404: "", 422: "", 500: "", 599: "", 502: "system-away", 503: "system-away", 504: "system-away", 600: "system-failed"} {
		w := newWorld(t, long(0))
		w.system = func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(status)
			_, _ = rw.Write([]byte("why"))
		}
		answer, err := w.ask()
		if code != "" {
			wantCode(t, err, code)
			continue
		}
		if r := answer.Meta; err != nil || string(answer.Body) != "why" || r.Status != status || r.Act != ActRead || len(r.Fields) != 1 || r.Refusal != nil {
			t.Errorf("%d: %q %+v %v", status, answer.Body, answer.Meta, err)
		}
	}
}

func TestUploadWithoutAContractIsNotRead(t *testing.T) {
	w := newWorld(t, long(1<<40))
	view := w.authority.State()
	w.city.Gateway.State = func() *registry.State { return view }
	w.say(registry.Statement{End: &registry.End{Contract: "births", Reason: "test"}})
	ask := w.question()
	ask.Method, ask.Upload = "POST", newMade(1<<40)
	_, err := w.city.Ask(t.Context(), ask)
	wantCode(t, err, "contract-missing")
}

// Parts that the reader must not believe.
func TestForgedParts(t *testing.T) {
	w := newWorld(t, nil)
	of := body{id: "x", of: base64.StdEncoding.EncodeToString(make([]byte, 32))}
	var good bytes.Buffer
	if err := w.state.sendParts(t.Context(), &good, of, newMade(3*maxPart+5), 1<<30, func() {}); err != nil {
		t.Fatal(err)
	}
	list := split(t, good.Bytes())
	verify := func(e envelope) (journal.Stamp, error) {
		stamp, _, err := w.city.verify(*w.state.statement(t).Node, e)
		return stamp, err
	}
	read := func(list []envelope, of body, limit int64) (n int64, ended int, err error) {
		var all bytes.Buffer
		for _, e := range list {
			all.Write(e.bytes())
		}
		n, err = io.Copy(io.Discard, newParts(of, &all, limit, verify, func() {}, func(envelope, journal.Stamp) { ended++ }))
		return n, ended, err
	}
	if n, ended, err := read(list, of, 1<<30); err != nil || n != 3*maxPart+5 || ended != 1 {
		t.Fatalf("%d bytes, %v", n, err)
	}
	altered := func(at int, change func(e *envelope)) []envelope {
		other := append([]envelope{}, list...)
		change(&other[at])
		return other
	}
	for name, forged := range map[string][]envelope{
		"cut":                {list[0], list[1]},
		"without its end":    list[:len(list)-1],
		"nothing":            nil,
		"one part missing":   {list[0], list[2], list[3], list[4]},
		"one part twice":     {list[0], list[0], list[1], list[2], list[3], list[4]},
		"parts turned round": {list[1], list[0], list[2], list[3], list[4]},
		"the end too early":  {list[0], list[4]},
		"body altered":       altered(1, func(e *envelope) { e.body = append([]byte{^e.body[0]}, e.body[1:]...) }),
		"number altered":     altered(1, func(e *envelope) { e.meta = bytes.Replace(e.meta, []byte(`"n":2`), []byte(`"n":3`), 1) }),
		"last is said early": altered(1, func(e *envelope) { e.meta = bytes.Replace(e.meta, []byte(`}`), []byte(`,"last":true}`), 1) }),
		"size altered":       altered(4, func(e *envelope) { e.meta = bytes.Replace(e.meta, []byte(`"size":3`), []byte(`"size":4`), 1) }),
		"no stamp":           altered(2, func(e *envelope) { e.stamp = nil }),
		"no proof at all":    altered(2, func(e *envelope) { e.kind, e.stamp, e.body = unsealed, nil, nil }),
	} {
		if n, ended, err := read(forged, of, 1<<30); err == nil || ended != 0 {
			t.Errorf("%s: %d bytes were believed", name, n)
		}
	}
	for name, other := range map[string]body{"another exchange": {"y", of.of}, "another message": {"x", base64.StdEncoding.EncodeToString(make([]byte, 31))}} {
		if n, _, err := read(list, other, 1<<30); !errors.Is(err, errPart) || n != 0 {
			t.Errorf("%s: %d bytes, %v", name, n, err)
		}
	}
	if n, _, err := read(list, of, 2*maxPart); !errors.Is(err, errLong) || n > 2*maxPart {
		t.Errorf("longer than agreed: %d bytes, %v", n, err)
	}
}

func split(t *testing.T, raw []byte) (list []envelope) {
	t.Helper()
	for from := bytes.NewReader(raw); from.Len() > 0; {
		e, err := readEnvelope(from, maxPart, anySize)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// Who begins a request and does not end it is left, and who trickles too.
func TestSlowAskers(t *testing.T) {
	w := newWorld(t, long(1<<30))
	w.state.IdleTimeout = 50 * time.Millisecond
	m := w.city.message(t, w.byHand("1"), nil).bytes()
	q := w.byHand("2")
	q.Parts, q.Method = true, "POST"
	w.state.SystemTimeout = 50 * time.Millisecond
	w.system = func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }
	for name, first := range map[string][]byte{"half a question": m[:len(m)/2], "one byte": m[:1], "a question without the body that follows": w.city.message(t, q, nil).bytes()} {
		secure := w.city.Credential.Client(w.state.statement(t).Node.TLS, link.Protocol)
		conn, err := link.Dial(t.Context(), w.state.server.Listener.Addr().String(), secure, link.Config{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := conn.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Write(first); err != nil {
			t.Fatal(err)
		}
		if answer, err := readEnvelope(s, maxBody, anySize); err == nil && !strings.Contains(string(answer.meta), "system-away") && !strings.Contains(string(answer.meta), "upload-broken") {
			t.Errorf("%s: %s", name, answer.meta)
		}
		s.Close()
		conn.Close()
		conn.Wait()
	}
}

func TestBudgetOfMemory(t *testing.T) {
	b := newMemoryLimit()
	all, err := b.take(t.Context(), memoryUnit*memoryUnits)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	waits := make(chan error, 1)
	go func() { _, err := b.take(ctx, memoryUnit); waits <- err }()
	if release, err := b.take(t.Context(), smallBody); err != nil {
		t.Error("a small body waits")
	} else {
		release()
	}
	cancel()
	if err := <-waits; !errors.Is(err, context.Canceled) {
		t.Errorf("more than there is: %v", err)
	}
	all()
	if release, err := b.take(t.Context(), 1<<40); err != nil { // more than the limit is the whole limit
		t.Error(err)
	} else {
		release()
	}
	if len(b.units) != 0 {
		t.Errorf("%d units are held by nobody", len(b.units))
	}
}
