package node_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/people"
	"dobosh/internal/registry"
	"dobosh/internal/testkit"
)

// engineer talks to the desk of a node over HTTP, with the token of its member.
func (w *town) engineer(name, method, path string, body any) (status int, answer map[string]any) {
	w.t.Helper()
	token, err := os.ReadFile(filepath.Join(w.dir, name, "contracts.token"))
	if err != nil {
		w.t.Fatal(err)
	}
	return w.contracts(name, strings.TrimSpace(string(token)), method, path, body)
}

func (w *town) contracts(name, token, method, path string, body any) (status int, answer map[string]any) {
	w.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+w.nodes[name].Addresses()["systems"]+"/contracts/v1"+path, bytes.NewReader(raw))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// portalContract lets the portal of the city ask who is a citizen.
func (w *town) portalContract(now time.Time) registry.Contract {
	return registry.Contract{
		ID: "portal-residents", Consumer: w.id("RS-DEMO/GOV/ZRENJANIN/portal"), Provider: w.id("RS-DEMO/GOV/REGISTERS/residence"), Service: "residents", Methods: []string{"GET"},
		Paths: []string{"/v1/residents/{person}"}, Fields: []string{"/citizen"}, Subjects: []string{"path:person"}, Purpose: "family-support", Provision: "zfpp/48", Sector: "family",
		Quota: 100, Retention: 1, From: civil.Of(now),
	}
}

// asksAsPortal asks the register of residence from the subsystem that has no
// contract in the pack.
func (w *town) asksAsPortal() (exchange.Response, error) {
	w.t.Helper()
	stories, err := people.Stories(w.pack())
	if err != nil {
		w.t.Fatal(err)
	}
	jovana, _ := stories.Find("jovana")
	person, err := w.nodes[demo.City].Person("family", jovana.Number)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.nodes[demo.City].Gateway().Ask(w.t.Context(), exchange.Request{
		Client: w.id("RS-DEMO/GOV/ZRENJANIN/portal"), Service: w.id("RS-DEMO/GOV/REGISTERS/residence/residents"), Method: "GET", Path: "/v1/residents/" + person,
		Purpose: "family-support", Matter: "a test", Role: exchange.RoleRule,
	})
}

// agreed lets both sides sign, over HTTP.
func (w *town) agreed(c registry.Contract) {
	w.t.Helper()
	status, p := w.engineer(demo.City, http.MethodPost, "/proposals", map[string]any{"contract": c})
	if status != http.StatusCreated {
		w.t.Fatalf("proposed: %d %v", status, p)
	}
	proposal := "/proposals/" + p["id"].(string)
	var theirs map[string]any
	testkit.Eventually(w.t, "the proposal has come", func() bool {
		status, theirs = w.engineer(demo.Registers, http.MethodGet, proposal, nil)
		return status == http.StatusOK
	})
	if theirs["waits"] != true || theirs["state"] != "open" {
		w.t.Fatalf("it does not wait for the provider: %v", theirs)
	}
	if status, said := w.engineer(demo.Registers, http.MethodPost, proposal+"/approve", map[string]any{"version": theirs["version"]}); status != http.StatusOK {
		w.t.Fatalf("approved: %d %v", status, said)
	}
	for _, name := range []string{demo.City, demo.Registers} {
		testkit.Eventually(w.t, "the contract is in force at "+name, func() bool {
			_, p := w.engineer(name, http.MethodGet, proposal, nil)
			return p["state"] == "in-force"
		})
	}
}

// A contract comes to be between two nodes, is used, and ends.
func TestAContractFromAskingToTheEnd(t *testing.T) {
	w := newTown(t)
	w.all()
	testkit.Eventually(w.t, "the city knows the registers", func() bool { _, err := w.residence(); return err == nil })
	if _, err := w.asksAsPortal(); !problem.HasCode(err, "contract-missing") {
		t.Fatalf("without a contract: %v", err)
	}
	w.agreed(w.portalContract(clock.System()))
	answer, err := w.asksAsPortal()
	if err != nil || !strings.Contains(string(answer.Body), "citizen") || strings.Contains(string(answer.Body), "resident") {
		t.Errorf("under the contract: %s, %v", answer.Body, err)
	}
	status, said := w.engineer(demo.Registers, http.MethodPost, "/contracts/end", map[string]any{"contract": "portal-residents", "reason": "test"})
	if status != http.StatusOK {
		t.Fatalf("ended: %d %v", status, said)
	}
	testkit.Eventually(w.t, "nobody may ask any more", func() bool { _, err := w.asksAsPortal(); return problem.HasCode(err, "contract-missing") })
	for name, c := range map[string]struct {
		token, method, path string
		body                any
		status              int
		code                string
	}{
		"without a token":   {"guessed", http.MethodGet, "/proposals", nil, 401, "token-unknown"},
		"nothing to sign":   {"", http.MethodPost, "/proposals", map[string]any{}, 403, "contract-foreign"},
		"an unknown member": {"", http.MethodPost, "/proposals", map[string]any{"contact": 1}, 422, "body-malformed"},
		"no such proposal":  {"", http.MethodPost, "/proposals/none/refuse", map[string]any{"version": 1, "reason": "x"}, 404, "proposal-unknown"},
		"no such contract":  {"", http.MethodPost, "/contracts/end", map[string]any{"contract": "none", "reason": "x"}, 404, "contract-unknown"},
	} {
		talk := w.engineer
		if c.token != "" {
			talk = func(name, method, path string, body any) (int, map[string]any) {
				return w.contracts(name, c.token, method, path, body)
			}
		}
		if status, said := talk(demo.City, c.method, c.path, c.body); status != c.status || said["code"] != c.code {
			t.Errorf("%s: %d %v", name, status, said)
		}
	}
}

// A contract stops at the very instant at which its provision ends, and the
// refusal names the provision.
func TestAContractStopsWithItsProvision(t *testing.T) {
	w := newTown(t)
	today := civil.Of(clock.System())
	at := clock.NewManual(today.Start().Add(10 * time.Hour)) // far from both ends of the day
	for _, name := range []string{demo.City, demo.Registers, demo.Supervisor} {
		w.now[name] = at.Now
	}
	w.usePack(demo.Registers, func(files map[string]string) {
		const provision = "  - ref: zfpp/48\n"
		before, after, found := strings.Cut(files["instruments/zfpp.yaml"], provision)
		if !found {
			t.Fatal("the pack has no zfpp/48")
		}
		files["instruments/zfpp.yaml"] = before + provision + strings.Replace(after, "    from: 2018-07-01\n", "    from: 2018-07-01\n    to: "+today.String()+"\n", 1)
	})
	w.all()
	asked := func() error {
		at.Advance(100 * time.Millisecond) // witnesses are asked once a second at most
		_, err := w.asksAsPortal()
		return err
	}
	testkit.Eventually(w.t, "the city knows the registers", func() bool { return problem.HasCode(asked(), "contract-missing") })
	w.agreed(w.portalContract(at.Now()))
	testkit.Eventually(w.t, "the portal may ask", func() bool { return asked() == nil })
	tomorrow := today.AddDays(1)
	_, list := w.engineer(demo.Registers, http.MethodGet, "/contracts", nil)
	first := list["items"].([]any)[0].(map[string]any)
	if first["stops"] != tomorrow.String() || first["because"] != "zfpp/48" {
		t.Errorf("the first that stops: %v because of %v, want %s", first["stops"], first["because"], tomorrow)
	}
	at.Set(tomorrow.Start().Add(-time.Microsecond))
	if _, err := w.asksAsPortal(); err != nil {
		t.Errorf("in the last instant: %v", err)
	}
	at.Set(tomorrow.Start())
	_, err := w.asksAsPortal()
	if p := problem.Of(err); p.Code != "provision-not-in-force" || p.Args["provision"] != "zfpp/48" || p.Args["to"] != today.String() {
		t.Errorf("in the first instant after it: %v %v", err, p.Args)
	}
}
