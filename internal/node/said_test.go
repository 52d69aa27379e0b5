package node

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/exchange/edge"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/security"

	"github.com/prometheus/client_golang/prometheus"
)

// What nobody has authenticated yet is cut before it stands in a line of the log, on
// the edge as on every other surface.
func TestMethodAndIDAreCutBeforeTheyAreLogged(t *testing.T) {
	for name, c := range map[string]struct{ method, id, logged string }{
		"as they should be":     {"DELETE", "a1-Z", "method=DELETE status=404 id=a1-Z"},
		"without an id":         {"GET", "", `method=GET status=404 id=""`},
		"the longest":           {"PROPFIND", strings.Repeat("a", 64), "method=PROPFIND status=404 id=" + strings.Repeat("a", 64)},
		"longer by one":         {"PROPPATCH", strings.Repeat("a", 65), "method=unreadable status=404 id=unreadable"},
		"much longer":           {strings.Repeat("A", 8000), strings.Repeat("a", 20000), "method=unreadable status=404 id=unreadable"},
		"with another line":     {"GET", "a\nlevel=ERROR", "method=GET status=404 id=unreadable"},
		"with signs and blanks": {"GET\x1b", "a b", "method=unreadable status=404 id=unreadable"},
		"in letters of ours":    {"УЗМИ", "број", "method=unreadable status=404 id=unreadable"},
	} {
		lines := &bytes.Buffer{}
		n := &Node{base: base{now: clock.System, log: slog.New(slog.NewTextHandler(lines, &slog.HandlerOptions{ReplaceAttr: withoutTimes}))}}
		m := &metrics{
			requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "requests"}, []string{"surface", "status"}),
			seconds:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "seconds"}, []string{"surface"}),
		}
		n.seenAtEdge(m, "s")(edge.Seen{Method: c.method, Status: http.StatusNotFound, Message: c.id})
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Method = c.method
		r.Header["X-Road-Id"] = []string{c.id}
		n.logged("s", http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
		want := "level=INFO msg=request surface=s " + c.logged + "\n"
		if got := lines.String(); got != want+want {
			t.Errorf("%s: the lines are\n%s", name, got)
		}
	}
}

// The security log has neither of them, however long they are and whoever sent them.
func TestTheSecurityLogRepeatsNothingOfAStranger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "security.log")
	watch, err := security.Open(security.Config{File: path}, security.Origin{}, make([]byte, 32), clock.System, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{base: base{log: slog.New(slog.DiscardHandler)}, watch: watch, say: func(_ lang.Tag, key string, _ ...string) string { return key }}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Method, r.Header = strings.Repeat("LOUD", 2000), http.Header{"X-Road-Id": {strings.Repeat("LOUD", 5000)}, "X-Request-Id": {"LOUD"}}
	n.turnAway(httptest.NewRecorder(), r, "portal", http.StatusMisdirectedRequest, "host-unknown")
	if err := watch.Close(); err != nil {
		t.Fatal(err)
	}
	lines, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(lines, []byte("host-unknown")) || bytes.Contains(lines, []byte("LOUD")) || len(lines) > 1<<10 {
		t.Errorf("%d bytes are noted: %.2000s", len(lines), lines)
	}
}

// withoutTimes leaves out what differs from run to run.
func withoutTimes(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey || a.Key == "took" {
		return slog.Attr{}
	}
	return a
}
