package command

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFederationStandsByTheManual runs the commands of docs/federation.md, as they
// stand there, one after the other.
func TestFederationStandsByTheManual(t *testing.T) {
	if testing.Short() {
		t.Skip("starts several processes")
	}
	needs(t, "curl", "awk", "python3")
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("../../docs/federation.md")
	if err != nil {
		t.Fatal(err)
	}
	script := commandsOf(string(raw))
	if !strings.Contains(script, "dobosh found") || !strings.Contains(script, "dobosh join") {
		t.Fatalf("the manual has no commands:\n%s", script)
	}
	dir := t.TempDir()
	begun := time.Now()
	out, err := shell(t, binary, dir, script)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, logsIn(dir))
	}
	t.Logf("the federation stood after %s", time.Since(begun).Round(100*time.Millisecond))
	for _, file := range []string{"authority/status", "ada/status", "senta/status"} {
		status, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || !regexp.MustCompile(`(?m)^state +serving`).Match(status) {
			t.Errorf("%s: %v\n%s", file, err, status)
		}
	}
	answer, err := os.ReadFile(filepath.Join(dir, "ada", "length"))
	if err != nil || !regexp.MustCompile(`^\{"length": ?12\}\s*$`).Match(answer) {
		t.Errorf("the first exchange answered %q, %v", answer, err)
	}
}

// needs skips a test where a program that the manual uses is not installed.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the manual needs %s", program)
		}
	}
}

// commandsOf gives what a manual has in blocks for a shell.
func commandsOf(manual string) string {
	var script strings.Builder
	for _, block := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(manual, -1) {
		script.WriteString(block[1])
	}
	return script.String()
}

// shell runs commands in a folder, and then ends everything that they left
// running.
func shell(t *testing.T, binary, dir, script string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(bin, "dobosh")); err != nil {
		t.Fatal(err)
	}
	var both bytes.Buffer
	command := exec.CommandContext(ctx, "sh", "-eux", "-c", script)
	command.Dir, command.Env = dir, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+dir)
	command.Stdout, command.Stderr = &both, &both
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.WaitDelay = 10 * time.Second
	group := func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.Cancel = group
	err := command.Run()
	_ = group() // what was left in the background
	return both.String(), err
}

func logsIn(dir string) string {
	var all strings.Builder
	logs, _ := filepath.Glob(filepath.Join(dir, "*", "log"))
	for _, log := range logs {
		raw, _ := os.ReadFile(log)
		fmt.Fprintf(&all, "%s:\n%s\n", log, raw[max(0, len(raw)-4000):])
	}
	return all.String()
}
