package node_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"dobosh/internal/admission"
	"dobosh/internal/exchange/link"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/node/operator"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/security"
	"dobosh/internal/testkit"
)

// told is an event of a security log.
type told struct {
	Event  struct{ Action, Outcome, Reason string }
	Source struct{ Address string }
	Labels struct{ Surface, Route, Member, Matter string }
}

func readTold(path string) (all []told, raw []byte) {
	raw, _ = os.ReadFile(path) // may not be there yet
	for line := range bytes.Lines(raw) {
		var e told
		if json.Unmarshal(line, &e) == nil {
			all = append(all, e)
		}
	}
	return all, raw
}

// asks puts a question about a birth at an edge.
func (w *town) asks(by *http.Client, address, client string, headers ...string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), "GET", address+"/r1/RS-DEMO/GOV/REGISTERS/civil/births/v1/births/guessed", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("X-Road-Client", client)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := by.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	drop(resp)
}

// followed waits until a node knows the registry.
func (w *town) followed(name string) {
	w.t.Helper()
	testkit.Eventually(w.t, name+" knows the registry", func() bool {
		_, known := w.nodes[name].Registry().State().Node(w.nodes[name].Member, w.nodes[name].Name)
		return known
	})
}

// TestTheSecurityLogTellsOfTheEdgeAndOfAdmission: who is refused among the member's own
// systems, whom the provider refuses, who comes with a certificate that nobody knows, and
// who is let in and taken out.
func TestTheSecurityLogTellsOfTheEdgeAndOfAdmission(t *testing.T) {
	w := newTown(t)
	logs := map[string]string{}
	for _, name := range []string{demo.City, demo.Registers, demo.Supervisor} {
		logs[name] = filepath.Join(t.TempDir(), "security.log")
		w.other[name] = func(cfg *node.Config) {
			cfg.SecurityLog = &security.Config{File: logs[name]}
			if name == demo.City {
				certificate, key, _ := pair(t, w.dir, "edge")
				known, _, _ := pair(t, w.dir, "program")
				cfg.Edge.TLS = &node.EdgeTLS{Listen: "127.0.0.1:0", Certificate: certificate, Key: key}
				cfg.Edge.Clients = map[string]node.EdgeClient{"receipts": {Connection: "https-pinned", Certificates: []string{known}}}
			}
		}
	}
	w.all()
	city := w.nodes[demo.City].Config.Member

	// The member's own systems.
	_, _, stranger := pair(t, t.TempDir(), "stranger")
	over := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{stranger}}}}
	plain := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	w.followed(demo.Registers)
	w.followed(demo.City)
	edge, secure := "http://"+w.at(demo.City, "edge"), "https://"+w.at(demo.City, "edge-tls")
	w.asks(plain, edge, city.String()+"/guessed-too")                                        // no subsystem
	w.asks(plain, edge, city.String()+"/receipts")                                           // without the certificate that it wants
	w.asks(over, secure, city.String()+"/receipts")                                          // with another one
	w.asks(plain, edge, city.String()+"/family", "Origin", "https://evil.example")           // a web page
	w.asks(plain, edge, city.String()+"/family", "Dobosh-Client", city.String()+"/receipts") // a fault, and no refusal

	// Between nodes.
	own, err := credential.SelfSigned(testkit.Key("nobody"), "nobody", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if c, err := tls.Dial("tcp", w.at(demo.Registers, "exchange"), &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{own}, NextProtos: []string{link.Protocol}}); err == nil {
		_, _ = c.Read(make([]byte, 1)) // here it hears that it was refused
		_ = c.Close()
	}

	// At the authority.
	newcomer := registry.ID{Instance: "RS-DEMO", Class: "GOV", Member: "NEWCOMER"}
	made, err := operator.Token().Ask(t.Context(), filepath.Join(w.dir, demo.Supervisor, "data"), operator.Grant{Member: newcomer, Node: "n1", Title: lang.Text{"sr": "Н", "en": "N"}, Subsystems: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	token, err := admission.ParseToken(made.Text)
	if err != nil {
		t.Fatal(err)
	}
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	token.Secret = bytes.Repeat([]byte{7}, len(token.Secret))
	joiner := admission.Joiner{Token: token, TLS: key, Log: "nobody+0+x", Address: "127.0.0.1:1", Now: time.Now()}
	if _, err := joiner.Join(t.Context()); !problem.HasCode(err, "join-token-unknown") {
		t.Fatalf("a guessed token: %v", err)
	}
	if _, err := operator.Revoke().Ask(t.Context(), filepath.Join(w.dir, demo.Supervisor, "data"), operator.Revocation{Member: city, Node: w.nodes[demo.City].Name, Why: "A test."}); err != nil {
		t.Log(err) // whether the others have heard of it is no matter here
	}

	wants := map[string][]told{}
	want := func(node, action, reason, surface string, member string) {
		e := told{}
		e.Event.Action, e.Event.Reason, e.Labels.Surface, e.Labels.Member = action, reason, surface, member
		wants[node] = append(wants[node], e)
	}
	want(demo.City, "refused", "client-unknown", "edge", "")
	want(demo.City, "refused", "client-certificate-missing", "edge", "")
	want(demo.City, "refused", "client-certificate-unknown", "edge-tls", "")
	want(demo.City, "turned-away", "cross-site", "edge", "")
	want(demo.Registers, "refused", "peer-unknown", "exchange", "")
	want(demo.Supervisor, "token-made", "", "", newcomer.String())
	want(demo.Supervisor, "refused", "join-token-unknown", "admission", "")
	want(demo.Supervisor, "node-revoked", "", "", city.String())
	for name, events := range wants {
		for _, e := range events {
			testkit.Eventually(t, name+" tells of "+e.Event.Action+" "+e.Event.Reason, func() bool {
				all, _ := readTold(logs[name])
				return slices.ContainsFunc(all, func(got told) bool {
					return got.Event.Action == e.Event.Action && got.Event.Reason == e.Event.Reason && (e.Labels.Surface == "" || got.Labels.Surface == e.Labels.Surface) && got.Labels.Member == e.Labels.Member &&
						(got.Event.Outcome == "failure") == (e.Event.Reason != "")
				})
			})
		}
		all, raw := readTold(logs[name])
		for _, text := range []string{"guessed", "127.0.0.1", "evil"} {
			if bytes.Contains(raw, []byte(text)) {
				t.Errorf("the log of %s has %s", name, text)
			}
		}
		for _, e := range all {
			if e.Event.Reason == "header-twice" {
				t.Errorf("%s takes a fault for a refusal: %+v", name, e)
			}
			if e.Event.Reason == "client-unknown" && (e.Source.Address == "" || e.Labels.Route != "/r1/") {
				t.Errorf("nobody learns where from: %+v", e)
			}
		}
	}
}

// TestFiguresWantTheirToken: where a token is configured nobody reads the figures without
// it, and everybody whether the node is well.
func TestFiguresWantTheirToken(t *testing.T) {
	const token = "5b1f0c2d3e4f5a6b7c8d9e0f1a2b3c4d5b1f0c2d3e4f5a6b7c8d9e0f1a2b3c4d"
	w := newTown(t)
	path := filepath.Join(w.dir, "metrics.token")
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.other[demo.Supervisor] = func(cfg *node.Config) { cfg.Operations.TokenFile = path }
	w.start(demo.Supervisor)
	for _, c := range []struct {
		path, says string
		status     int
	}{{"/metrics", "", 401}, {"/metrics", "Bearer guessed", 401}, {"/metrics", "Basic " + token, 401}, {"/metrics", "Bearer " + token, 200}, {"/healthz", "", 200}} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+w.at(demo.Supervisor, "operations")+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", c.says)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if status := drop(resp); status != c.status {
			t.Errorf("%s with %q: %d", c.path, c.says, status)
		}
	}
}
