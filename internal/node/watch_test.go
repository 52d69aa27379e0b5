package node_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/security"
	"dobosh/internal/testkit"
)

// TestTheSecurityLogTellsWhatHappened: sign-ins, refusals on every surface, changes of
// roles, looks of officers and commands of the operator are told, each once, and nobody
// is named.
func TestTheSecurityLogTellsWhatHappened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "security.log")
	w := newWalk(t, func(cfg *node.Config) { cfg.SecurityLog = &security.Config{File: path} })
	portal, systems := "http://"+w.at(demo.City, "portal"), "http://"+w.at(demo.City, "systems")
	send := func(by *http.Client, req *http.Request, want int) {
		t.Helper()
		resp, err := by.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if status := drop(resp); status != want {
			t.Errorf("%s: %d, want %d", req.URL.Path, status, want)
		}
	}
	request := func(method, address string, form url.Values, headers ...string) *http.Request {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		if form != nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for i := 0; i < len(headers); i += 2 {
			if req.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
				req.Host = headers[i+1]
			}
		}
		return req
	}
	resident, known := w.resident[demo.City], w.known[demo.City]
	send(resident, request("GET", portal+"/roles", nil), http.StatusForbidden)
	send(client(nil), request("GET", portal+"/roles", nil), http.StatusUnauthorized) // no event: somebody opened a page
	send(client(nil), request("GET", portal+"/", nil, "Host", "evil.example"), http.StatusMisdirectedRequest)
	send(client(nil), request("GET", systems+"/contracts/v1/contracts", nil, "Authorization", "Bearer guessed"), http.StatusUnauthorized)
	send(client(nil), request("GET", systems+"/contracts/v1/contracts", nil, "Origin", "https://evil.example"), http.StatusForbidden)
	send(client(nil), request("GET", portal+"/sign-in/return?code=x&state=guessed", nil), http.StatusUnprocessableEntity)
	send(known, request("POST", portal+"/roles/give", url.Values{"account": {"vesna@zrenjanin.example"}, "role": {"registrar"}}), http.StatusSeeOther)
	if _, err := w.nodes[demo.City].Identity().Give(t.Context(), act.As("head", identity.Administrator), "jovan", act.Grant{Role: identity.Auditor}); err != nil {
		t.Fatal(err)
	}
	send(known, request("POST", portal+"/sign-out", url.Values{}), http.StatusSeeOther)

	type event struct {
		Event struct{ Action, Outcome, Reason string }
		User  struct {
			ID     string
			Target struct{ ID string }
		}
		Labels struct{ Surface, Route string }
	}
	var events []event
	var raw []byte
	testkit.Eventually(t, "the last event is written", func() bool {
		events = nil
		raw, _ = os.ReadFile(path) // may not be there yet
		for _, line := range bytes.Split(bytes.TrimSpace(raw), []byte("\n")) {
			var e event
			if json.Unmarshal(line, &e) == nil {
				events = append(events, e)
			}
		}
		return bytes.Contains(raw, []byte(`"sign-out"`))
	})
	count := func(action, outcome, reason, surface string) (n int) {
		for _, e := range events {
			if e.Event.Action == action && e.Event.Outcome == outcome && e.Event.Reason == reason && (surface == "" || e.Labels.Surface == surface) {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		action, outcome, reason, surface string
		times                            int
	}{
		{"sign-in", "success", "", "portal", 2}, {"sign-in", "failure", "sign-in-stale", "portal", 1}, {"sign-out", "success", "", "portal", 1},
		{"refused", "failure", "not-allowed", "portal", 1}, {"refused", "failure", "sign-in-needed", "", 0},
		{"refused", "failure", "token-unknown", "contracts", 1}, {"turned-away", "failure", "host-unknown", "portal", 1}, {"turned-away", "failure", "cross-site", "systems", 1},
		{"role-give", "success", "", "portal", 1},
	} {
		if n := count(c.action, c.outcome, c.reason, c.surface); n != c.times {
			t.Errorf("%d events, want %d: %+v", n, c.times, c)
		}
	}
	if n := count("role-give", "success", "", ""); n < 8 { // the walker's six, and two more
		t.Errorf("%d roles were given", n)
	}
	for _, name := range []string{"vesna", "walker", "jovan", "127.0.0.1", "evil.example", "guessed"} {
		if bytes.Contains(raw, []byte(name)) {
			t.Errorf("the log names %s", name)
		}
	}
	by := map[string]bool{}
	for _, e := range events {
		if e.Event.Action == "role-give" && e.Labels.Surface == "portal" || e.Event.Action == "sign-out" {
			by[e.User.ID] = true
		}
	}
	if len(by) != 1 || by[""] {
		t.Errorf("one account has %d pseudonyms", len(by))
	}
}
