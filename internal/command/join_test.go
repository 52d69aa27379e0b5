package command

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/node"
	"dobosh/internal/testkit"

	"gopkg.in/yaml.v3"
)

func yamlOf(t *testing.T, cfg node.Config) []byte {
	t.Helper()
	raw, err := yaml.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Two institutions come in by three commands each, and one asks the other.
func TestNodesJoinAndAskEachOther(t *testing.T) {
	s := newStage(t)
	askers, givers := s.pair()

	out := s.does("status", "--config", askers)
	for _, want := range []string{"n1 of RS-DEMO/GOV/ASKER", "serving", "cosigned", "renewed at", "n1 of RS-DEMO/GOV/GIVER"} {
		if !strings.Contains(out, want) {
			t.Errorf("the status lacks %q:\n%s", want, out)
		}
	}
	if r := s.status(askers); r.Connections.Asking == 0 || r.Journal.Entries == 0 || r.Certificate.Issuer == "" || r.Registry.Confirmed.IsZero() {
		t.Errorf("the status: %+v", r)
	}

	s.maintenance(askers, givers)
	s.revoked(askers, givers)
}

// A node in maintenance takes no questions, and says until when.
func (s *stage) maintenance(askers, givers string) {
	t := s.t
	if out := s.does("maintenance", "on", "--config", givers, "--until", "2h"); !strings.Contains(out, "ends by itself") {
		t.Errorf("maintenance on says %q", out)
	}
	testkit.Eventually(s.t, "the asker is told", func() bool {
		status, _ := s.ask(askers)
		return status >= http.StatusInternalServerError
	})
	if r := s.status(givers); r.State != "maintenance" || r.Until.IsZero() {
		t.Errorf("the status: %+v", r)
	}
	s.does("maintenance", "off", "--config", givers)
	s.answered(askers)
}

// A node that was taken out is refused, and so is who brings its token again.
func (s *stage) revoked(askers, givers string) {
	t := s.t
	if out, err := s.run("revoke", "--config", askers, "GOV/GIVER", "n1", "--why", "test"); err == nil || !strings.Contains(out, "Only the node that keeps the registry") {
		t.Errorf("a node that is no authority revokes: %s", out)
	}
	if out, err := s.run("revoke", "--config", s.authority, "GOV/GIVER", "n1"); err == nil || !strings.Contains(out, "reason") {
		t.Errorf("without a reason: %s", out)
	}
	s.does("revoke", "--config", s.authority, "GOV/ASKER", "n1", "--why", "test")
	testkit.Eventually(s.t, "the other nodes part from it", func() bool { return s.status(givers).Connections.Answering == 0 })
	status, body := s.ask(askers)
	heard, refused := strings.Contains(body, "the registry does not have the node n1"), strings.Contains(body, "The registry does not know this security server")
	if status == http.StatusOK || !strings.Contains(body, "SslAuthenticationFailed") || !heard && !refused { // it may have been cut off before it heard
		t.Errorf("a node that was revoked is told %d %s", status, body)
	}
}

func TestJoinCanBeRepeated(t *testing.T) {
	s := newStage(t)
	token, dir, addresses := s.token(giver, "n1"), filepath.Join(s.dir, "giver"), freeAddresses(t)
	args := append([]string{"join", token, "--dir", dir}, addresses...)
	first := s.does(args...)
	key, err := os.ReadFile(filepath.Join(dir, "tls.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "dobosh.yaml")); err != nil { // as if it had been interrupted there
		t.Fatal(err)
	}
	if again := s.does(args...); again != first {
		t.Errorf("the second time:\n%s\nthe first:\n%s", again, first)
	}
	if now, err := os.ReadFile(filepath.Join(dir, "tls.key")); err != nil || string(now) != string(key) {
		t.Error("another key was made")
	}
	if out, err := s.run("join", token, "--dir", filepath.Join(s.dir, "thief")); err == nil || !strings.Contains(out, "token has been used") {
		t.Errorf("somebody else with the token: %s", out)
	}
	other := s.token(giver, "n2")
	if out, err := s.run("join", other, "--dir", dir); err == nil || !strings.Contains(out, "is that of node n1") {
		t.Errorf("another node in the same folder: %s", out)
	}
	if out := s.does("config", "check", filepath.Join(dir, "dobosh.yaml")); !strings.Contains(out, "in order") {
		t.Error(out)
	}
	if out, err := s.run("status", "--config", filepath.Join(dir, "dobosh.yaml")); err == nil || !strings.Contains(out, "is not running") {
		t.Errorf("status of a node that does not run: %s", out)
	}
}
