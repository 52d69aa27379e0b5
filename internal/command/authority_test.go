package command

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dobosh/internal/backup"
	"dobosh/internal/journal"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/registry/credential"
	"dobosh/internal/testkit"
)

// founded is a stage whose authority was founded by the command.
func founded(t *testing.T) *stage {
	t.Helper()
	if testing.Short() {
		t.Skip("starts several processes")
	}
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s := newEmptyStage(t, binary)
	dir := filepath.Join(s.dir, "authority")
	out := s.does(append([]string{"found", demo.Instance + "/GOV/SUPERVISOR", "--title-en", "Authority", "--dir", dir}, freeAddresses(t)...)...)
	if !strings.Contains(out, filepath.Join(dir, "recovery.key")) {
		t.Errorf("found does not say what to take away:\n%s", out)
	}
	s.authority = filepath.Join(dir, "dobosh.yaml")
	return s
}

// recovery is the key that was made at the founding.
func (s *stage) recovery() string { return filepath.Join(filepath.Dir(s.authority), "recovery.key") }

func (s *stage) data(file string) string { return filepath.Join(filepath.Dir(file), "data") }

// follows waits until a node has all that the authority has, and says nothing of a
// fork.
func (s *stage) follows(file, authority string) {
	s.t.Helper()
	testkit.Eventually(s.t, file+" follows", func() bool {
		r, a := s.status(file).Registry, s.status(authority).Registry
		return !r.Forked && r.Statements == a.Statements && a.Statements > 0
	})
}

func (s *stage) loseDatabase(file string) {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.data(file), "dobosh.db*"))
	if err != nil || len(files) == 0 {
		s.t.Fatal(files, err)
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			s.t.Fatal(err)
		}
	}
}

// An authority that lost its database begins no second history, and gets the
// first back from a node that follows it.
func TestAuthorityThatLostItsDatabase(t *testing.T) {
	s := founded(t)
	s.serve(s.authority)
	if out := s.does("enact", "--config", s.authority); !strings.Contains(out, "new in the registry") {
		t.Error(out)
	}
	if out := s.does("enact", "--config", s.authority); !strings.HasPrefix(out, "0 of ") {
		t.Errorf("enacted twice: %s", out)
	}
	if r := s.status(s.authority); r.State != "serving" {
		t.Errorf("the authority's own node is %q", r.State)
	}
	askers := s.join(asker, "n1")
	s.serve(askers)
	s.follows(askers, s.authority)
	before := s.status(s.authority).Registry.Statements
	s.stop(s.authority)
	s.loseDatabase(s.authority)

	if out, err := s.run("serve", "--config", s.authority); err == nil || !strings.Contains(out, "dobosh re") {
		t.Errorf("without its database the authority says: %v %s", err, out)
	}
	if out, err := s.run("recover", "registry", "--config", s.authority, "--from", "127.0.0.1:1"); err == nil {
		t.Errorf("from nobody: %s", out)
	}
	out := s.does("recover", "registry", "--config", s.authority, "--from", exchangeOf(t, askers))
	if !strings.Contains(out, "each verified") {
		t.Error(out)
	}
	s.serve(s.authority)
	if now := s.status(s.authority).Registry.Statements; now < before {
		t.Errorf("%d statements of %d came back", now, before)
	}
	givers := s.join(giver, "n1")
	s.serve(givers)
	s.follows(askers, s.authority)
	s.follows(givers, s.authority)
}

// An authority with an old copy of its database, which nobody could tell, begins a
// second history. The keys of recovery end the fork, and nodes go on.
func TestForkIsEndedByTheKeysOfRecovery(t *testing.T) {
	s := founded(t)
	s.serve(s.authority)
	askers := s.join(asker, "n1")
	s.stop(s.authority)
	old, err := os.ReadFile(filepath.Join(s.data(s.authority), "dobosh.db"))
	if err != nil {
		t.Fatal(err)
	}
	s.serve(s.authority)
	s.serve(askers)
	s.does("enact", "--config", s.authority)
	s.follows(askers, s.authority)
	s.stop(askers)
	s.stop(s.authority)

	s.loseDatabase(s.authority)
	if err := os.WriteFile(filepath.Join(s.data(s.authority), "dobosh.db"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := backup.Put(s.data(s.authority), backup.Restored{Database: true}); err != nil { // as a restore leaves it
		t.Fatal(err)
	}
	s.serve(s.authority)
	s.join(giver, "n1")
	s.serveBeside(askers)
	testkit.Eventually(t, "the node says that there are two histories", func() bool { return s.status(askers).Registry.Forked })
	s.stop(s.authority)

	if out, err := s.run("serve", "--config", s.authority); err == nil || !strings.Contains(out, "dobosh recover registry") {
		t.Errorf("an authority that hears of the first history says: %v %s", err, out)
	}
	from := []string{"recover", "registry", "--config", s.authority, "--from", exchangeOf(t, askers)}
	if out, err := s.run(from...); err == nil || !strings.Contains(out, "--recovery KEY") {
		t.Errorf("without a key of recovery: %v %s", err, out)
	}
	s.does(append(from, "--recovery", s.recovery(), "--why", "an old copy was restored")...)
	s.serve(s.authority)
	s.follows(askers, s.authority)
	s.join(giver, "n2")
	s.follows(askers, s.authority)
}

// A standby takes over when the authority is gone for good: nodes go on by its
// address, new ones join, and the former authority does not come back as one.
func TestStandbyTakesOver(t *testing.T) {
	s := founded(t)
	s.serve(s.authority)
	standby := s.join("SUPERVISOR", "n2")
	own := filepath.Join(filepath.Dir(standby), "registry.key")
	issuer := filepath.Join(filepath.Dir(standby), "issuer.key")
	for _, path := range []string{own, issuer} {
		if err := credential.MakeKey(path); err != nil {
			t.Fatal(err)
		}
	}
	s.change(standby, func(c *node.Config) {
		c.Registry.Standby, c.Keys.Registry, c.Certificates.Issuer = true, own, issuer
	})
	s.serve(standby)
	askers := s.join(asker, "n1")
	s.change(askers, func(c *node.Config) {
		c.Registry.Addresses = []node.Peer{{Address: exchangeOf(t, standby), Pin: s.status(standby).Certificate.Pin}}
	})
	s.serve(askers)
	s.follows(askers, s.authority)
	s.follows(standby, s.authority)
	s.kill(s.authority)
	s.stop(standby)

	promote := []string{"promote", "--config", standby, "--recovery", s.recovery(), "--why", "the machine burned"}
	if out, err := s.run("promote", "--config", standby, "--recovery", own, "--why", "no"); err == nil {
		t.Errorf("a key that is none of recovery promotes: %s", out)
	}
	if out, err := s.run("promote", "--config", askers, "--recovery", s.recovery(), "--why", "no"); err == nil {
		t.Errorf("a node that is no standby was promoted: %s", out)
	}
	s.does(promote...)
	s.serve(standby)
	s.follows(askers, standby)
	former := s.authority
	s.authority = standby
	givers := s.join(giver, "n1")
	s.serve(givers)
	s.follows(givers, standby)
	s.follows(askers, standby)
	if out, err := s.run("serve", "--config", former); err == nil || !strings.Contains(out, "Another node keeps the registry") {
		t.Errorf("the former authority comes back: %v %s", err, out)
	}
}

// A node moves: it listens elsewhere after a restart, and the registry has the new
// address. An address of another node is not taken. A TLS key that the registry
// does not have is said at the start, and so is a witness that forgot.
func TestNodeStartsElsewhereOrWithWhatIsNotItsOwn(t *testing.T) {
	s := founded(t)
	s.serve(s.authority)
	askers, givers := s.join(asker, "n1"), s.join(giver, "n1")
	s.serve(askers)
	s.serve(givers)
	s.stop(askers)
	elsewhere := freeAddress(t)
	s.change(askers, func(c *node.Config) { c.Listen.Exchange = elsewhere })
	s.serve(askers)
	at := "n1 of RS-DEMO/GOV/ASKER at "
	testkit.Eventually(t, "the others know where it is", func() bool { return strings.Contains(s.does("status", "--config", givers), at+elsewhere) })

	s.stop(askers)
	s.change(askers, func(c *node.Config) { c.Address = exchangeOf(t, givers) })
	s.serve(askers)
	testkit.Eventually(t, "the node says that the address is another's", func() bool {
		log, err := os.ReadFile(askers + ".log")
		return err == nil && strings.Contains(string(log), "address-taken")
	})
	if out := s.does("status", "--config", givers); !strings.Contains(out, at+elsewhere) {
		t.Errorf("the address of another was taken:\n%s", out)
	}

	s.stop(askers)
	key := filepath.Join(filepath.Dir(askers), "tls.key")
	if err := os.Rename(key, key+".old"); err != nil {
		t.Fatal(err)
	}
	if err := credential.MakeKey(key); err != nil {
		t.Fatal(err)
	}
	if out, err := s.run("serve", "--config", askers); err == nil || !strings.Contains(out, "another TLS key") || !strings.Contains(out, key) {
		t.Errorf("with another TLS key the node says: %v %s", err, out)
	}

	s.stop(s.authority)
	if err := os.RemoveAll(filepath.Join(s.data(s.authority), "witness")); err != nil {
		t.Fatal(err)
	}
	if out, err := s.run("serve", "--config", s.authority); err == nil || !strings.Contains(out, "dobosh recover witness") {
		t.Errorf("a witness that forgot says: %v %s", err, out)
	}
	s.does("recover", "witness", "--config", s.authority)
	s.serve(s.authority)
}

// A command of the authority that no other node has heard of fails, and says so.
func TestCommandThatReachedNobodyFails(t *testing.T) {
	s := founded(t)
	s.serve(s.authority)
	if out := s.does("enact", "--config", s.authority, "zfpp"); !strings.Contains(out, "0 of 0 other nodes") {
		t.Errorf("in a federation of one: %s", out)
	}
	askers, givers := s.join(asker, "n1"), s.join(giver, "n1")
	if out, err := s.run("revoke", "--config", s.authority, "GOV/GIVER", "n1", "--why", "test"); err == nil || !strings.Contains(out, "none of the 1 other nodes") {
		t.Errorf("while nobody follows: %v %s", err, out)
	}
	s.serve(askers)
	s.follows(askers, s.authority)
	if out := s.does("enact", "--config", s.authority); !strings.Contains(out, "1 of 1 other nodes") {
		t.Errorf("while one follows: %s", out)
	}
	if out, err := s.run("status", "--config", givers); err == nil {
		t.Errorf("a node that was never started: %s", out)
	}
}

// A witness of one federation cosigns the journal of another, over plain HTTP by
// the standard alone; who it does not know it refuses.
func TestWitnessOfAnotherFederation(t *testing.T) {
	ours, theirs := founded(t), founded(t)
	theirs.serve(theirs.authority)
	log := theirs.status(theirs.authority).Journal.Key
	theirs.stop(theirs.authority)
	at := freeAddress(t)
	ours.change(ours.authority, func(c *node.Config) {
		c.Listen.Witness, c.WitnessLogs = at, []node.WitnessLog{{Key: log}}
	})
	ours.serve(ours.authority)
	key := ours.witnessKey()
	theirs.change(theirs.authority, func(c *node.Config) {
		c.Witnesses = []node.Witness{{URL: "http://" + at, Key: key}}
	})
	theirs.serve(theirs.authority)
	theirs.token(asker, "n1") // an entry of its journal
	testkit.Eventually(t, "the other federation's witness has cosigned", func() bool {
		r := theirs.status(theirs.authority)
		return len(r.Witnesses) == 1 && r.Witnesses[0].Size == r.Journal.Entries && r.Witnesses[0].Fault == ""
	})
	for path, want := range map[string]int{"/add-checkpoint": http.StatusBadRequest, "/newest?origin=nobody": http.StatusNotFound, "/dobosh/1/registry": http.StatusNotFound} {
		method := http.MethodGet
		if path == "/add-checkpoint" {
			method = http.MethodPost
		}
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+at+path, strings.NewReader("nonsense"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil || resp.StatusCode != want {
			t.Errorf("%s %s: %d", method, path, resp.StatusCode)
		}
	}
}

// witnessKey verifies the cosignatures of the authority.
func (s *stage) witnessKey() string {
	s.t.Helper()
	key, err := credential.ReadKey(filepath.Join(filepath.Dir(s.authority), "witness.key"))
	if err != nil {
		s.t.Fatal(err)
	}
	verifier, err := journal.NewCosignerKey(demo.Instance+"/GOV/SUPERVISOR/witness", credential.PublicOf(key))
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprint(verifier)
}
