package node_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
)

// TestOtherHostsAndOtherPagesAreTurnedAway asks every surface by a name that somebody
// pointed here, and every surface for programs as a web page does. Nothing of either
// reaches a route, whatever credentials come with it.
func TestOtherHostsAndOtherPagesAreTurnedAway(t *testing.T) {
	w := newWalk(t)
	walked := map[string]bool{}
	for _, name := range []string{demo.City, demo.Supervisor} {
		for surface, at := range w.nodes[name].Addresses() {
			by, scheme := client(nil), "http://"
			switch surface {
			case "exchange":
				by, scheme = w.peer(name), "https://"
			case "edge-tls":
				by, scheme = client(&tls.Config{InsecureSkipVerify: true}), "https://"
			}
			ask := func(host string, headers ...string) (int, string) {
				t.Helper()
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, scheme+at+"/", nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Host = host
				for i := 0; i < len(headers); i += 2 {
					req.Header.Add(headers[i], headers[i+1])
				}
				resp, err := by.Do(req)
				if err != nil {
					t.Fatalf("%s %s: %v", name, surface, err)
				}
				body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
				_ = resp.Body.Close()
				var p struct{ Code string }
				_ = json.Unmarshal(body, &p) // what is no problem has no code
				return resp.StatusCode, p.Code
			}
			walked[surface] = true
			for _, host := range []string{"evil.example", "evil.example:" + port(at), "127.0.0.1.evil.example", "localhost.evil.example"} {
				if status, code := ask(host); status != http.StatusMisdirectedRequest || code != "host-unknown" {
					t.Errorf("%s %s as %s: %d %s", name, surface, host, status, code)
				}
			}
			for _, host := range []string{at, "CITY.example", "city.example:443"} {
				if host != at && name != demo.City {
					continue
				}
				if status, code := ask(host); status == http.StatusMisdirectedRequest || code == "host-unknown" {
					t.Errorf("%s %s as %s: %d %s", name, surface, host, status, code)
				}
			}
			if surface == "portal" {
				continue // pages have forms, which are held to their own origin
			}
			for _, headers := range [][]string{
				{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"sec-fetch-site", "cross-site", "Sec-Fetch-Site", "none"},
			} {
				if status, code := ask(at, headers...); status != http.StatusForbidden || code != "cross-site" {
					t.Errorf("%s %s with %v: %d %s", name, surface, headers, status, code)
				}
			}
			if status, code := ask(at, "Sec-Fetch-Site", "none"); code == "cross-site" {
				t.Errorf("%s %s, an address that was typed: %d %s", name, surface, status, code)
			}
		}
	}
	for _, surface := range []string{"portal", "exchange", "operations", "systems", "edge", "edge-tls", "time-stamps"} {
		if !walked[surface] {
			t.Errorf("%s was not asked", surface)
		}
	}
}

func port(at string) string {
	_, p, _ := net.SplitHostPort(at)
	return p
}

// Proxies, names and bounds are read strictly.
func TestWhoComesInIsConfiguredStrictly(t *testing.T) {
	files, err := demo.Prepare(t.TempDir(), "127.0.0.1:0", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*node.Config){
		"hosts[0]":           func(c *node.Config) { c.Hosts = []string{"*.example"} },
		"hosts[1]":           func(c *node.Config) { c.Hosts = []string{"a.example", "https://b.example"} },
		"proxies[0]":         func(c *node.Config) { c.Proxies = []string{"proxy.example"} },
		"proxies[1]":         func(c *node.Config) { c.Proxies = []string{"10.0.0.0/8", "0.0.0.0/0"} },
		"limits.connections": func(c *node.Config) { c.Limits.Connections = -1 },
	} {
		cfg, err := node.Load(files[demo.City])
		if err != nil {
			t.Fatal(err)
		}
		change(&cfg)
		if err := cfg.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
