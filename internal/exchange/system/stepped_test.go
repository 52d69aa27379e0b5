package system_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/exchange/system"
	"dobosh/internal/kit/problem"
)

// slowly gives its pieces one after the other, with a pause before each.
type slowly struct {
	left  int
	pause time.Duration
}

const piece = 32 << 10

func (s *slowly) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(s.pause)
	s.left--
	return copy(p, make([]byte, min(len(p), piece))), nil
}

// A body may take longer than the timeout of the system, as long as it moves.
func TestALongBodyTakesItsTime(t *testing.T) {
	const pieces, pause = 60, 50 * time.Millisecond
	var took int64
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		took, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write(make([]byte, 128<<10))
		w.(http.Flusher).Flush()
		_, _ = io.Copy(w, &slowly{pieces, pause})
	}))
	defer origin.Close()
	for what, call := range map[string]exchange.Call{
		"fetched": {Method: "GET", Path: "/"},
		"sent":    {Method: "POST", Path: "/", Body: &slowly{pieces, pause}, Size: -1},
	} {
		took = 0
		got, err := reach(t, system.Config{URL: origin.URL, Timeout: pieces * pause / 3}).Serve(t.Context(), call)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		n, err := io.Copy(io.Discard, got.Body)
		if err != nil || n < pieces*1024 {
			t.Errorf("%s: %d bytes came back: %v", what, n, err)
		}
		if call.Body != nil && took < pieces*1024 {
			t.Errorf("%s: %d bytes arrived", what, took)
		}
		_ = got.Body.Close()
	}
}

// The head of a response has the timeout for all of it, however it drips.
func TestAHeadThatDrips(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dripped := make(chan struct{})
	go func() {
		defer close(dripped)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_, err = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		for err == nil {
			time.Sleep(20 * time.Millisecond)
			_, err = io.WriteString(c, "X-A: b\r\n")
		}
	}()
	_, err = reach(t, system.Config{URL: "http://" + l.Addr().String(), Timeout: 200 * time.Millisecond}).Serve(t.Context(), exchange.Call{Method: "GET", Path: "/"})
	if p := problem.Of(err); p.Code != "system-away" {
		t.Errorf("a head without end: %v", err)
	}
	_ = l.Close()
	<-dripped
}
