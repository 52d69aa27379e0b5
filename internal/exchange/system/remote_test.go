package system_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/exchange/system"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner") /* ends within the idle time */, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

func service() registry.ID {
	return registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "REGISTERS", Subsystem: "civil", Service: "births"}
}

func reach(t *testing.T, cfg system.Config) *system.Remote {
	t.Helper()
	cfg.Service = service()
	r, err := system.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func read(t *testing.T, r exchange.Result) string {
	t.Helper()
	if r.Body == nil {
		return ""
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestAQuestionArrivesAsItWasWritten(t *testing.T) {
	var seen string
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		seen = fmt.Sprint(r.Method, " ", r.RequestURI, " ", r.Header["X-Many"], " ", r.Header.Get("Authorization"), " ", r.Header.Get("User-Agent"), " ", r.ContentLength, " ", string(raw))
		w.Header().Set("X-Answer", "yes")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"a":1}`)
	}))
	defer origin.Close()
	r := reach(t, system.Config{URL: origin.URL + "/base/"})
	got, err := r.Serve(t.Context(), exchange.Call{
		Method: "POST", Path: "/a%2Fb/path%3B/../x//y", Query: "q=%C3%B6&q=2", Body: bytes.NewReader([]byte("hello")), Size: 5,
		Headers: []exchange.Header{{Name: "X-Many", Value: "1"}, {Name: "X-Many", Value: "2"}, {Name: "Authorization", Value: "Bearer x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "POST /base/a%2Fb/path%3B/../x//y?q=%C3%B6&q=2 [1 2] Bearer x  5 hello"; seen != want {
		t.Errorf("the system saw\n%s, want\n%s", seen, want)
	}
	if got.Status != http.StatusCreated || read(t, got) != `{"a":1}` || got.Size != 7 {
		t.Errorf("answer %d of %d bytes", got.Status, got.Size)
	}
	if !slices.Contains(got.Headers, exchange.Header{Name: "X-Answer", Value: "yes"}) {
		t.Errorf("headers %v", got.Headers)
	}
}

func TestRedirectsArePassedOn(t *testing.T) {
	origin := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusFound))
	defer origin.Close()
	got, err := reach(t, system.Config{URL: origin.URL}).Serve(t.Context(), exchange.Call{Method: "GET", Path: "/"})
	if err != nil || got.Status != http.StatusFound {
		t.Fatalf("%d %v", got.Status, err)
	}
	_ = got.Body.Close()
}

// flood is a body that is made as it is read.
type flood struct{ left int64 }

func (f *flood) Read(p []byte) (int, error) {
	if f.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), f.left)
	f.left -= n
	return int(n), nil
}

func TestLongBodiesFlowBothWays(t *testing.T) {
	const size = 64 << 20
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil || n != size {
			t.Errorf("the system read %d bytes: %v", n, err)
		}
		_, _ = io.Copy(w, &flood{size})
	}))
	defer origin.Close()
	got, err := reach(t, system.Config{URL: origin.URL}).Serve(t.Context(), exchange.Call{Method: "POST", Path: "/", Body: &flood{size}, Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, got.Body)
	if err != nil || n != size {
		t.Errorf("%d bytes came back: %v", n, err)
	}
	_ = got.Body.Close()
}

func TestAnAnswerThatBreaksOffIsAnError(t *testing.T) {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000000")
		_, _ = w.Write(make([]byte, 100_000))
		panic(http.ErrAbortHandler)
	}))
	defer origin.Close()
	got, err := reach(t, system.Config{URL: origin.URL}).Serve(t.Context(), exchange.Call{Method: "GET", Path: "/"})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, got.Body); err == nil {
		t.Errorf("%d bytes of 1,000,000, and no error", n)
	}
	_ = got.Body.Close()
}

func TestWhatIsWrongIsTold(t *testing.T) {
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer slow.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = nobody.Close() // its port is free now
	garbage, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer garbage.Close()
	go func() {
		for {
			c, err := garbage.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "this is not HTTP\r\n\r\n")
			_ = c.Close()
		}
	}()
	for what, c := range map[string]struct {
		cfg  system.Config
		kind problem.Kind
		code string
	}{
		"nobody listens":   {system.Config{URL: "http://" + nobody.Addr().String()}, problem.Unavailable, "system-away"},
		"no such host":     {system.Config{URL: "http://no-such-host.invalid"}, problem.Unavailable, "system-host-unknown"},
		"too slow":         {system.Config{URL: slow.URL, Timeout: 100 * time.Millisecond}, problem.Timeout, "system-away"},
		"untrusted":        {system.Config{URL: secure.URL}, problem.BadGateway, "system-untrusted"},
		"another key":      {system.Config{URL: secure.URL, Pin: strings.Repeat("00", 32)}, problem.BadGateway, "system-untrusted"},
		"not HTTP, closed": {system.Config{URL: "http://" + garbage.Addr().String()}, problem.BadGateway, "system-failed"},
	} {
		_, err := reach(t, c.cfg).Serve(t.Context(), exchange.Call{Method: "GET", Path: "/"})
		if p := problem.Of(err); p.Code != c.code || p.Kind != c.kind || p.Args["service"] != service().String() {
			t.Errorf("%s: %v (%d)", what, err, p.Kind.Status())
		}
	}
}

func TestASystemIsKnownByItsKeyOrItsIssuer(t *testing.T) {
	origin := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") }))
	defer origin.Close()
	pin := sha256.Sum256(origin.Certificate().RawSubjectPublicKeyInfo)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: origin.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, cfg := range map[string]system.Config{
		"key":    {URL: origin.URL, Pin: hex.EncodeToString(pin[:])},
		"issuer": {URL: origin.URL, CAFile: file},
	} {
		got, err := reach(t, cfg).Serve(t.Context(), exchange.Call{Method: "GET", Path: "/"})
		if err != nil || read(t, got) != "in" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestConfigurationsThatCannotBeUsed(t *testing.T) {
	for what, cfg := range map[string]system.Config{
		"no address":       {},
		"another protocol": {URL: "ftp://example.com"},
		"a user":           {URL: "http://a:b@example.com"},
		"a query":          {URL: "http://example.com/?a"},
		"a long timeout":   {URL: "http://example.com", Timeout: time.Hour},
		"a bad pin":        {URL: "https://example.com", Pin: "zz"},
		"a pin for http":   {URL: "http://example.com", Pin: strings.Repeat("00", 32)},
		"no such file":     {URL: "https://example.com", CAFile: filepath.Join(t.TempDir(), "none")},
	} {
		if err := cfg.Check(); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
}

func TestADeadlineEndsTheWait(t *testing.T) {
	stop := make(chan struct{})
	origin := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer origin.Close()
	defer close(stop)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := reach(t, system.Config{URL: origin.URL}).Serve(ctx, exchange.Call{Method: "GET", Path: "/"})
	if p := problem.Of(err); p.Code != "system-away" || p.Kind != problem.Timeout {
		t.Errorf("%v", err)
	}
}

// A system that closes connections while nobody uses them loses no request for it, whatever its method, and no request twice.
func TestAConnectionThatEndedLosesNoWrite(t *testing.T) {
	var arrived atomic.Int64
	origin := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		n, _ := io.Copy(io.Discard, r.Body)
		_, _ = fmt.Fprint(w, n)
	}))
	idle, closed := make(chan struct{}, 100), make(chan struct{}, 100)
	origin.Config.ConnState = func(c net.Conn, state http.ConnState) {
		switch state {
		case http.StateIdle:
			_ = c.Close() // as after a keep-alive of no time at all
			idle <- struct{}{}
		case http.StateClosed:
			closed <- struct{}{}
		}
	}
	origin.Start()
	defer origin.Close()
	r := reach(t, system.Config{URL: origin.URL})
	n := int64(0)
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "GET", "POST"} {
		for what, c := range map[string]exchange.Call{
			"a body":      {Body: bytes.NewReader([]byte("hello")), Size: 5},
			"no body":     {},
			"a long body": {Body: &flood{1 << 20}, Size: -1},
		} {
			c.Method, c.Path = method, "/"
			got, err := r.Serve(t.Context(), c)
			if err != nil {
				t.Fatalf("%s with %s: %v", method, what, err)
			}
			_ = read(t, got)
			if n++; arrived.Load() != n {
				t.Fatalf("%s with %s: %d requests arrived, of %d", method, what, arrived.Load(), n)
			}
			<-idle
			<-closed // the end is on its way over loopback
		}
	}
}

func TestAServiceWithoutAPathGetsNoSlash(t *testing.T) {
	var seen string
	origin := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.RequestURI }))
	defer origin.Close()
	for url, want := range map[string][2]string{"/integration/mock_1": {"/integration/mock_1", "/integration/mock_1/"}, "": {"/", "/"}} {
		r := reach(t, system.Config{URL: origin.URL + url})
		for i, path := range []string{"", "/"} {
			if _, err := r.Serve(t.Context(), exchange.Call{Method: "POST", Path: path}); err != nil || seen != want[i] {
				t.Errorf("%q behind %q: the system saw %s, %v", path, url, seen, err)
			}
		}
	}
}
