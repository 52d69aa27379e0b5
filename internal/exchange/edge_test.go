package exchange

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"dobosh/internal/registry"
)

const edgeURL = "/r1/RS-TEST/GOV/STATE/civil/births"

// edgeAnswer is what a client of the edge gets.
type edgeAnswer struct {
	status int
	header http.Header
	body   string
}

// edge serves the city's edge and asks it what a plain client would.
func (w *world) edge(method, path string, body io.Reader, headers ...string) edgeAnswer {
	w.tb.Helper()
	server := httptest.NewServer(w.city.Edge())
	defer server.Close()
	req := must[*http.Request](w.tb)(http.NewRequestWithContext(w.tb.Context(), method, server.URL, body))
	req.URL.Opaque = strings.TrimPrefix(server.URL, "http:") + path // as it is written, not as Go would write it
	if len(headers) == 0 {
		headers = []string{clientHeader, family.String()}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp := must[*http.Response](w.tb)(client.Do(req))
	defer func() { _ = resp.Body.Close() }()
	return edgeAnswer{resp.StatusCode, resp.Header, string(must[[]byte](w.tb)(io.ReadAll(resp.Body)))}
}

func TestEdgeAnswers(t *testing.T) {
	w := newWorld(t, nil)
	var seen *http.Request
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		seen = r
		rw.Header().Set("Server", "secret")
		w.write(rw, document)
	}
	a := w.edge(http.MethodGet, edgeURL+"/v1/births/b%C4%87%3B?x=%2F", nil, clientHeader, family.String(), idHeader, "my-id", issueHeader, "case 7", "Accept", "application/json")
	if a.status != 200 || !strings.HasPrefix(a.body, `{"born"`) || strings.Contains(a.body, "secret") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for name, want := range map[string]string{
		"X-Road-Id": "my-id", "X-Road-Client": family.String(), "X-Road-Service": birthsS.String(), "Content-Type": "application/json", "X-Road-Error": "", "Server": "",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if len(a.header.Values("Date")) != 1 || !uuidForm.MatchString(a.header.Get("X-Road-Request-Id")) || len(a.header.Get("X-Road-Request-Hash")) != 88 {
		t.Errorf("headers: %v", a.header)
	}
	if seen.RequestURI != "/v1/births/b%C4%87%3B?x=%2F" || seen.Header.Get("X-Road-Id") != "my-id" || seen.Header.Get("X-Road-Client") != family.String() ||
		seen.Header.Get("X-Road-Issue") != "case 7" || seen.Header.Get("X-Road-Request-Id") == "" || seen.Header.Get("Accept") != "application/json" {
		t.Errorf("the system saw %s %v", seen.RequestURI, seen.Header)
	}
	b := w.edge(http.MethodGet, edgeURL+"/v1/births/b1", nil)
	if !regexp.MustCompile(`^RS-TEST-`).MatchString(b.header.Get("X-Road-Id")) || !uuidForm.MatchString(b.header.Get("X-Road-Id")[len("RS-TEST-"):]) {
		t.Errorf("an id that was made: %q", b.header.Get("X-Road-Id"))
	}
	if c := w.edge(http.MethodGet, edgeURL+"/v1/births/b1", nil); c.header.Get("X-Road-Request-Hash") == b.header.Get("X-Road-Request-Hash") {
		t.Error("two requests have one hash")
	}
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestEdgeMethodsAndBodies(t *testing.T) {
	w := newWorld(t, nil)
	var seen, body string
	w.system = func(rw http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		seen, body = r.Method+" "+r.Header.Get("Content-Type"), string(raw)
		if r.Method == http.MethodOptions {
			rw.WriteHeader(http.StatusNoContent)
			return
		}
		w.write(rw, document)
	}
	for _, c := range []struct {
		method, body, seen string
		status             int
	}{{"POST", `{"q":1}`, "POST application/json", 200}, {"HEAD", "", "HEAD ", 200}, {"OPTIONS", "", "OPTIONS ", 204}} {
		headers := []string{clientHeader, family.String()}
		if c.body != "" {
			headers = append(headers, "Content-Type", "application/json")
		}
		a := w.edge(c.method, edgeURL+"/v1/births/b1", strings.NewReader(c.body), headers...)
		if a.status != c.status || seen != c.seen || body != c.body || (c.method != "POST") != (a.body == "") {
			t.Errorf("%s: %d %q, the system saw %q %q", c.method, a.status, a.body, seen, body)
		}
	}
	if a := w.edge("GET", edgeURL, nil); a.status != 200 { // no path after the service is "/"
		t.Errorf("without a path: %d %s", a.status, a.body)
	}
}

func TestEdgeIdentifiersAreEncoded(t *testing.T) {
	w := newWorld(t, nil)
	odd := registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "STATE", Subsystem: "civil", Service: "s/ub ć"}
	w.say(registry.Statement{Service: &registry.Service{ID: odd}})
	c := contract()
	c.ID, c.Service = "odd", "s/ub ć"
	w.agree(c)
	w.state.systems[odd] = Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.write(rw, document) }))
	a := w.edge("GET", "/r1/RS-TEST/GOV/STATE/%63ivil/s%2Fub%20%C4%87/v1/births/b1", nil)
	if a.status != 200 || a.header.Get("X-Road-Service") != "RS-TEST/GOV/STATE/civil/s%2Fub%20%C4%87" {
		t.Errorf("%d %s %v", a.status, a.body, a.header)
	}
}

func TestEdgeLastClientHeaderCounts(t *testing.T) {
	w := newWorld(t, nil)
	if a := w.edge("GET", edgeURL+"/v1/births/b1", nil, clientHeader, "nonsense", clientHeader, family.String()); a.status != 200 {
		t.Errorf("the last is good: %d %s", a.status, a.body)
	}
	if a := w.edge("GET", edgeURL+"/v1/births/b1", nil, clientHeader, family.String(), clientHeader, "nonsense"); a.status != 500 {
		t.Errorf("the last is bad: %d", a.status)
	}
}

// The information system's own refusals pass with their status and without an
// error of the exchange, but never with their body.
func TestEdgePassesTheSystemsOwnRefusals(t *testing.T) {
	for status, want := range map[int]int{404: 404, 400: 400, 409: 409, 422: 422, 500: 500, 501: 501} {
		w := newWorld(t, nil)
		w.system = func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "about somebody", status) }
		if a := w.edge("GET", edgeURL+"/v1/births/b1", nil); a.status != want || a.header.Get("X-Road-Error") != "" || a.body != "" || a.header.Get("X-Road-Id") == "" {
			t.Errorf("%d: %d %q %v", status, a.status, a.body, a.header)
		}
	}
}

func TestEdgeErrors(t *testing.T) {
	status := func(code int) func(*world) {
		return func(w *world) { w.system = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(code) } }
	}
	nothing := func(*world) {}
	path := edgeURL + "/v1/births/b1"
	for name, c := range map[string]struct {
		code, says string
		path       string
		client     string
		change     func(*world)
	}{
		"no client":              {"Server.ClientProxy.InvalidClientIdentifier", "X-Road-Client", path, "", nothing},
		"broken client":          {"Server.ClientProxy.InvalidClientIdentifier", "X-Road-Client", path, "RS-TEST/GOV", nothing},
		"client with a service":  {"Server.ClientProxy.InvalidClientIdentifier", "X-Road-Client", path, family.String() + "/x", nothing},
		"unknown client":         {"Server.ClientProxy.UnknownMember", "Client 'SUBSYSTEM:RS-TEST/GOV/CITY/none' not found", path, city.String() + "/none", nothing},
		"another member":         {"Server.ClientProxy.UnknownMember", "not found", path, civilID.String(), nothing},
		"four parts":             {"Server.ClientProxy.InternalError", "/r1/", "/r1/RS-TEST/GOV/STATE/births", family.String(), nothing},
		"not r1":                 {"Server.ClientProxy.InternalError", "/r1/", "/r2/RS-TEST/GOV/STATE/civil/births/x", family.String(), nothing},
		"root":                   {"Server.ClientProxy.InternalError", "/r1/", "/", family.String(), nothing},
		"dots for a part":        {"Server.ClientProxy.InternalError", "/r1/", "/r1/RS-TEST/GOV/STATE/../births/x", family.String(), nothing},
		"unknown provider":       {"Server.ClientProxy.UnknownMember", `service provider "SERVICE:RS-TEST/GOV/NONE/civil/births"`, "/r1/RS-TEST/GOV/NONE/civil/births/x", family.String(), nothing},
		"unknown service":        {"Server.ServerProxy.UnknownService", "Unknown service: SERVICE:RS-TEST/GOV/STATE/civil/none", "/r1/RS-TEST/GOV/STATE/civil/none/x", family.String(), nothing},
		"no right":               {"Server.ServerProxy.AccessDenied", "Request is not allowed: SERVICE:" + birthsS.String(), path, city.String() + "/other", nothing},
		"path not covered":       {"Server.ServerProxy.AccessDenied", "not allowed", edgeURL + "/v1/other", family.String(), nothing},
		"dots in the path":       {"Server.ServerProxy.AccessDenied", "not allowed", edgeURL + "/v1/births/%2e%2e", family.String(), nothing},
		"plain dots in the path": {"Server.ServerProxy.AccessDenied", "not allowed", edgeURL + "/v1/births/../births/b1", family.String(), nothing},
		"empty segment":          {"Server.ServerProxy.AccessDenied", "not allowed", edgeURL + "//v1/births/b1", family.String(), nothing},
		"contract ended": {"Server.ServerProxy.AccessDenied", "births (contract-ended)", path, family.String(), func(w *world) {
			w.city.clock.Set(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC))
		}},
		"provision lapsed": {"Server.ServerProxy.AccessDenied", "provision zfpp/48", path, family.String(), func(w *world) { w.law.lapsed = "zfpp/48" }},
		"registry too old": {"Server.ClientProxy.OutdatedGlobalConf", "registry", path, family.String(), func(w *world) { w.city.contact = func() time.Time { return time.Time{} } }},
		"provider away":    {"Server.ClientProxy.NetworkError", state.String(), path, family.String(), func(w *world) { w.state.server.Close() }},
		"clock":            {"Server.ServerProxy.ServiceFailed", "differ by 600 s", path, family.String(), func(w *world) { w.city.clock.Advance(10 * time.Minute) }},
		"journal stopped":  {"Server.ClientProxy.LoggingFailed", "journal", path, family.String(), func(w *world) { w.state.journal.stop("answer") }},
		"system away":      {"Server.ServerProxy.NetworkError", "SERVICE:" + birthsS.String(), path, family.String(), status(503)},
		"system slow": {"Server.ServerProxy.IOError", "in time", path, family.String(), func(w *world) {
			w.state.Patience = time.Millisecond
			w.system = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		}},
		"system panics": {"Server.ServerProxy.ServiceFailed", "system-failed", path, family.String(), func(w *world) {
			w.system = func(http.ResponseWriter, *http.Request) { panic("oh") }
		}},
		"answer not JSON": {"Server.ServerProxy.ServiceFailed", "answer-not-json", path, family.String(), func(w *world) {
			w.system = func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("x")) }
		}},
		"answer not proved": {"Server.ClientProxy.InconsistentResponse", state.String(), path, family.String(), func(w *world) {
			w.state.front = func(envelope, func(envelope) envelope) envelope { return envelope{kind: sealed, meta: []byte("{}")} }
		}},
	} {
		w := newWorld(t, nil)
		c.change(w)
		headers := []string{"X-Other", "x"}
		if c.client != "" {
			headers = append(headers, clientHeader, c.client)
		}
		a := w.edge("GET", c.path, nil, headers...)
		var e edgeError
		if err := json.Unmarshal([]byte(a.body), &e); err != nil {
			t.Errorf("%s: %d %q: %v", name, a.status, a.body, err)
			continue
		}
		if a.status != 500 || a.header.Get("X-Road-Error") != c.code || e.Type != c.code || !strings.Contains(e.Message, c.says) || !uuidForm.MatchString(e.Detail) ||
			a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s %s", name, a.status, a.header.Get("X-Road-Error"), a.body)
		}
	}
}

func TestEdgeQuestionTooLarge(t *testing.T) {
	w := newWorld(t, nil)
	rw := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(context.WithoutCancel(t.Context()), "POST", edgeURL+"/v1/births/b1", strings.NewReader(strings.Repeat("x", maxBody+1)))
	r.Header.Set(clientHeader, family.String())
	w.city.Edge().ServeHTTP(rw, r)
	if rw.Header().Get("X-Road-Error") != "Server.ClientProxy.IOError" || !strings.Contains(rw.Body.String(), "LoggingFailed: Message size exceeds maximum loggable size") {
		t.Errorf("%d %s", rw.Code, rw.Body)
	}
}

func TestEdgeErrorsInXML(t *testing.T) {
	w := newWorld(t, nil)
	for accept, want := range map[string]string{
		"text/xml": "text/xml;charset=utf-8", "application/xml": "application/xml;charset=utf-8", "text/*": "text/xml;charset=utf-8", "application/json, TEXT/XML;q=0.1": "text/xml;charset=utf-8",
		"application/json": "application/json", "*/*": "application/json", "": "application/json", "text/html": "application/json",
	} {
		a := w.edge("GET", "/r1/RS-TEST/GOV/%3CNONE%3E&/civil/births/x", nil, clientHeader, family.String(), "Accept", accept)
		if got := a.header.Get("Content-Type"); a.status != 500 || got != want {
			t.Errorf("%q: %d %q", accept, a.status, got)
		}
		if !strings.Contains(want, "xml") {
			continue
		}
		var e struct {
			XMLName               xml.Name `xml:"error"`
			Type, Message, Detail string
		}
		if err := xml.Unmarshal([]byte(strings.NewReplacer("type>", "Type>", "message>", "Message>", "detail>", "Detail>").Replace(a.body)), &e); err != nil || e.Type != "Server.ClientProxy.UnknownMember" ||
			!uuidForm.MatchString(e.Detail) || e.Message == "" {
			t.Errorf("%q: %s: %v", accept, a.body, err)
		}
	}
}

func TestEdgeTextsAreBounded(t *testing.T) {
	if got := bounded(strings.Repeat("ћ", 150)); got != strings.Repeat("ћ", 100) {
		t.Errorf("%d bytes", len(got))
	}
	if got := bounded(strings.Repeat("a", 199) + "ћ"); got != strings.Repeat("a", 199) {
		t.Errorf("%q", got)
	}
}
