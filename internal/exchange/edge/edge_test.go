package edge

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dobosh/internal/exchange"
	"dobosh/internal/registry"
)

const target = "/r1/RS-TEST/GOV/STATE/civil/births"

func itoa(n int) string { return strconv.Itoa(n) }

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestAnswers(t *testing.T) {
	w := newWorld(t, nil)
	var seen *http.Request
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		seen = r
		rw.Header().Set("Server", "secret")
		rw.Header().Set("Date", "yesterday")
		rw.Header().Set("X-Road-Id", "the system's own")
		w.write(rw, document)
	}
	a := w.ask("GET", target+"/v1/births/b%C4%87%3B?x=%2F", "", "X-Road-Client", family.String(), "X-Road-Id", "my-id", "X-Road-Issue", "case 7", "X-Road-UserId", "EE1", "X-Road-Represented-Party",
		"COM/1", "User-Agent", "curl", "Accept", "application/json", "X-Own", "one", "X-Own", "two", "Authorization", "Bearer x", "X-Road-Request-Id", "mine")
	if a.status != 200 || a.body != `{"born":"2026-11-01","mother":{"name":"Ана"}}` {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for name, want := range map[string]string{"x-road-id": "my-id", "x-road-client": family.String(), "x-road-service": births.String()} {
		if !slices.Contains(a.lines, name+": "+want) {
			t.Errorf("no %s: %s in %q", name, want, a.lines)
		}
	}
	if got := a.header; got.Get("Content-Type") != "application/json" || got.Get("Server") != "" || got.Get("X-Road-Error") != "" || len(got.Values("Date")) != 1 || len(got.Values("X-Road-Id")) != 1 ||
		!uuidForm.MatchString(got.Get("x-road-request-id")) || len(got.Get("x-road-request-hash")) != 88 || got.Get("Date") == "yesterday" {
		t.Errorf("headers: %q", a.lines)
	}
	if got := seen.Header; seen.RequestURI != "/v1/births/b%C4%87%3B?x=%2F" || got.Get("X-Road-Id") != "my-id" || got.Get("X-Road-Client") != family.String() || got.Get("X-Road-Issue") != "case 7" ||
		got.Get("X-Road-Request-Id") != a.header.Get("x-road-request-id") || got.Get("X-Road-Request-Id") == "mine" || got.Get("Accept") != "application/json" || got.Get("X-Road-Userid") != "EE1" ||
		got.Get("X-Road-Represented-Party") != "COM/1" || got.Get("User-Agent") != "" || !slices.Equal(got.Values("X-Own"), []string{"one", "two"}) || got.Get("Authorization") != "" {
		t.Errorf("the system saw %s %v", seen.RequestURI, seen.Header)
	}
}

func TestAnIDIsMade(t *testing.T) {
	w := newWorld(t, nil)
	a, b := w.ask("GET", target+"/v1/births/b1", ""), w.ask("GET", target+"/v1/births/b1", "")
	id, made := strings.CutPrefix(a.header.Get("X-Road-Id"), "RS-TEST-")
	if !made || !uuidForm.MatchString(id) {
		t.Errorf("an id that was made: %q", a.header.Get("X-Road-Id"))
	}
	if a.header.Get("X-Road-Request-Hash") == b.header.Get("X-Road-Request-Hash") {
		t.Error("two requests have one hash")
	}
}

func TestMethodsAndBodies(t *testing.T) {
	w := newWorld(t, nil)
	var seen, body string
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		seen, body = r.Method+" "+r.Header.Get("Content-Type")+" "+strconv.FormatInt(r.ContentLength, 10), string(raw)
		if r.Method == http.MethodOptions {
			rw.WriteHeader(http.StatusNoContent)
			return
		}
		w.write(rw, document)
	}
	for _, c := range []struct {
		method, body, seen string
		status             int
	}{
		{"POST", `{"q":1}`, "POST application/json 7", 200}, {"PUT", `{"q":1}`, "PUT application/json 7", 200}, {"PATCH", `{"q":1}`, "PATCH application/json 7", 200},
		{"DELETE", "", "DELETE  0", 200}, {"HEAD", "", "HEAD  0", 200}, {"OPTIONS", "", "OPTIONS  0", 204},
	} {
		headers := []string{"X-Road-Client", family.String()}
		if c.body != "" {
			headers = append(headers, "Content-Type", "application/json")
		}
		a := w.ask(c.method, target+"/v1/births/b1", c.body, headers...)
		if empty := c.method == "HEAD" || c.method == "OPTIONS"; a.status != c.status || seen != c.seen || body != c.body || empty != (a.body == "") {
			t.Errorf("%s: %d %q, the system saw %q %q", c.method, a.status, a.body, seen, body)
		}
	}
	if a := w.ask("TRACE", target+"/v1/births/b1", ""); a.header.Get("X-Road-Error") != "Server.ServerProxy.AccessDenied" { // no contract can let it through
		t.Errorf("TRACE: %d %s", a.status, a.body)
	}
	if a := w.ask("GET", target, ""); a.status != 200 { // no path after the service is "/"
		t.Errorf("without a path: %d %s", a.status, a.body)
	}
}

func TestChunkedQuestionsHaveALength(t *testing.T) {
	w := newWorld(t, nil)
	var length int64
	w.system = func(rw http.ResponseWriter, r *http.Request) { length = r.ContentLength; w.write(rw, document) }
	a := w.raw("POST", "POST "+target+"/v1/births/b1 HTTP/1.1\r\nHost: edge\r\nX-Road-Client: "+family.String()+"\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
	if a.status != 200 || length != 11 {
		t.Errorf("%d %s, the system saw %d bytes", a.status, a.body, length)
	}
}

func TestIdentifiersAreEncoded(t *testing.T) {
	w := newWorld(t, nil)
	odd := civilID.With("s/ub ć")
	w.say(registry.Statement{Service: &registry.Service{ID: odd}})
	c := contract()
	c.ID, c.Service = "odd", odd.Service
	w.agree(c)
	var path string
	w.state.systems[odd] = exchange.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { path = r.RequestURI; w.write(rw, document) }))
	a := w.ask("GET", "/r1/RS-TEST/GOV/STATE/%63ivil/s%2Fub%20%C4%87/v1/births/path%3B/?a=%2e%2e&b", "")
	if a.status != 200 || a.header.Get("X-Road-Service") != "RS-TEST/GOV/STATE/civil/s%2Fub%20%C4%87" || path != "/v1/births/path%3B/?a=%2e%2e&b" {
		t.Errorf("%d %s %v; the system saw %s", a.status, a.body, a.header, path)
	}
	a = w.ask("GET", "http://edge/r1/RS-TEST/GOV/STATE/civil/births/v1/births/b1", "")
	if a.status != 200 {
		t.Errorf("a target as for a proxy: %d %s", a.status, a.body)
	}
}

// What settles who asks stands once, and by the one name that the interface has for it: a proxy that pins one would pin nothing.
func TestAHeaderHasOneName(t *testing.T) {
	w := newWorld(t, nil)
	asked := false
	w.system = func(rw http.ResponseWriter, _ *http.Request) { asked = true; w.write(rw, document) }
	own, other := family.String(), city.String()+"/other"
	ownTarget := "/v1/ask" + strings.TrimPrefix(target, "/r1")
	for name, c := range map[string]struct {
		target  string
		headers []string
	}{
		"twice":                      {target, []string{"X-Road-Client", own, "X-Road-Client", own}},
		"twice, the last is good":    {target, []string{"X-Road-Client", "nonsense", "x-road-CLIENT", own}},
		"twice, the first is good":   {target, []string{"X-Road-Client", own, "X-Road-Client", "nonsense"}},
		"by both names":              {target, []string{"X-Road-Client", other, "Dobosh-Client", own}},
		"by both names, turned":      {target, []string{"dobosh-client", own, "X-Road-Client", other}},
		"by the name of the other":   {target, []string{"Dobosh-Client", own}},
		"the matter by both names":   {target, []string{"X-Road-Client", own, "X-Road-Issue", "1", "Dobosh-Matter", "2"}},
		"the matter twice":           {target, []string{"X-Road-Client", own, "X-Road-Issue", "1", "X-Road-Issue", "1"}},
		"the id twice":               {target, []string{"X-Road-Client", own, "X-Road-Id", "1", "X-Road-Id", "2"}},
		"two parties":                {target, []string{"X-Road-Client", own, "X-Road-Represented-Party", "1", "X-Road-Represented-Party", "2"}},
		"own, by the name of X-Road": {ownTarget, []string{"X-Road-Client", own}},
		"own, by both names":         {ownTarget, []string{"X-Road-Client", other, "Dobosh-Client", own}},
		"own, twice":                 {ownTarget, []string{"Dobosh-Client", own, "Dobosh-Client", own}},
		"own, two delegations":       {ownTarget, []string{"Dobosh-Client", own, "Dobosh-Behalf", own, "Dobosh-Behalf", other}},
	} {
		if a := w.ask("GET", c.target+"/v1/births/b1", "", c.headers...); a.status < 400 || !strings.Contains(a.body, "twice") || asked {
			t.Errorf("%s: %d %s, the system was asked: %t", name, a.status, a.body, asked)
		}
	}
}

func TestANodeOfTheProviderIsNamed(t *testing.T) {
	w := newWorld(t, nil)
	for server, want := range map[string]int{"RS-TEST/GOV/STATE/n1": 200, "RS-TEST/GOV/STATE/n2": 500, "RS-TEST/GOV/CITY/n1": 500, "RS-TEST/GOV/STATE": 500, "RS-TEST/GOV/STATE/n1/x": 500} {
		if a := w.ask("GET", target+"/v1/births/b1", "", "X-Road-Client", family.String(), "X-Road-Security-Server", server); a.status != want {
			t.Errorf("%s: %d %s", server, a.status, a.body)
		}
	}
}

// The information system's own refusals pass with their status and without an
// error of the exchange, but with their body only where the whole response was
// agreed.
func TestTheSystemsOwnRefusalsPass(t *testing.T) {
	for _, status := range []int{404, 400, 409, 422, 500, 501} {
		w := newWorld(t, nil)
		w.system = func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "about somebody", status) }
		if a := w.ask("GET", target+"/v1/births/b1", ""); a.status != status || a.header.Get("X-Road-Error") != "" || a.body != "" || a.header.Get("X-Road-Id") == "" {
			t.Errorf("%d: %d %q %v", status, a.status, a.body, a.header)
		}
		a := w.ask("GET", "/r1/RS-TEST/GOV/STATE/civil/files/v1/births/b1", "")
		if a.status != status || a.header.Get("X-Road-Error") != "" || a.body != "about somebody\n" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
			t.Errorf("%d of a whole answer: %d %q %v", status, a.status, a.body, a.header)
		}
	}
}

func TestRedirectsArePassedOn(t *testing.T) {
	w := newWorld(t, nil)
	w.system = func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/elsewhere", http.StatusFound) }
	if a := w.ask("GET", "/r1/RS-TEST/GOV/STATE/civil/files/v1/births/b1", ""); a.status != http.StatusFound || a.header.Get("Location") != "/elsewhere" {
		t.Errorf("%d %v", a.status, a.header)
	}
}

func TestTextsAreBounded(t *testing.T) {
	if got := bounded(strings.Repeat("ћ", 150)); got != strings.Repeat("ћ", 100) {
		t.Errorf("%d bytes", len(got))
	}
	if got := bounded(strings.Repeat("a", 199) + "ћ"); got != strings.Repeat("a", 199) {
		t.Errorf("%q", got)
	}
}
