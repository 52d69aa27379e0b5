package edge

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

const ownTarget = "/v1/ask/RS-TEST/GOV/STATE/civil/births/v1/births/b1"

func TestTheOwnEdgeAnswers(t *testing.T) {
	w := newWorld(t, nil)
	var seen http.Header
	w.system = func(rw http.ResponseWriter, r *http.Request) { seen = r.Header.Clone(); w.write(rw, document) }
	trace := "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	a := w.ask("GET", ownTarget, "", "Dobosh-Client", family.String(), "Dobosh-Matter", "case 7", "Dobosh-Purpose", "family-support", "Traceparent", trace)
	if a.status != 200 || !strings.HasPrefix(a.body, `{"born"`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	timing := regexp.MustCompile(`^journal;dur=\d+\.\d{3}, network;dur=\d+\.\d{3}, provider-journal;dur=\d+\.\d{3}, system;dur=\d+\.\d{3}$`)
	if got := a.header; !timing.MatchString(got.Get("Server-Timing")) || !id.Valid(got.Get("Dobosh-Exchange")) || got.Get("Dobosh-Log") != "RS-TEST/GOV/STATE/n1" || got.Get("Dobosh-Index") == "" {
		t.Errorf("%q", a.lines)
	}
	if seen.Get("Traceparent") != trace || seen.Get("X-Road-Issue") != "case 7" || seen.Get("X-Road-Request-Id") != exchange.RequestID(a.header.Get("Dobosh-Exchange")) {
		t.Errorf("the system saw %v", seen)
	}
}

func TestTheOwnEdgeExplains(t *testing.T) {
	path := strings.TrimPrefix(ownTarget, "/v1/ask")
	for name, c := range map[string]struct {
		status int
		code   string
		change func(*world)
		target string
		client string
	}{
		"no client":            {422, "client-missing", nil, path, ""},
		"a path of four parts": {422, "service-path", nil, "/RS-TEST/GOV/STATE/births", family.String()},
		"an unknown client":    {403, "client-unknown", nil, path, city.String() + "/none"},
		"a certificate is agreed": {401, "client-certificate-missing", func(w *world) {
			w.config.Clients = map[string]Client{"family": {Connection: HTTPSPinned}}
		}, path, family.String()},
		"an unknown provider": {404, "provider-unknown", nil, "/RS-TEST/GOV/NONE/civil/births/x", family.String()},
		"an unknown service":  {404, "service-unknown", nil, "/RS-TEST/GOV/STATE/civil/none/x", family.String()},
		"no right":            {403, "contract-missing", nil, path, city.String() + "/other"},
		"quota used up":       {429, "quota-exhausted", func(w *world) { w.agreeOn(func(c *registry.Contract) { c.Quota = 1 }); w.ask("GET", plainTarget, "") }, path, family.String()},
		"in maintenance":      {503, "node-maintenance", inMaintenance, path, family.String()},
		"provider away":       {503, "node-away", func(w *world) { w.state.server.Close() }, path, family.String()},
		"no proof":            {502, "node-answer-broken", withoutTrust, path, family.String()},
		"nothing known": {404, "nothing-known", func(w *world) {
			w.system = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNotFound) }
		}, path, family.String()},
		"the system fails": {502, "system-failed", func(w *world) {
			w.system = func(http.ResponseWriter, *http.Request) { panic("oh") }
		}, path, family.String()},
	} {
		w := newWorld(t, nil)
		w.config.Say = func(tag lang.Tag, key string, _ ...string) string { return string(tag) + " " + key }
		if c.change != nil {
			c.change(w)
		}
		headers := []string{"Accept-Language", "sr"}
		if c.client != "" {
			headers = append(headers, "Dobosh-Client", c.client)
		}
		a := w.ask("GET", "/v1/ask"+c.target, "", headers...)
		var d problem.Document
		if err := json.Unmarshal([]byte(a.body), &d); err != nil {
			t.Errorf("%s: %d %q: %v", name, a.status, a.body, err)
			continue
		}
		if a.status != c.status || d.Status != c.status || d.Code != c.code || d.Title != string(lang.Accept("sr"))+" problem."+c.code || a.header.Get("Content-Type") != "application/problem+json" ||
			a.header.Get("X-Road-Error") != "" || (c.status == 429) != (a.header.Get("Retry-After") != "") {
			t.Errorf("%s: %d %q %s", name, a.status, a.lines, a.body)
		}
	}
}
