package witness

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"dobosh/internal/journal"
	"dobosh/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testOrigin = "log.example/city"

func testKey(seed byte) ed25519.PrivateKey {
	s := sha256.Sum256([]byte{seed})
	return ed25519.NewKeyFromSeed(s[:])
}

func testNow() time.Time { return time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func openLog(t *testing.T, dir string, seed byte) *journal.Log {
	t.Helper()
	l, err := journal.Open(t.Context(), journal.Config{Dir: dir, Origin: testOrigin, Key: testKey(seed)}, testNow, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	return l
}

func grow(t *testing.T, l *journal.Log, count int) {
	t.Helper()
	for range count {
		if _, err := l.Append(t.Context(), journal.Entry{Kind: "k", Meta: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
}

// known is a list of logs.
type known map[string][]note.Verifier

func (k known) Keys(origin string) []note.Verifier { return k[origin] }

func newServer(t *testing.T, dir, name string, seed byte, logs Logs) *Server {
	t.Helper()
	s, err := NewServer(Config{Dir: dir, Name: name, Key: testKey(seed), Logs: logs}, testNow, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func submit(s http.Handler, body []byte) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/add-checkpoint", bytes.NewReader(body)))
	return w
}

// ask makes the request for the newest checkpoint of a log.
func ask(t *testing.T, l *journal.Log, old int64) []byte {
	t.Helper()
	proof, err := l.ProveConsistency(old, l.Size())
	if err != nil {
		t.Fatal(err)
	}
	return request{old: old, proof: proof, checkpoint: l.Checkpoint()}.encode()
}

func TestAddCheckpoint(t *testing.T) {
	l := openLog(t, t.TempDir(), 1)
	dir, logs := t.TempDir(), known{testOrigin: {l.Key()}}
	s := newServer(t, dir, "witness.example/w1", 2, logs)
	old := int64(0)
	for _, size := range []int64{0, 1, 5, 5, 8, 21} {
		grow(t, l, int(size-l.Size()))
		w := submit(s, ask(t, l, old))
		if w.Code != http.StatusOK {
			t.Fatalf("size %d: %d %s", size, w.Code, w.Body)
		}
		seen, err := journal.Cosignatures(append(bytes.Clone(l.Checkpoint()), w.Body.Bytes()...), s.Key())
		if err != nil || len(seen) != 1 || !seen[0].At.Equal(testNow()) || seen[0].Line != w.Body.String() {
			t.Fatalf("size %d: cosignatures = %+v, %v", size, seen, err)
		}
		old = size
		s = newServer(t, dir, "witness.example/w1", 2, logs) // it remembers over a restart
	}
	if newest, err := s.Newest(testOrigin); err != nil || !bytes.Equal(newest, l.Checkpoint()) {
		t.Errorf("newest = %q, %v", newest, err)
	}
}

func TestAddCheckpointRefuses(t *testing.T) {
	l := openLog(t, t.TempDir(), 1)
	s := newServer(t, t.TempDir(), "witness.example/w1", 2, known{testOrigin: {l.Key()}})
	grow(t, l, 5)
	if w := submit(s, ask(t, l, 0)); w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	fork := openLog(t, t.TempDir(), 1)
	grow(t, fork, 5)
	sameSize := ask(t, fork, 5)
	grow(t, fork, 3)
	grow(t, l, 3)
	proof, err := l.ProveConsistency(5, 8)
	if err != nil {
		t.Fatal(err)
	}
	swapped := append(tlog.TreeProof{proof[1], proof[0]}, proof[2:]...)
	impostor := openLog(t, t.TempDir(), 3)
	grow(t, impostor, 8)
	good := string(ask(t, l, 5))
	lines := strings.SplitAfter(good, "\n")
	for _, tt := range []struct {
		name   string
		body   string
		status int
		answer string
	}{
		{"empty", "", 400, ""},
		{"no old line", strings.Join(lines[1:], ""), 400, ""},
		{"leading zero", strings.Replace(good, "old 5", "old 05", 1), 400, ""},
		{"negative old", strings.Replace(good, "old 5", "old -5", 1), 400, ""},
		{"bad hash", strings.Replace(good, lines[1], "AAAA\n", 1), 400, ""},
		{"64 hashes", strings.Replace(good, lines[1], strings.Repeat(lines[1], 64), 1), 400, ""},
		{"no checkpoint", strings.Join(lines[:3], ""), 400, ""},
		{"no signature", good[:strings.Index(good, "— ")], 403, ""},
		{"too long", good + strings.Repeat("x", MaxRequest), 400, ""},
		{"old beyond the checkpoint", strings.Replace(good, "old 5", "old 9", 1), 400, ""},
		{"unknown log", strings.ReplaceAll(good, testOrigin, "log.example/other"), 404, ""},
		{"altered size", strings.Replace(good, "\n8\n", "\n9\n", 1), 403, ""},
		{"another key", string(request{old: 5, checkpoint: impostor.Checkpoint()}.encode()), 403, ""},
		{"old size too small", strings.Replace(good, "old 5", "old 4", 1), 409, "5\n"},
		{"old size zero", string(request{checkpoint: l.Checkpoint()}.encode()), 409, "5\n"},
		{"another tree of the same size", string(sameSize), 409, "5\n"},
		{"no proof", string(request{old: 5, checkpoint: l.Checkpoint()}.encode()), 422, ""},
		{"proof in another order", string(request{old: 5, proof: swapped, checkpoint: l.Checkpoint()}.encode()), 422, ""},
		{"proof with a hash more", string(request{old: 5, proof: append(proof, proof[0]), checkpoint: l.Checkpoint()}.encode()), 422, ""},
		{"fork", string(ask(t, fork, 5)), 422, ""},
	} {
		w := submit(s, []byte(tt.body))
		if w.Code != tt.status || tt.answer != "" && w.Body.String() != tt.answer {
			t.Errorf("%s: %d %q, want %d %q", tt.name, w.Code, w.Body, tt.status, tt.answer)
		}
		if conflict := w.Header().Get("Content-Type") == "text/x.tlog.size"; conflict != (tt.status == 409) {
			t.Errorf("%s: content type %q", tt.name, w.Header().Get("Content-Type"))
		}
		if strings.Contains(w.Body.String(), "—") {
			t.Errorf("%s: the answer holds a signature", tt.name)
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/add-checkpoint", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
	if w := submit(s, []byte(good)); w.Code != http.StatusOK {
		t.Errorf("after all that the good one: %d %s", w.Code, w.Body)
	}
}

// Many requests at once: each size is cosigned once, and the memory never goes back.
func TestConcurrentCheckpointsNeverRollBack(t *testing.T) {
	l := openLog(t, t.TempDir(), 1)
	s := newServer(t, t.TempDir(), "witness.example/w1", 2, known{testOrigin: {l.Key()}})
	var bodies [][]byte
	for range 12 {
		grow(t, l, 1)
		bodies = append(bodies, ask(t, l, l.Size()-1), ask(t, l, 0))
	}
	var group sync.WaitGroup
	for range 4 {
		for _, body := range bodies {
			group.Go(func() { submit(s, body) })
		}
	}
	group.Wait()
	before, err := s.newest(testOrigin)
	if err != nil || before.Size == 0 {
		t.Fatalf("newest = %+v, %v", before, err)
	}
	for _, body := range bodies {
		submit(s, body)
		after, err := s.newest(testOrigin)
		if err != nil || after.Size < before.Size {
			t.Fatalf("rolled back from %d to %d, %v", before.Size, after.Size, err)
		}
		before = after
	}
}

// A witness whose memory is damaged does not sign.
func TestADamagedMemoryRefuses(t *testing.T) {
	l := openLog(t, t.TempDir(), 1)
	dir := t.TempDir()
	s := newServer(t, dir, "witness.example/w1", 2, known{testOrigin: {l.Key()}})
	submit(s, ask(t, l, 0))
	files, err := filepath.Glob(filepath.Join(dir, "*.checkpoint"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.WriteFile(files[0], []byte("nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if w := submit(s, ask(t, l, 0)); w.Code != http.StatusInternalServerError {
		t.Errorf("answer %d", w.Code)
	}
}

// listen serves a witness over HTTP and lets the test take it away.
func listen(t *testing.T, s *Server) (Peer, func(away bool)) {
	t.Helper()
	var mu sync.Mutex
	gone := false
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if gone {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		if r.URL.Path != "/w/add-checkpoint" {
			http.NotFound(w, r)
			return
		}
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	return Peer{URL: web.URL + "/w", Key: s.Key()}, func(away bool) {
		mu.Lock()
		defer mu.Unlock()
		gone = away
	}
}

func start(t *testing.T, l *journal.Log, file string, quorum int, peers ...Peer) *Cosigner {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	c, err := Start(t.Context(), CosignerConfig{
		File: file, Log: l.Key(), Peers: peers, Quorum: quorum, Every: time.Millisecond, Client: client,
	}, l, time.Now, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		client.CloseIdleConnections()
	})
	return c
}

func TestCosigner(t *testing.T) {
	l := openLog(t, t.TempDir(), 1)
	grow(t, l, 3)
	logs := known{testOrigin: {l.Key()}}
	first := newServer(t, t.TempDir(), "witness.example/w1", 2, logs)
	second := newServer(t, t.TempDir(), "witness.example/w2", 3, logs)
	one, _ := listen(t, first)
	two, _ := listen(t, second)
	file := filepath.Join(t.TempDir(), "cosigned")
	c := start(t, l, file, 2, one, two)
	for range 3 {
		size := l.Size()
		if err := c.WaitCosigned(t.Context(), size); err != nil {
			t.Fatal(err)
		}
		seen, err := journal.Cosignatures(c.Cosigned(), first.Key(), second.Key())
		if err != nil || len(seen) != 2 {
			t.Fatalf("cosignatures = %+v, %v", seen, err)
		}
		if head, err := journal.OpenCheckpoint(c.Cosigned(), l.Key()); err != nil || head.Size < size {
			t.Fatalf("cosigned = %+v, %v", head, err)
		}
		grow(t, l, 4)
	}
	if err := c.WaitCosigned(t.Context(), l.Size()); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, l, file, 2, one, two) // does not know where the witnesses stand: they say so
	if !bytes.Equal(again.Cosigned(), c.Cosigned()) {
		t.Error("what was cosigned was not kept")
	}
	grow(t, l, 1)
	if err := again.WaitCosigned(t.Context(), l.Size()); err != nil {
		t.Fatal(err)
	}
	for _, status := range again.Status() {
		if status.Size != l.Size() || status.Error != "" {
			t.Errorf("status = %+v", status)
		}
	}
}

func TestCosignerWithAWitnessAway(t *testing.T) {
	l := openLog(t, t.TempDir(), 1)
	logs := known{testOrigin: {l.Key()}}
	one, _ := listen(t, newServer(t, t.TempDir(), "witness.example/w1", 2, logs))
	two, away := listen(t, newServer(t, t.TempDir(), "witness.example/w2", 3, logs))
	away(true)
	c := start(t, l, filepath.Join(t.TempDir(), "cosigned"), 1, one, two)
	grow(t, l, 2)
	if err := c.WaitCosigned(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if status := c.Status(); status[0].Error != "" || !strings.Contains(status[1].Error, "503") {
		t.Errorf("status = %+v", status)
	}
	away(false)
	testkit.Eventually(t, "the witness that came back is asked again", func() bool { return c.Status()[1].Size >= 2 })
}

// A log that was restored from an old copy learns from its witness that it is not what it was.
func TestCosignerOfALogCutBack(t *testing.T) {
	l := openLog(t, t.TempDir(), 1)
	server := newServer(t, t.TempDir(), "witness.example/w1", 2, known{testOrigin: {l.Key()}})
	grow(t, l, 5)
	submit(server, ask(t, l, 0))
	peer, _ := listen(t, server)
	for _, size := range []int{3, 5, 7} {
		restored := openLog(t, t.TempDir(), 1)
		grow(t, restored, size)
		c := start(t, restored, filepath.Join(t.TempDir(), "cosigned"), 1, peer)
		testkit.Eventually(t, "the witness refuses", func() bool { return c.Status()[0].Error != "" })
		if c.Cosigned() != nil {
			t.Errorf("%d other entries were cosigned", size)
		}
	}
}

// A witness that answers nonsense is not believed.
func TestCosignerAndABadWitness(t *testing.T) {
	l := openLog(t, t.TempDir(), 1)
	other := newServer(t, t.TempDir(), "witness.example/w1", 9, known{testOrigin: {l.Key()}})
	key := newServer(t, t.TempDir(), "witness.example/w1", 2, known{}).Key()
	for name, handler := range map[string]http.Handler{
		"another key":  other,
		"nothing":      http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		"a bad line":   answer(200, "— witness.example/w1 AAAA\n"),
		"no size":      answer(409, "many\n"),
		"always 409":   answer(409, "0\n"),
		"a long story": answer(200, strings.Repeat("— a b\n", 100000)),
	} {
		t.Run(name, func(t *testing.T) {
			web := httptest.NewServer(handler)
			defer web.Close()
			c := start(t, l, filepath.Join(t.TempDir(), "cosigned"), 1, Peer{URL: web.URL, Key: key})
			testkit.Eventually(t, "the witness refuses", func() bool { return c.Status()[0].Error != "" })
			if c.Cosigned() != nil {
				t.Error("it was believed")
			}
		})
	}
}

func answer(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

func TestWaitCosignedEnds(t *testing.T) {
	l := openLog(t, t.TempDir(), 1)
	c := start(t, l, filepath.Join(t.TempDir(), "cosigned"), 1, Peer{URL: "http://127.0.0.1:1", Key: l.Key()})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.WaitCosigned(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.WaitCosigned(t.Context(), 0); !errors.Is(err, ErrClosed) {
		t.Errorf("error = %v", err)
	}
	if _, err := Start(t.Context(), CosignerConfig{Quorum: 1}, l, testNow, quiet()); err == nil {
		t.Error("a quorum of nobody was accepted")
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte("old 0\n\nlog.example/city\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— a AAAA\n"))
	f.Add([]byte("old 5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\nx"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := parseRequest(body)
		if err == nil && !bytes.Equal(r.encode(), body) {
			t.Errorf("two bodies for one request: %q", body)
		}
	})
}
