package demo_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dobosh/internal/command"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/demo"
	demopages "dobosh/internal/lab/demo/pages"
	"dobosh/internal/lab/people"
	"dobosh/internal/lab/registers"
	"dobosh/internal/lab/station"
	"dobosh/internal/node"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/browser"
	"dobosh/internal/testkit/laws"
	"dobosh/internal/words"

	"gopkg.in/yaml.v3"
)

// TestANodeIsKilledBetweenTwoTaps: the city has two nodes behind nginx, on one
// PostgreSQL database and one JetStream server. The one that serves is killed while
// the mother is at the sign-in, and again while she looks at her offer. She notices
// nothing of it.
func TestANodeIsKilledBetweenTwoTaps(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("nginx is not installed; Debian: apt-get install nginx")
	}
	b := browser.Start(t)
	s := &story{t: t, b: b, tag: lang.Tags()[0], dir: t.TempDir(), pack: laws.Serbia(t)}
	if s.words, err = words.Of(registers.Words(), demopages.Words()); err != nil {
		t.Fatal(err)
	}
	if s.people, err = people.Stories(s.pack); err != nil {
		t.Fatal(err)
	}
	second := s.twoNodes(nginx)
	s.recordBirths()

	second.serves()
	p := s.arrive(s.demo.URL(demo.City), "welcome")
	p.Click("link", s.say("welcome.city.sign-in"))
	second.kill()
	p.Click("button", s.name(s.person("jovana").Name()))
	s.signedIn(p, s.person("jovana").Name())

	second.start()
	second.serves()
	s.follow(p, "nav.inbox")
	p.Eventually("the offer is there", func() bool {
		if p.Has("link", s.say("offer.look")+": "+s.service(allowance)) {
			return true
		}
		p.Reload()
		return false
	})
	p.Click("link", s.say("offer.look")+": "+s.service(allowance))
	second.kill()
	p.Click("button", s.say("offer.accept"))
	p.Says(s.service(allowance), s.say("decision.eyebrow"))
	s.status(p, http.StatusOK)
	if !strings.Contains(p.URL(), "/decisions/") {
		t.Errorf("after the tap she is at %s", p.URL())
	}
}

// secondNode is a node of the city as a process of its own. nginx asks it first.
type secondNode struct {
	story   *story
	binary  string
	file    string
	portal  string
	running *exec.Cmd
}

// twoNodes starts the demonstration with a city of two nodes behind nginx.
func (s *story) twoNodes(nginx string) *secondNode {
	t := s.t
	database := filepath.Join(s.dir, "postgres")
	if err := os.WriteFile(database, []byte(testkit.StorageConfig(t, storage.Postgres).URL), 0o600); err != nil {
		t.Fatal(err)
	}
	servers := testkit.JetStream(t, 1)
	ports := testkit.FreePorts(t, 7)
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	share := func(cfg *node.Config) {
		cfg.Storage = node.Storage{PostgresFile: database}
		cfg.Bus = node.Bus{URLs: testkit.URLs(servers), Replicas: 1}
		cfg.Proxies = []string{"127.0.0.1"}
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, cancel := context.WithCancel(context.Background())
	var front string // where people reach the portal
	d, err := demo.Start(ctx, demo.Options{Dir: s.dir, Listen: "127.0.0.1:0", Log: log, Now: clock.System, Change: func(name string, cfg *node.Config) {
		if name == demo.City {
			front = cfg.Listen.Portal
			cfg.Listen.Portal = at(0)
			share(cfg)
		}
	}})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	s.demo = d
	done := make(chan error, 1)
	go func() { done <- d.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, d.Close()); err != nil {
			t.Errorf("the demonstration ended with %v", err)
		}
	})
	proxy(t, nginx, front, at(1), at(0))
	for _, name := range []string{demo.City, demo.Registers, demo.Supervisor} {
		answers(t, d.URL(name))
	}
	n := &secondNode{story: s, portal: at(1), binary: filepath.Join(t.TempDir(), "dobosh-lab")}
	if out, err := exec.Command("go", "build", "-o", n.binary, "dobosh/cmd/dobosh-lab").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	n.join(func(own *node.Config) {
		own.Listen = node.Listen{Exchange: at(2), Portal: at(1), Operations: at(3), Systems: at(4)}
		own.Mailbox.Listen = at(6)
		share(own)
	}, at(2))
	t.Cleanup(n.kill)
	n.start()
	return n
}

// join makes the node one of the city, as the manual says, and gives it the
// configuration of the first.
func (n *secondNode) join(own func(*node.Config), exchange string) {
	s, t := n.story, n.story.t
	city := testkit.Must[station.Config](t)(station.Load(filepath.Join(s.dir, demo.City, "dobosh.yaml"))).Node
	run := func(args ...string) string {
		var out, errOut strings.Builder
		if code := command.Main(t.Context(), args, &out, &errOut); code != 0 {
			t.Fatalf("dobosh %s: %s%s", args[0], out.String(), errOut.String())
		}
		return strings.TrimSpace(out.String())
	}
	dir := filepath.Join(s.dir, "city2")
	token := run("token", "--config", filepath.Join(s.dir, demo.Supervisor, "dobosh.yaml"), "--quiet", city.Member.String(), "city2")
	run("join", "--dir", dir, "--exchange", exchange, token)
	n.file = filepath.Join(dir, "dobosh.yaml")
	joined := testkit.Must[node.Config](t)(node.Load(n.file))
	city.Name, city.Dir, city.Keys = joined.Name, joined.Dir, joined.Keys
	own(&city)
	adds := testkit.Must[[]byte](t)(os.ReadFile(filepath.Join(s.dir, demo.City, station.FileName)))
	if err := errors.Join(os.WriteFile(n.file, testkit.Must[[]byte](t)(yaml.Marshal(city)), 0o600), os.WriteFile(filepath.Join(dir, station.FileName), adds, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func (n *secondNode) start() {
	n.running = exec.Command(n.binary, "serve", "--config", n.file)
	n.running.Stderr, n.running.Stdout = n.story.t.Output(), n.story.t.Output()
	n.running.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := n.running.Start(); err != nil {
		n.story.t.Fatal(err)
	}
	testkit.Succeeds(n.story.t, "the second node is ready", func() error {
		resp, err := http.Get("http://" + n.portal + "/readyz")
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }() // only its status
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	})
}

func (n *secondNode) kill() {
	if n.running == nil {
		return
	}
	_ = n.running.Process.Kill() // it may have ended
	_ = n.running.Wait()
	n.running = nil
}

// serves waits until nginx asks the second node.
func (n *secondNode) serves() {
	testkit.Eventually(n.story.t, "nginx asks the second node", func() bool {
		resp, err := http.Get(n.story.demo.URL(demo.City))
		return err == nil && resp.Body.Close() == nil && resp.Header.Get("X-Served-By") == n.portal
	})
}

// proxy is nginx before two nodes; the first is asked as long as it answers.
func proxy(t *testing.T, program, front, first, other string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`daemon off; master_process off; error_log stderr crit; pid %[1]s/nginx.pid;
events { worker_connections 512; }
http {
	access_log off;
	client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
	upstream portal { server %[3]s max_fails=1 fail_timeout=1s; server %[4]s backup; }
	server {
		listen %[2]s;
		location / {
			proxy_pass http://portal;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header Host $http_host;
			proxy_set_header X-Forwarded-For $remote_addr;
			proxy_connect_timeout 2s;
			proxy_next_upstream error timeout;
			add_header X-Served-By $upstream_addr always;
		}
	}
}
`, dir, front, first, other)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(program, "-p", dir, "-c", file)
	run.Stderr = t.Output()
	run.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = run.Wait()
	})
}
