package command

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/admission"
	"dobosh/internal/exchange/edge/asice"
	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/registry/credential"
	"dobosh/internal/testkit"
)

// pressed puts questions until the returned function is called, which gives how
// many there were and what was not answered.
func (s *stage) pressed(file string) (end func() (asked int, failed []string)) {
	stop := make(chan struct{})
	var all sync.WaitGroup
	var mu sync.Mutex
	var asked int
	var failed []string
	for range 4 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				status, body := s.ask(file)
				mu.Lock()
				if asked++; status != http.StatusOK {
					failed = append(failed, fmt.Sprint(status, " ", body))
				}
				mu.Unlock()
			}
		})
	}
	return func() (int, []string) {
		close(stop)
		all.Wait()
		return asked, failed
	}
}

// Both nodes get new keys of both kinds while questions go between them, and no
// question fails. After that they start again with the new keys, and the journal
// of before and after is whole.
func TestKeysAreReplacedUnderLoad(t *testing.T) {
	s := newStage(t)
	askers, givers := s.pair()
	s.pinned(askers)
	before := s.status(givers)
	end := s.pressed(askers)
	for _, file := range []string{givers, askers} {
		if out := s.does("rotate", "--config", file, "--wait", "5s"); !strings.Contains(out, "the TLS key is new") || !strings.Contains(out, "the key of the journal is new") {
			t.Errorf("rotate says:\n%s", out)
		}
	}
	asked, failed := end()
	if asked == 0 || len(failed) > 0 {
		t.Errorf("of %d questions %d failed, the first: %s", asked, len(failed), append(failed, "")[0])
	}
	after := s.status(givers)
	if after.Certificate.Pin == before.Certificate.Pin || after.Journal.Key == before.Journal.Key {
		t.Error("the keys are the same as before")
	}
	s.answered(askers)
	s.contained(askers)
	s.proved(askers)
	for _, file := range []string{givers, askers} {
		s.stop(file)
		if out := s.does("journal", "check", "--config", file); !strings.Contains(out, "0 findings") {
			t.Error(out)
		}
		s.serve(file)
	}
	s.answered(askers)
	if now := s.status(givers); now.Certificate.Pin != after.Certificate.Pin || now.Journal.Key != after.Journal.Key {
		t.Error("the node started with other keys")
	}
	if out, err := s.run("rotate", "--config", s.authority, "--tls"); err == nil || !strings.Contains(out, "configuration of all others") {
		t.Errorf("the authority: %s", out)
	}
}

// proved puts a question and takes its evidence, in which the present key of the
// journal stands beside the former one.
func (s *stage) proved(file string) {
	s.t.Helper()
	evidence := filepath.Join(s.dir, "after-the-rotation.json")
	s.does("evidence", "export", "--config", file, "--out", evidence, s.exchanged(file))
	trust := filepath.Join(filepath.Dir(s.authority), "..", "trust.txt")
	if out, err := s.run("verify", "--trust", trust, evidence); err != nil {
		s.t.Errorf("what was asked after the rotation is not proved: %v\n%s", err, out)
	}
}

// contained puts a question and takes its container from the node's archive, which
// the present key of the journal vouches for.
func (s *stage) contained(file string) {
	t := s.t
	t.Helper()
	cfg, err := node.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	key, err := credential.ReadKey(cfg.Keys.Log)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := s.askAs(file, "after-the-rotation"); status != http.StatusOK {
		t.Fatal(status, body)
	}
	program, base := s.edge(cfg)
	resp, err := program.Get(base + "/asic?requestOnly&queryId=after-the-rotation&xRoadInstance=" + demo.Instance + "&memberClass=GOV&memberCode=" + asker + "&subsystemCode=data")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil || len(archive.File) != 1 {
		t.Fatalf("the archive: %d %v", resp.StatusCode, err)
	}
	inside, err := archive.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = io.ReadAll(inside); err != nil {
		t.Fatal(err)
	}
	container, err := asice.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := container.Verify(asice.Trust{Identities: []ed25519.PublicKey{credential.PublicOf(key)}}); err != nil {
		t.Errorf("the present key of the journal does not vouch for the container: %v", err)
	}
}

// A node that is told to end answers what it has and takes nothing new.
func TestNodeDrainsWhenItIsToldToEnd(t *testing.T) {
	s := newStage(t)
	askers, givers := s.pair()
	s.holdQuestions()
	answer := make(chan string, 1)
	go func() {
		status, body := s.ask(askers)
		answer <- fmt.Sprint(status, " ", body)
	}()
	<-s.asked
	s.terminate(givers)
	cfg, err := node.Load(givers)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(s.t, "nothing new is taken", func() bool {
		conn, err := net.Dial("tcp", cfg.Listen.Exchange)
		return err != nil || conn.Close() != nil
	})
	close(s.hold)
	if got := <-answer; !strings.HasPrefix(got, "200") {
		t.Errorf("what was under way was answered with %s", got)
	}
	s.ended(givers)
	if log, err := os.ReadFile(givers + ".log"); err != nil || !strings.Contains(string(log), "stopped") {
		t.Error("the node did not say that it stopped")
	}
}

// Two nodes of one member share the work. One goes into maintenance, then comes
// back, and the other is killed: questions go on.
func TestOtherNodeOfTheMemberAnswers(t *testing.T) {
	s := newStage(t)
	askers, first, second := s.join(asker, "n1"), s.join(giver, "n1"), s.join(giver, "n2")
	s.behind(first)
	s.behind(second)
	s.agree(askers, first)
	s.serve(first)
	s.serve(second)
	s.serve(askers)
	s.answered(askers)
	end := s.pressed(askers)
	s.does("maintenance", "on", "--config", first)
	testkit.Eventually(s.t, "the asker knows", func() bool {
		return strings.Contains(s.does("status", "--config", askers), "n1 of RS-DEMO/GOV/GIVER at "+exchangeOf(t, first)+": maintenance")
	})
	if asked, failed := end(); asked == 0 || len(failed) > 0 {
		t.Errorf("of %d questions %d failed while one node went into maintenance, the first: %s", asked, len(failed), append(failed, "")[0])
	}
	entries := s.status(first).Journal.Entries
	s.answered(askers)
	if now := s.status(first).Journal.Entries; now != entries {
		t.Error("a node in maintenance was asked")
	}
	s.does("maintenance", "off", "--config", first)
	testkit.Eventually(s.t, "the asker knows", func() bool { return !strings.Contains(s.does("status", "--config", askers), "maintenance") })
	s.kill(second)
	s.answered(askers)
	for range 20 {
		if status, body := s.ask(askers); status != http.StatusOK {
			t.Errorf("with one node killed: %d %s", status, body)
		}
	}
}

func exchangeOf(t *testing.T, file string) string {
	t.Helper()
	cfg, err := node.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Listen.Exchange
}

func shifted(t *testing.T, by string) clock.Now {
	t.Helper()
	d, err := time.ParseDuration(by)
	if err != nil {
		t.Fatal(err)
	}
	return func() time.Time { return clock.System().Add(d) }
}

// A member of the registry whose clock is an hour off is told so before its
// token is used up.
func TestJoinSaysWhatToDoAboutTheClock(t *testing.T) {
	s := newStage(t)
	token := s.token(giver, "n1")
	for off, want := range map[string]string{"1h": "60 minutes ahead", "-1h": "60 minutes behind"} {
		_, err := admission.Join(t.Context(), admission.Joining{Token: token, Dir: filepath.Join(s.dir, "off"+off), Read: node.ForJoining, Now: shifted(t, off)})
		if err == nil || !strings.Contains(dobosh().Say(err), want) || !strings.Contains(dobosh().Say(err), "Set the clock") {
			t.Errorf("%s: %v", off, err)
		}
	}
	if out := s.does(append([]string{"join", token, "--dir", filepath.Join(s.dir, "off1h")}, freeAddresses(t)...)...); !strings.Contains(out, "stands in the registry") {
		t.Error(out)
	}
}
