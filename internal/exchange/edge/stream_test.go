package edge

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/testkit"
)

const filesTarget = "/r1/RS-TEST/GOV/STATE/civil/files/v1/births/b1"

// flood is a body that is made as it is read.
type flood struct {
	left int
	sum  hash.Hash
}

func newFlood(size int) *flood { return &flood{size, sha256.New()} }

// Read implements io.Reader.
func (f *flood) Read(p []byte) (int, error) {
	if f.left == 0 {
		return 0, io.EOF
	}
	n := min(f.left, len(p))
	for i := range n {
		p[i] = byte(f.left - i)
	}
	f.left -= n
	_, _ = f.sum.Write(p[:n])
	return n, nil
}

// A long body flows through in both directions, in less memory than it has.
func TestLongBodiesFlow(t *testing.T) {
	const size = 96 << 20
	w := newWorld(t, nil)
	sent, answered := newFlood(size), newFlood(size)
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		sum := sha256.New()
		n, err := io.Copy(sum, r.Body)
		if err != nil || n != size || !bytes.Equal(sum.Sum(nil), sent.sum.Sum(nil)) {
			t.Errorf("the system read %d bytes: %v", n, err)
		}
		_, _ = io.Copy(rw, answered)
	}
	req := testkit.Must[*http.Request](t)(http.NewRequestWithContext(t.Context(), "POST", "http://"+w.open()+filesTarget, io.LimitReader(sent, size)))
	req.Header.Set("X-Road-Client", family.String())
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	resp := testkit.Must[*http.Response](t)(client.Do(req))
	defer func() { _ = resp.Body.Close() }()
	sum := sha256.New()
	n, err := io.Copy(sum, resp.Body)
	if err != nil || n != size || resp.StatusCode != 200 || !bytes.Equal(sum.Sum(nil), answered.sum.Sum(nil)) {
		t.Errorf("%d, %d bytes came back: %v", resp.StatusCode, n, err)
	}
	if resp.Header.Get("X-Road-Request-Hash") == "" {
		t.Error("the request has no hash, though all of it came before the answer")
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > size/4 {
		t.Errorf("%d bytes are held after a body of %d", grown, size)
	}
}

// A response that breaks off at its source does not look whole.
func TestABrokenAnswerIsNotWhole(t *testing.T) {
	w := newWorld(t, nil)
	w.system = func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(rw, newFlood(8<<20))
		panic(http.ErrAbortHandler)
	}
	conn := testkit.Must[net.Conn](t)(new(net.Dialer).DialContext(t.Context(), "tcp", w.open()))
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, written("GET", filesTarget, ""))
	resp := testkit.Must[*http.Response](t)(http.ReadResponse(bufio.NewReader(conn), nil))
	if n, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Errorf("%d bytes, and no error", n)
	}
}

// A chunked body without end is ended by the contract's limit.
func TestABodyWithoutEnd(t *testing.T) {
	w := newWorld(t, nil)
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.write(rw, document)
	}
	conn := testkit.Must[net.Conn](t)(new(net.Dialer).DialContext(t.Context(), "tcp", w.open()))
	defer func() { _ = conn.Close() }()
	go func() {
		_, err := io.WriteString(conn, "POST "+plainTarget+" HTTP/1.1\r\nHost: edge\r\nX-Road-Client: "+family.String()+"\r\nTransfer-Encoding: chunked\r\n\r\n")
		chunk := fmt.Sprintf("%x\r\n%s\r\n", 64<<10, strings.Repeat("x", 64<<10))
		for sent := 0; err == nil && sent < 40<<20; sent += 64 << 10 {
			_, err = io.WriteString(conn, chunk)
		}
	}()
	resp := testkit.Must[*http.Response](t)(http.ReadResponse(bufio.NewReader(conn), nil))
	defer func() { _ = resp.Body.Close() }()
	if got := resp.Header.Get("X-Road-Error"); got != "Server.ClientProxy.IOError" {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}

// A body must come in steps: each has its time, however many there are.
func TestATrickleIsAnError(t *testing.T) {
	waits := 0
	in := newTrickle(strings.NewReader(strings.Repeat("x", 3*step)), func(time.Time) error {
		if waits++; waits > 3 {
			return errors.New("over")
		}
		return nil
	})
	if n, err := io.Copy(io.Discard, io.LimitReader(in, 3*step)); err != nil || n != 3*step || waits != 3 {
		t.Errorf("%d bytes in %d steps: %v", n, waits, err)
	}
	in = newTrickle(strings.NewReader("x"), func(time.Time) error { return errors.New("over") })
	if _, err := in.Read(make([]byte, 1)); err == nil {
		t.Error("a deadline that cannot be set is no error")
	}
}

// A body that is shorter than announced is no body.
func TestAShortBodyIsNotWhole(t *testing.T) {
	in := newTrickle(strings.NewReader("half"), func(time.Time) error { return nil })
	in.size = 8
	if _, _, _, err := in.begin(100); !problem.HasCode(err, "upload-broken") {
		t.Errorf("%v", err)
	}
	if _, whole := in.digest(); whole {
		t.Error("it has a digest")
	}
}

func newTrickle(from io.Reader, wait func(time.Time) error) *incoming {
	return &incoming{from: from, wait: wait, size: -1, hash: sha512.New()}
}

// The bounds of a connection are those that the room promises.
func TestConnectionsAreBounded(t *testing.T) {
	s := New(Config{Log: slog.New(slog.DiscardHandler)}).server
	if s.ReadTimeout != headTimeout || s.WriteTimeout != stepTimeout || s.IdleTimeout != idleTimeout || s.Concurrency != maxConnections || s.ReadBufferSize != maxHead {
		t.Error("a bound of connections is not set")
	}
}
