package bench

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// answering gives a client of a server that answers with these in turn.
func answering(t *testing.T, statuses ...int) *client {
	t.Helper()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("authorization %q", r.Header.Get("Authorization"))
		}
		w.WriteHeader(statuses[asked])
		asked++
		_, _ = w.Write([]byte(`{"birth":"b"}`))
	}))
	t.Cleanup(server.Close)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := newClient(strings.TrimPrefix(server.URL, "http://"), "/births", token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

func TestStubborn(t *testing.T) {
	for name, tc := range map[string]struct {
		statuses []int
		again    int64
		refused  bool
	}{
		"at once":           {[]int{201}, 0, false},
		"after a while":     {[]int{503, 429, 200}, 2, false},
		"refused":           {[]int{422}, 0, true},
		"away, then refuse": {[]int{500, 409}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := answering(t, tc.statuses...)
			var s stubborn
			var out struct{ Birth string }
			err := s.do(t.Context(), func() error { return c.call(t.Context(), "POST", "/v1/births", map[string]int{"a": 1}, &out) })
			var refused *refusal
			if errors.As(err, &refused) != tc.refused || !tc.refused && (err != nil || out.Birth != "b") || s.again.Load() != tc.again {
				t.Errorf("error %v, answer %q, again %d", err, out.Birth, s.again.Load())
			}
		})
	}
}

func TestStubbornEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var s stubborn
	err := s.do(ctx, func() error {
		if s.again.Load() == 2 {
			cancel()
		}
		return errors.New("away")
	})
	if err == nil || s.again.Load() != 2 {
		t.Errorf("error %v after %d", err, s.again.Load())
	}
}
