package witness

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
)

// cosigned has a witness cosign the newest checkpoint of a log that it knew at a size.
func cosigned(t *testing.T, s *Server, body []byte) {
	t.Helper()
	if w := submit(s, body); w.Code != http.StatusOK {
		t.Fatalf("the witness answers %d: %s", w.Code, w.Body)
	}
}

func tell(s *Server, continuation []byte) int {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, continuePath, bytes.NewReader(continuation)))
	return w.Code
}

// A log loses all after its third entry for good, and says so. Its witness takes that once; and takes it again when it was itself
// put back to what it knew between the two checkpoints.
func TestAContinuationReachesAWitnessThatWasPutBack(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	l := openLog(t, dir, 1)
	grow(t, l, 3)
	kept := bytes.Clone(l.Checkpoint())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, dir, 1)
	memory, between, logs := t.TempDir(), t.TempDir(), known{testOrigin: {l.Key()}}
	s := newServer(t, memory, "witness.example/w1", 2, logs)
	grow(t, l, 4)
	cosigned(t, s, ask(t, l, 0))
	if err := os.CopyFS(between, os.DirFS(memory)); err != nil {
		t.Fatal(err)
	}
	grow(t, l, 3)
	cosigned(t, s, ask(t, l, 7))
	seen := bytes.Clone(l.Checkpoint())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	l = openLog(t, copied, 1)
	signed, _, err := l.Continue(seen, kept, "the disk burned")
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*Server{"the witness": s, "the same, put back": newServer(t, between, "witness.example/w1", 2, logs)} {
		if code := tell(s, signed); code != http.StatusNoContent {
			t.Fatalf("%s answers the continuation with %d", name, code)
		}
		if list, err := s.Continuations(testOrigin); err != nil || len(list) != 1 {
			t.Errorf("%s remembers %d continuations, want one: %v", name, len(list), err)
		}
	}

	grow(t, l, 2)
	cosigned(t, s, ask(t, l, 3))
	if code := tell(s, signed); code != http.StatusConflict {
		t.Errorf("the second time it was answered with %d: the log could go back as often as it likes", code)
	}
	if newest, err := s.Newest(testOrigin); err != nil || !bytes.Equal(newest, l.Checkpoint()) {
		t.Errorf("the witness knows %q, %v", newest, err)
	}
}

// What is more than a continuation names is not given up by it.
func TestAContinuationGivesUpNoMoreThanItNames(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	l := openLog(t, dir, 1)
	grow(t, l, 3)
	kept := bytes.Clone(l.Checkpoint())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	l = openLog(t, dir, 1)
	s := newServer(t, t.TempDir(), "witness.example/w1", 2, known{testOrigin: {l.Key()}})
	grow(t, l, 4)
	seen := bytes.Clone(l.Checkpoint())
	grow(t, l, 3)
	cosigned(t, s, ask(t, l, 0))
	want := bytes.Clone(l.Checkpoint())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	signed, _, err := openLog(t, copied, 1).Continue(seen, kept, "the disk burned")
	if err != nil {
		t.Fatal(err)
	}
	if code := tell(s, signed); code != http.StatusConflict {
		t.Errorf("the witness answers %d, want a refusal", code)
	}
	if newest, err := s.Newest(testOrigin); err != nil || !bytes.Equal(newest, want) {
		t.Errorf("the witness knows %q, %v", newest, err)
	}
}
