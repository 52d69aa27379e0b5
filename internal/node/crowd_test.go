package node_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/testkit"
)

// crowded is how many files the process with the nodes may open.
const crowded = 600

// childOf names the variable that has this test be the process with the nodes.
const childOf = "DOBOSH_TEST_CROWDED"

// TestThousandsOfIdleConnectionsStopNothing opens, against three nodes in a process that
// may open few files, several times as many connections to each surface: silent ones,
// ones that begin a head, and ones that were kept alive. A birth still becomes an offer,
// new people are still answered, and the node finds nothing broken.
func TestThousandsOfIdleConnectionsStopNothing(t *testing.T) {
	if os.Getenv(childOf) != "" {
		serveCrowded(t)
		return
	}
	addresses := crowdedNodes(t)
	var held sync.Map
	t.Cleanup(func() { held.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true }) })
	opened := 0
	for name, surfaces := range addresses {
		for _, surface := range []string{"portal", "exchange", "edge", "systems", "operations"} {
			at := surfaces[surface]
			if at == "" {
				continue
			}
			for i := range 3 * crowded / 2 {
				c, err := net.DialTimeout("tcp", at, time.Minute)
				if err != nil {
					t.Fatalf("%s %s: connection %d: %v", name, surface, i, err)
				}
				held.Store(c, true)
				opened++
				switch i % 3 {
				case 1:
					_, _ = io.WriteString(c, "GET / HT") // may be closed already
				case 2:
					_, _ = fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n", at)
				}
			}
		}
	}
	if opened < 10*crowded {
		t.Fatalf("only %d connections", opened)
	}

	cfg, err := node.Load(filepath.Join(addresses["dir"]["city"], demo.City, "dobosh.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, dir: addresses["dir"]["city"], away: addresses}
	w.birth("jovana")
	token, err := os.ReadFile(cfg.Services.Systems[0].TokenFile)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "two offers", func() bool {
		req, _ := http.NewRequestWithContext(t.Context(), "GET", "http://"+addresses[demo.City]["systems"]+"/services/v1/offers/since/0", nil)
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
		resp, err := client(nil).Do(req)
		if err != nil {
			t.Fatalf("the counter is not answered: %v", err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("offers: %d %s", resp.StatusCode, body)
		}
		return strings.Count(string(body), `"id"`) >= 2
	})
	for name := range addresses {
		if name == "dir" {
			continue
		}
		for range 20 {
			resp, err := client(nil).Get("http://" + addresses[name]["portal"] + "/readyz")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if status := drop(resp); status != http.StatusOK {
				t.Errorf("%s is not ready: %d", name, status)
			}
		}
	}
}

// crowdedNodes runs the three nodes in a process of their own with few files and gives
// their addresses; under "dir" stands the folder.
func crowdedNodes(t *testing.T) map[string]map[string]string {
	t.Helper()
	child := exec.Command("/bin/sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, crowded), os.Args[0], "-test.run=^TestThousandsOfIdleConnectionsStopNothing$", "-test.timeout=5m")
	child.Env = append(os.Environ(), childOf+"="+t.TempDir())
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // which ends it
		if err := child.Wait(); err != nil {
			t.Errorf("the process of the nodes: %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if said, ok := strings.CutPrefix(lines.Text(), "NODES "); ok {
			var addresses map[string]map[string]string
			if err := json.Unmarshal([]byte(said), &addresses); err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
			return addresses
		}
	}
	t.Fatal("the nodes did not start")
	return nil
}

// serveCrowded is the process with the nodes, until its input ends.
func serveCrowded(t *testing.T) {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Max != crowded {
		t.Fatalf("may open %+v files: %v", files, err)
	}
	w := newTown(t)
	addresses := map[string]map[string]string{"dir": {"city": w.dir}}
	for _, name := range []string{demo.Supervisor, demo.Registers, demo.City} {
		w.other[name] = func(cfg *node.Config) {
			cfg.Limits.Connections = node.Connections() / 3
			cfg.Listen.Operations = "127.0.0.1:0"
		}
	}
	w.all()
	for name, n := range w.nodes {
		addresses[name] = n.Addresses()
	}
	said, err := json.Marshal(addresses)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\nNODES %s\n", said)
	_, _ = io.Copy(io.Discard, os.Stdin)
}
