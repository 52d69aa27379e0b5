package testkit

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// natsd builds the server once for each test program.
var natsd = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "dobosh-natsd-")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "natsd")
	if out, err := exec.Command("go", "build", "-o", program, "dobosh/internal/testkit/natsd").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build natsd: %w\n%s", err, out)
	}
	return program, nil
})

// Server is a server of NATS in a process of its own.
type Server struct {
	tb      testing.TB
	name    string
	program string
	dir     string
	port    int
	config  string // text of its configuration
	running *exec.Cmd
	life    io.Closer // its standard input
}

// JetStream starts a cluster of so many servers of JetStream, each a process that
// can be killed and started again. All end with the test.
func JetStream(tb testing.TB, n int) []*Server {
	tb.Helper()
	return JetStreamWith(tb, n, "")
}

// JetStreamWith is JetStream with more in the configuration of each server.
func JetStreamWith(tb testing.TB, n int, more string) []*Server {
	tb.Helper()
	return jetStream(tb, n, more, "")
}

// JetStreamBehind is JetStream behind a block tls, for clients and among the servers.
func JetStreamBehind(tb testing.TB, n int, tls string) []*Server {
	tb.Helper()
	return jetStream(tb, n, tls, tls)
}

func jetStream(tb testing.TB, n int, more, routing string) []*Server {
	tb.Helper()
	ports := FreePorts(tb, 2*n)
	var routes []string
	for i := range n {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", ports[n+i]))
	}
	var all []*Server
	for i := range n {
		cluster := ""
		if n > 1 {
			cluster = fmt.Sprintf("cluster { name: test, listen: \"127.0.0.1:%d\", routes: [%s], no_advertise: true\n%s}\n", ports[n+i], strings.Join(routes, ", "), routing)
		}
		dir := tb.TempDir()
		all = append(all, NewServer(tb, fmt.Sprintf("n%d", i+1), ports[i], fmt.Sprintf("jetstream { store_dir: %q, max_mem: 64MB, max_file: 64GB }\n%s%s", dir, cluster, more)))
	}
	return all
}

// NewServer starts a server with what is added to its name and port.
func NewServer(tb testing.TB, name string, port int, config string) *Server {
	tb.Helper()
	s := &Server{tb: tb, name: name, program: Must[string](tb)(natsd()), dir: tb.TempDir(), port: port, config: config}
	s.Start()
	tb.Cleanup(s.Kill)
	return s
}

// URL leads a client to the server.
func (s *Server) URL() string { return "nats://127.0.0.1:" + strconv.Itoa(s.port) }

// Start starts the server, also again on what it kept.
func (s *Server) Start() {
	s.tb.Helper()
	file := filepath.Join(s.dir, "server.conf")
	text := fmt.Sprintf("server_name: %s\nlisten: \"127.0.0.1:%d\"\nlog_file: %q\n%s", s.name, s.port, filepath.Join(s.dir, "server.log"), s.config)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.tb.Fatal(err)
	}
	s.running = exec.Command(s.program, file)
	s.running.Stderr = s.tb.Output()
	s.life = Must[io.WriteCloser](s.tb)(s.running.StdinPipe())
	if err := s.running.Start(); err != nil {
		s.tb.Fatal(err)
	}
	Succeeds(s.tb, s.name+" listens", func() error {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(s.URL(), "nats://"), time.Second)
		if err == nil {
			_ = conn.Close() // only tried
		}
		return err
	})
}

// Kill ends the server without a word to anybody.
func (s *Server) Kill() {
	if s.running == nil {
		return
	}
	_ = s.running.Process.Signal(syscall.SIGKILL) // it may have ended
	_ = s.running.Wait()
	_ = s.life.Close()
	s.running = nil
}

// URLs are those of all servers.
func URLs(servers []*Server) (urls []string) {
	for _, s := range servers {
		urls = append(urls, s.URL())
	}
	return urls
}

// FreePorts asks the system for ports that nobody uses. Between here and the use of
// them somebody could take one; then what starts there says so.
func FreePorts(tb testing.TB, n int) (ports []int) {
	tb.Helper()
	for range n {
		listener := Must[net.Listener](tb)(net.Listen("tcp", "127.0.0.1:0"))
		defer func() { _ = listener.Close() }() // all at the end, so that none comes twice
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports
}
