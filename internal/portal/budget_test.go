package portal_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/entrance"
	"dobosh/internal/portal"
	"dobosh/internal/testkit/pages"
)

// counted is how many requests are answered before one is told to wait, and for how
// long; most where none is.
func counted(t *testing.T, h http.Handler, most int, request func() *http.Request) (answered, wait int) {
	t.Helper()
	for answered = range most {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request())
		if w.Code == http.StatusTooManyRequests {
			wait, err := strconv.Atoi(w.Header().Get("Retry-After"))
			if err != nil || wait < 1 {
				t.Errorf("told to wait %q", w.Header().Get("Retry-After"))
			}
			return answered, wait
		}
	}
	return most, 0
}

// TestOneAddressAndOneAccountAreNotEverybody: sign-ins of an address and forms of an
// account or of an address end, with the time to wait; those of others go on, and what
// somebody writes about where they come from counts only when a proxy says it.
func TestOneAddressAndOneAccountAreNotEverybody(t *testing.T) {
	now := clock.NewManual(time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC))
	cfg := config(t)
	cfg.Now = now.Now
	proxies := entrance.Proxies{netip.MustParsePrefix("10.0.0.1/32")}
	cfg.Address = func(r *http.Request) string { return proxies.Client(r).String() }
	h := pages.Open(t, cfg, (&matters{}).room())
	get := func(path, from, forwarded string) func() *http.Request {
		return func() *http.Request {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.RemoteAddr = from
			if forwarded != "" {
				r.Header.Set("X-Forwarded-For", forwarded)
			}
			return r
		}
	}
	n := 0
	for name, path := range map[string]string{"beginning": "/sign-in", "coming back": portal.SignInReturn + "?code=x&state=y"} {
		now.Advance(time.Hour)
		answered, wait := counted(t, h, 1000, get(path, "192.0.2.1:9", ""))
		if answered < 20 || answered > 200 {
			t.Errorf("%s: %d were answered", name, answered)
		}
		for who, c := range map[string]struct {
			from, forwarded string
			answered        bool
		}{
			"the same from another port":     {"192.0.2.1:10", "", false},
			"the same, who says another":     {"192.0.2.1:9", "198.51.100.7", false},
			"another":                        {"192.0.2.2:9", "", true},
			"another behind the proxy":       {"10.0.0.1:9", "198.51.100.8", true},
			"the same behind the proxy":      {"10.0.0.1:9", "198.51.100.9, 192.0.2.1", false},
			"a proxy that says nothing":      {"10.0.0.1:9", "", true},
			"what a client of a proxy wrote": {"10.0.0.1:9", "192.0.2.1, 198.51.100.8", true},
		} {
			if got, _ := counted(t, h, 1, get(path, c.from, c.forwarded)); (got == 1) != c.answered {
				t.Errorf("%s, %s: %v", name, who, got)
			}
		}
		if got, _ := counted(t, h, 1, get("/", "192.0.2.1:9", "")); got != 1 {
			t.Errorf("%s: a page is refused too", name)
		}
		now.Advance(time.Duration(wait) * time.Second)
		if got, _ := counted(t, h, 1, get(path, "192.0.2.1:9", "")); got != 1 {
			t.Errorf("%s: after waiting it is still too much", name)
		}
	}
	form := func(who, from string) func() *http.Request {
		return func() *http.Request {
			n++
			body := strings.NewReader("more=" + strconv.Itoa(n))
			r := httptest.NewRequest(http.MethodPost, "/matters/m1", io.NopCloser(body))
			r.RemoteAddr = from
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.AddCookie(&http.Cookie{Name: "who", Value: who})
			return r
		}
	}
	answered, _ := counted(t, h, 1000, form("mother", "192.0.2.3:1"))
	if answered < 20 || answered > 150 {
		t.Errorf("%d forms of one account were taken", answered)
	}
	if got, _ := counted(t, h, 1, form("mother", "192.0.2.4:1")); got != 0 {
		t.Error("the same account from another address goes on")
	}
	if got, _ := counted(t, h, 1, form("officer", "192.0.2.3:1")); got != 1 {
		t.Error("another account from the same address pays for it")
	}
}
