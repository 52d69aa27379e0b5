package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/node/operator"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/testkit"
)

// program builds the real binary, once for all tests.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "dobosh-command-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "dobosh")
	out, err := exec.Command("go", "build", "-o", path, "dobosh/cmd/dobosh").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// TestMain removes the binary.
func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// stage is a supervisor and the nodes that come to it, each a process of the
// real program.
type stage struct {
	t         *testing.T
	binary    string
	dir       string
	authority string // its configuration
	running   map[string]*exec.Cmd
	program   *http.Client     // of who asks over TLS; nil before that
	system    *httptest.Server // the information system of who answers
	asked     chan struct{}    // one for each question that reaches it while held
	hold      chan struct{}    // closed when held questions may be answered
	mu        sync.Mutex
	slow      bool
}

func newStage(t *testing.T) *stage {
	t.Helper()
	if testing.Short() {
		t.Skip("starts several processes")
	}
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s := newEmptyStage(t, binary)
	files, err := demo.Prepare(filepath.Join(s.dir, "demo"), "127.0.0.1:0", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	s.authority = files[demo.Supervisor]
	s.change(s.authority, func(c *node.Config) {
		c.SignIn, c.TimeStamps, c.TimeStampAuthority, c.Registry.Witnesses = nil, nil, nil, nil
	})
	s.serve(s.authority)
	return s
}

// newEmptyStage has nobody on it.
func newEmptyStage(t *testing.T, binary string) *stage {
	t.Helper()
	s := &stage{t: t, binary: binary, dir: t.TempDir(), running: map[string]*exec.Cmd{}, asked: make(chan struct{}, 16), hold: make(chan struct{})}
	s.system = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.system.Close)
	t.Cleanup(s.stopAll)
	return s
}

// answer is the information system. It waits while questions are held.
func (s *stage) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	slow := s.slow
	s.mu.Unlock()
	if slow {
		s.asked <- struct{}{}
		select {
		case <-s.hold:
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"item":"42","secret":"no"}`)
}

func (s *stage) holdQuestions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slow = true
}

// change writes a configuration anew.
func (s *stage) change(file string, how func(*node.Config)) {
	s.t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	cfg, err := node.Parse(raw)
	if err != nil {
		s.t.Fatal(err)
	}
	how(&cfg)
	if err := os.WriteFile(file, yamlOf(s.t, cfg), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// run runs a command to its end and gives what it printed.
func (s *stage) run(args ...string) (out string, err error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*testkit.Patience)
	defer cancel()
	var both bytes.Buffer
	command := exec.CommandContext(ctx, s.binary, args...)
	command.Stdout, command.Stderr = &both, &both
	err = command.Run()
	return both.String(), err
}

// does is run for a command that must succeed.
func (s *stage) does(args ...string) string {
	s.t.Helper()
	out, err := s.run(args...)
	if err != nil {
		s.t.Fatalf("dobosh %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// serve starts a node and returns when it is ready.
func (s *stage) serve(file string) {
	s.t.Helper()
	s.serveBeside(file)
	cfg, err := node.Load(file)
	if err != nil {
		s.t.Fatal(err)
	}
	testkit.Eventually(s.t, file+" is ready", func() bool {
		resp, err := http.Get("http://" + cfg.Listen.Operations + "/readyz")
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
}

// serveBeside starts a node and returns when its operator can ask it, ready or not.
func (s *stage) serveBeside(file string) {
	s.t.Helper()
	log, err := os.OpenFile(file+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the child has its own
	command := exec.Command(s.binary, "serve", "--config", file)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.running[file] = command
	testkit.Eventually(s.t, file+" can be asked", func() bool {
		_, err := s.run("status", "--config", file)
		return err == nil
	})
}

// stop ends a node as an operator does, and wants it to end well.
func (s *stage) stop(file string) {
	s.t.Helper()
	s.terminate(file)
	s.ended(file)
}

// terminate tells a node to end.
func (s *stage) terminate(file string) {
	s.t.Helper()
	if err := s.running[file].Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
}

// ended waits for the end of a node that was told to end.
func (s *stage) ended(file string) {
	s.t.Helper()
	command := s.running[file]
	delete(s.running, file)
	if err := command.Wait(); err != nil {
		s.t.Errorf("%s ended: %v", file, err)
	}
}

// kill ends a node without warning.
func (s *stage) kill(file string) {
	s.t.Helper()
	command := s.running[file]
	delete(s.running, file)
	_ = command.Process.Kill() // it may have ended
	_ = command.Wait()         // killed
}

func (s *stage) stopAll() {
	for file := range s.running {
		s.kill(file)
	}
	if s.t.Failed() {
		logs, _ := filepath.Glob(filepath.Join(s.dir, "*", "*.log"))
		more, _ := filepath.Glob(filepath.Join(s.dir, "*", "*", "*.log"))
		for _, log := range append(logs, more...) {
			raw, _ := os.ReadFile(log)
			s.t.Logf("%s:\n%s", log, raw[max(0, len(raw)-4000):])
		}
	}
}

// member is an institution of the stage.
func member(code string) registry.ID {
	return registry.ID{Instance: demo.Instance, Class: "GOV", Member: code}
}

// join lets a node in by the commands that people type, and gives its
// configuration.
func (s *stage) join(code, name string) string {
	s.t.Helper()
	token := s.token(code, name)
	dir := filepath.Join(s.dir, strings.ToLower(code)+"-"+name)
	out := s.does(append([]string{"join", token, "--dir", dir}, freeAddresses(s.t)...)...)
	file := filepath.Join(dir, "dobosh.yaml")
	if !strings.Contains(out, "the authority reached it there") || !strings.Contains(out, "dobosh serve --config "+file) {
		s.t.Errorf("join says:\n%s", out)
	}
	return file
}

func (s *stage) token(code, name string) string {
	s.t.Helper()
	return strings.TrimSpace(s.does("token", "--config", s.authority, "--quiet", "GOV/"+code, name, "--title", "Установа "+code, "--title-en", "Institution "+code, "--subsystems", "receipts,data"))
}

// freeAddresses are flags with addresses that nobody uses, below those that
// outgoing connections may take meanwhile.
func freeAddresses(t *testing.T) (flags []string) {
	t.Helper()
	for _, flag := range []string{"--exchange", "--portal", "--edge", "--systems", "--operations"} {
		flags = append(flags, flag, freeAddress(t))
	}
	return flags
}

func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(22_000))
		if l, err := net.Listen("tcp", address); err == nil && l.Close() == nil {
			return address
		}
	}
	t.Fatal("no free port")
	return ""
}

// The service that the giver gives, and who may ask.
const (
	asker   = "ASKER"
	giver   = "GIVER"
	service = "items"
)

// agree makes the giver's service and the contract about it stand, as if the
// authority had said it from the beginning.
func (s *stage) agree(askers, givers string) {
	s.t.Helper()
	consumer, provider := member(asker), member(giver)
	consumer.Subsystem, provider.Subsystem = "data", "data"
	contract := registry.Contract{
		ID: "items", Consumer: consumer, Provider: provider, Service: service, Methods: []string{"GET"}, Paths: []string{"/v1/items/{item}"},
		Fields: []string{"/item"}, Subjects: []string{}, Purpose: "family-support", Provision: "zfpp/48", Sector: "family", From: civil.Date(2018, 7, 1),
	}
	signed, err := contract.Sign(s.signer(askers), s.signer(givers))
	if err != nil {
		s.t.Fatal(err)
	}
	seed, err := os.OpenFile(filepath.Join(filepath.Dir(s.authority), "seed.jsonl"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	lines := json.NewEncoder(seed)
	if err := errors.Join(
		lines.Encode(registry.Statement{Service: &registry.Service{ID: provider.With(service), Title: lang.Text{"en": "Items"}}}),
		lines.Encode(registry.Statement{Contract: signed}), seed.Close()); err != nil {
		s.t.Fatal(err)
	}
	s.stop(s.authority)
	s.serve(s.authority)
}

func (s *stage) signer(file string) note.Signer {
	s.t.Helper()
	cfg, err := node.Load(file)
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := credential.ReadKey(cfg.Keys.Log)
	if err != nil {
		s.t.Fatal(err)
	}
	signer, err := journal.NewSigner(node.Origin(cfg.Member, cfg.Name), key)
	if err != nil {
		s.t.Fatal(err)
	}
	return signer
}

// behind puts the information system behind a node.
func (s *stage) behind(file string) {
	s.change(file, func(c *node.Config) {
		c.InformationSystems = []node.InformationSystem{{Subsystem: "data", Service: service, URL: s.system.URL}}
	})
}

// ask puts a question at the edge of a node.
func (s *stage) ask(file string) (status int, body string) { return s.askAs(file, "") }

// askAs puts it under an X-Road-Id.
func (s *stage) askAs(file, message string) (status int, body string) {
	cfg, err := node.Load(file)
	if err != nil {
		return 0, err.Error()
	}
	client := member(asker)
	client.Subsystem = "data"
	program, base := s.edge(cfg)
	r, err := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/r1/%s/data/%s/v1/items/1", base, member(giver), service), nil)
	if err != nil {
		return 0, err.Error()
	}
	r.Header.Set("X-Road-Client", client.String())
	if message != "" {
		r.Header.Set("X-Road-Id", message)
	}
	resp, err := program.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }() // read only
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(raw)
}

// answered waits until a question is answered.
func (s *stage) answered(file string) {
	s.t.Helper()
	var last string
	defer func() {
		if s.t.Failed() {
			s.t.Log("last answer:", last)
		}
	}()
	testkit.Eventually(s.t, "a question is answered", func() bool {
		status, body := s.ask(file)
		last = fmt.Sprint(status, " ", body)
		return status == http.StatusOK && strings.Contains(body, `"42"`) && !strings.Contains(body, "secret")
	})
}

// pair are two members that came in, whose nodes serve, and of whom one asks the
// other under a contract.
func (s *stage) pair() (askers, givers string) {
	s.t.Helper()
	askers, givers = s.join(asker, "n1"), s.join(giver, "n1")
	s.behind(givers)
	s.agree(askers, givers)
	s.serve(givers)
	s.serve(askers)
	s.answered(askers)
	return askers, givers
}

func (s *stage) status(file string) (r operator.Report) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.does("status", "--config", file, "--json")), &r); err != nil {
		s.t.Fatal(err)
	}
	return r
}
