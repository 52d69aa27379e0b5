package entrance_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/entrance"
)

// serve answers HTTP on a limited listener; a request for /slow takes until the test says.
func serve(t *testing.T, b entrance.Budget) (at string, l *entrance.Listener, slow chan struct{}) {
	t.Helper()
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, slow = entrance.Limit(raw, b), make(chan struct{})
	type key struct{}
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, key{}, entrance.Of(c))
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := r.Context().Value(key{}).(*entrance.Conn)
			if !c.Enter() {
				panic(http.ErrAbortHandler)
			}
			defer c.Leave()
			if r.URL.Path == "/slow" {
				_, _ = io.WriteString(w, "begun")
				w.(http.Flusher).Flush()
				<-slow
			}
		}),
	}
	var done sync.WaitGroup
	done.Go(func() { _ = server.Serve(l) })
	t.Cleanup(func() { _ = server.Close(); done.Wait() })
	return raw.Addr().String(), l, slow
}

// dial opens a connection from an address of this machine.
func dial(t *testing.T, from, to string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
	c, err := d.DialContext(t.Context(), "tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// ask sends a request over a connection and gives the first line of the answer; empty
// where the connection was closed.
func ask(t *testing.T, c net.Conn, path string) string {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path); err != nil {
		return ""
	}
	line := make([]byte, len("HTTP/1.1 200"))
	n, _ := io.ReadFull(c, line)
	return string(line[:n])
}

// gone waits until the other side has closed a connection.
func gone(c net.Conn) bool {
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	_, err := io.Copy(io.Discard, c)
	var late net.Error
	if ne, ok := err.(net.Error); ok {
		late = ne
	}
	return late == nil || !late.Timeout()
}

func TestWhoWaitsMakesPlaceForWhoComes(t *testing.T) {
	at, l, slow := serve(t, entrance.Budget{Total: 6, Address: 4, Full: []byte("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n\r\n")})
	idle := dial(t, "127.0.0.1", at)
	if got := ask(t, idle, "/"); got != "HTTP/1.1 200" {
		t.Fatalf("the first: %q", got)
	}
	silent, slowly := dial(t, "127.0.0.1", at), dial(t, "127.0.0.1", at)
	if _, err := io.WriteString(slowly, "GET / HT"); err != nil {
		t.Fatal(err)
	}
	busy := dial(t, "127.0.0.1", at)
	if got := ask(t, busy, "/slow"); got != "HTTP/1.1 200" {
		t.Fatalf("the busy one: %q", got)
	}

	// The address is full: its own that waits goes, in the order of waiting.
	for i, old := range []net.Conn{idle, silent, slowly} {
		if got := ask(t, dial(t, "127.0.0.1", at), "/"); got != "HTTP/1.1 200" || !gone(old) {
			t.Errorf("newcomer %d: %q", i, got)
		}
	}
	if open, refused, left := l.Figures(); open != 4 || refused != 0 || left != 3 {
		t.Errorf("%d open, %d refused, %d left", open, refused, left)
	}

	// All are full: whoever waits longest goes, whatever the address.
	for i := range 8 {
		if got := ask(t, dial(t, fmt.Sprintf("127.0.1.%d", i+1), at), "/"); got != "HTTP/1.1 200" {
			t.Errorf("from elsewhere %d: %q", i, got)
		}
	}
	if open, _, _ := l.Figures(); open != 6 {
		t.Errorf("%d are open", open)
	}

	// What is being answered stays, and who comes when everything is, is told so.
	for i := range 5 {
		if got := ask(t, dial(t, fmt.Sprintf("127.0.2.%d", i+1), at), "/slow"); got != "HTTP/1.1 200" {
			t.Errorf("busy %d: %q", i, got)
		}
	}
	if got := ask(t, dial(t, "127.0.3.1", at), "/"); got != "HTTP/1.1 503" && got != "" { // the answer is lost where the kernel resets
		t.Errorf("when everything is answered: %q", got)
	}
	if _, refused, _ := l.Figures(); refused != 1 {
		t.Errorf("%d refused", refused)
	}
	close(slow)
	var all strings.Builder
	for one := make([]byte, 1); !strings.HasSuffix(all.String(), "\r\n0\r\n\r\n"); all.WriteByte(one[0]) {
		if _, err := io.ReadFull(busy, one); err != nil {
			t.Fatalf("what was being answered was cut: %v %s", err, all.String())
		}
	}
}

func TestAProxyIsManyAddresses(t *testing.T) {
	at, l, _ := serve(t, entrance.Budget{Total: 8, Address: 2, Open: func(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.9") }})
	var kept []net.Conn
	for range 6 {
		c := dial(t, "127.0.0.9", at)
		if got := ask(t, c, "/"); got != "HTTP/1.1 200" {
			t.Fatalf("%q", got)
		}
		kept = append(kept, c)
	}
	for _, c := range kept {
		if got := ask(t, c, "/"); got == "" {
			t.Error("the connection of a proxy was closed before the listener was full")
		}
	}
	if _, _, left := l.Figures(); left != 0 {
		t.Errorf("%d left", left)
	}
}

func TestOneNetworkIsOneAddress(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string
		same bool
	}{
		"one house":         {"[2001:db8:1:2::1]:1", "[2001:db8:1:2:ffff::9]:2", true},
		"the next house":    {"[2001:db8:1:2::1]:1", "[2001:db8:1:3::1]:1", false},
		"another port":      {"192.0.2.1:1", "192.0.2.1:2", true},
		"another address":   {"192.0.2.1:1", "192.0.2.2:1", false},
		"in the other form": {"192.0.2.1:1", "[::ffff:192.0.2.1]:7", true},
		"mapped and apart":  {"[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:1", false},
	} {
		of := func(s string) netip.Addr {
			return entrance.Address(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s)))
		}
		if got := of(c.a) == of(c.b); got != c.same {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestHosts(t *testing.T) {
	here := &net.TCPAddr{IP: net.ParseIP("127.0.0.1"), Port: 8000}
	there := &net.TCPAddr{IP: net.ParseIP("10.0.0.2"), Port: 8000}
	h := entrance.Hosts{Names: []string{"city.example"}, More: func() []string { return []string{"node.example:7000"} }}
	for host, known := range map[string]bool{
		"city.example": true, "CITY.example:443": true, "city.example.": true, "node.example": true, "127.0.0.1:8000": true, "127.0.0.1": true, "localhost:9": true,
		"evil.example": false, "": false, "city.example.evil.example": false, "10.0.0.2": false, "[::1]": false, ":80": false, "sub.city.example": false,
		"127.0.0.1.evil.example": false, "2130706433": false, "127.1": false,
	} {
		if got := h.Knows(host, here); got != known {
			t.Errorf("%q: %v", host, got)
		}
	}
	if h.Knows("localhost", there) || !h.Knows("10.0.0.2:1", there) {
		t.Error("another address")
	}
	h.Literal = true
	if !h.Knows("198.51.100.7", there) || h.Knows("evil.example", there) {
		t.Error("any literal")
	}
}

func TestWhatAPageSends(t *testing.T) {
	for name, c := range map[string]struct {
		origin, site []string
		page         bool
	}{
		"a program": {nil, nil, false}, "an address that was typed": {nil, []string{"none"}, false}, "our own": {nil, []string{"same-origin"}, false},
		"a page": {[]string{"https://evil.example"}, nil, true}, "a sandbox": {[]string{"null"}, nil, true}, "an image": {nil, []string{"cross-site"}, true},
		"a neighbour": {nil, []string{"same-site"}, true}, "two": {nil, []string{"none", "cross-site"}, true}, "two origins": {[]string{"", "x"}, nil, true},
	} {
		if got := entrance.ByAPage(c.origin, c.site); got != c.page {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestARate(t *testing.T) {
	now := clock.NewManual(time.Unix(1_800_000_000, 0))
	r := entrance.NewRate(3, 10*time.Second, now.Now)
	for i := range 3 {
		if wait := r.Take("a"); wait != 0 {
			t.Errorf("%d: waits %s", i, wait)
		}
	}
	if wait := r.Take("a"); wait != 10*time.Second {
		t.Errorf("the fourth waits %s", wait)
	}
	if r.Take("b") != 0 {
		t.Error("another pays for it")
	}
	now.Advance(9 * time.Second)
	if wait := r.Take("a"); wait != time.Second {
		t.Errorf("a second before: %s", wait)
	}
	now.Advance(time.Second)
	if r.Take("a") != 0 || r.Take("a") == 0 {
		t.Error("one came back, and one only")
	}
	now.Advance(400 * 24 * time.Hour)
	r.Take("a")
	now.Advance(-400 * 24 * time.Hour) // it was ahead, and is put right
	if wait := r.Take("a"); wait != 0 {
		t.Errorf("who came while the clock was ahead waits %s", wait)
	}
	for i := range 1 << 18 { // its memory is bounded
		r.Take(fmt.Sprint(i))
	}
	if n := r.Len(); n > 1<<16 {
		t.Errorf("%d keys are kept", n)
	}
}
