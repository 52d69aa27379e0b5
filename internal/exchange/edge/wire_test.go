package edge

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"dobosh/internal/testkit"
)

// plainHead is a request line and the headers that every request has.
const plainHead = "POST " + plainTarget + " HTTP/1.1\r\nHost: edge\r\nX-Road-Client: RS-TEST/GOV/CITY/family\r\n"

// What two readers could understand differently is not asked at all.
func TestAmbiguousRequestsAreRefused(t *testing.T) {
	w := newWorld(t, nil)
	asked := false
	w.system = func(rw http.ResponseWriter, _ *http.Request) { asked = true; w.write(rw, document) }
	for name, request := range map[string]string{
		"two lengths":                  plainHead + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
		"a length that is none":        plainHead + "Content-Length: +5\r\n\r\nhello",
		"a negative length":            plainHead + "Content-Length: -5\r\n\r\nhello",
		"a chunk that is none":         plainHead + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n",
		"a coding that nobody knows":   plainHead + "Transfer-Encoding: gzip\r\n\r\nhello",
		"a blank before the colon":     plainHead + "X-Own : x\r\nConnection: close\r\n\r\n",
		"a folded line":                plainHead + "X-Own: x\r\n y\r\nConnection: close\r\n\r\n",
		"a line without a name":        plainHead + ": x\r\nConnection: close\r\n\r\n",
		"a line without a colon":       plainHead + "X-Own\r\nConnection: close\r\n\r\n",
		"a byte of no text in a value": plainHead + "X-Own: a\x00b\r\nConnection: close\r\n\r\n",
		"a blank in the target":        "GET " + target + "/v1/births/b 1 HTTP/1.1\r\nHost: edge\r\nX-Road-Client: RS-TEST/GOV/CITY/family\r\nConnection: close\r\n\r\n",
		"a byte of no path":            "GET " + target + "/v1/births/\xff HTTP/1.1\r\nHost: edge\r\nX-Road-Client: RS-TEST/GOV/CITY/family\r\nConnection: close\r\n\r\n",
	} {
		asked = false
		if a := w.raw("POST", request); a.status != 500 || a.header.Get("X-Road-Error") == "" || asked {
			t.Errorf("%s: %d %s (the system was asked: %t)", name, a.status, a.body, asked)
		}
	}
}

// A chunked body wins over a length, and nothing behind it is another request.
func TestNothingIsSmuggled(t *testing.T) {
	w := newWorld(t, nil)
	asked := 0
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		asked++
		_, _ = io.Copy(io.Discard, r.Body)
		w.write(rw, document)
	}
	w.raw("POST", plainHead+"Transfer-Encoding: chunked\r\nContent-Length: 3\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n"+written("GET", plainTarget, ""))
	if asked > 1 {
		t.Errorf("the system was asked %d times", asked)
	}
}

// A client that waits for leave to send its body gets it.
func TestABodyIsAskedFor(t *testing.T) {
	w := newWorld(t, nil)
	var got string
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		got = string(raw) + r.Header.Get("Expect")
		w.write(rw, document)
	}
	conn := testkit.Must[net.Conn](t)(new(net.Dialer).DialContext(t.Context(), "tcp", w.open()))
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, plainHead+"Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
	from := bufio.NewReader(conn)
	if line := testkit.Must[string](t)(from.ReadString('\n')); !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		t.Fatalf("%q", line)
	}
	_, _ = from.ReadString('\n')
	_, _ = io.WriteString(conn, "hello")
	resp := testkit.Must[*http.Response](t)(http.ReadResponse(from, nil))
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != 200 || got != "hello" {
		t.Errorf("%d, the system got %q", resp.StatusCode, got)
	}
}

// Requests one behind the other on one connection are answered in their order,
// and one that is refused does not end it.
func TestAConnectionIsKept(t *testing.T) {
	w := newWorld(t, nil)
	conn := testkit.Must[net.Conn](t)(new(net.Dialer).DialContext(t.Context(), "tcp", w.open()))
	defer func() { _ = conn.Close() }()
	var all strings.Builder
	for _, id := range []string{"1", "2", "3"} {
		path := plainTarget
		if id == "2" {
			path = "/r1/nothing"
		}
		all.WriteString("GET " + path + " HTTP/1.1\r\nHost: edge\r\nX-Road-Client: " + family.String() + "\r\nX-Road-Id: " + id + "\r\n\r\n")
	}
	_, _ = io.WriteString(conn, all.String())
	from := bufio.NewReader(conn)
	for _, want := range []string{"1", "", "3"} {
		resp := testkit.Must[*http.Response](t)(http.ReadResponse(from, nil))
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if got := resp.Header.Get("X-Road-Id"); got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
}

// A client of HTTP/1.0 gets a long response to the end of the connection.
func TestALongAnswerForAnOldClient(t *testing.T) {
	w := newWorld(t, nil)
	w.system = func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(rw, newFlood(3<<20)) }
	a := w.raw("GET", "GET "+filesTarget+" HTTP/1.0\r\nX-Road-Client: "+family.String()+"\r\n\r\n")
	if a.status != 200 || len(a.body) != 3<<20 || a.header.Get("Transfer-Encoding") != "" {
		t.Errorf("%d, %d bytes, %q", a.status, len(a.body), a.lines)
	}
}
