package testkit_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"dobosh/internal/testkit"

	"gopkg.in/yaml.v3"
)

// unitFile is the unit of a node, where the package puts it.
const unitFile = "usr/lib/systemd/system/dobosh@.service"

// TestThePackageRuns builds the Debian package, unpacks it and does what its
// description says: a node is made in the folder that the unit names, and started
// by the command that the unit starts.
func TestThePackageRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("links the program")
	}
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skipf("no package can be built here: %v", err)
	}
	into, machine := t.TempDir(), t.TempDir()
	run(t, "sh", filepath.Join(root, "scripts", "package"), into)
	packages, err := filepath.Glob(filepath.Join(into, "dobosh_*.deb"))
	if err != nil || len(packages) != 1 {
		t.Fatalf("packages: %q, %v", packages, err)
	}
	run(t, "dpkg-deb", "-x", packages[0], machine)
	if holds := run(t, "dpkg-deb", "-c", packages[0]); strings.Contains(holds, "dobosh-lab") || !strings.Contains(holds, "root/root") {
		t.Errorf("the package holds\n%s", holds)
	}

	// What the unit names is there, or is made by a command.
	raw, err := os.ReadFile(filepath.Join(machine, unitFile))
	if err != nil {
		t.Fatal(err)
	}
	unit := strings.ReplaceAll(string(raw), "%i", "n1")
	started := regexp.MustCompile(`(?m)^ExecStart=(.+)$`).FindStringSubmatch(unit)
	config := regexp.MustCompile(`(?m)^ConditionPathExists=(.+)$`).FindStringSubmatch(unit)
	if started == nil || config == nil || !strings.Contains(started[1], " --config "+config[1]) {
		t.Fatalf("the unit starts nothing:\n%s", unit)
	}
	program, folder := filepath.Join(machine, "usr/bin/dobosh"), filepath.Join(machine, filepath.Dir(config[1]))
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		t.Fatal(err)
	}
	run(t, program, "found", "RS-TEST/GOV/AUTHORITY", "--title-en", "Authority", "--dir", folder)

	command := strings.Fields(started[1])
	for i, word := range command {
		if strings.HasPrefix(word, "/") {
			command[i] = filepath.Join(machine, word)
		}
	}
	var said bytes.Buffer
	serve := exec.Command(command[0], command[1:]...)
	serve.Stdout, serve.Stderr = &said, &said
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve.Wait() }()
	status := func() error {
		out, err := exec.Command(program, "status", "--config", filepath.Join(folder, "dobosh.yaml")).CombinedOutput()
		if err != nil || !regexp.MustCompile(`(?m)^state +serving`).Match(out) {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	}
	testkit.Succeeds(t, "the node serves", status)
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("asked to end, the node ends with %v\n%s", err, said.String())
	}
}

// TestTheUnitIsHardened has systemd read the unit, and say how much of the machine
// a node could reach.
func TestTheUnitIsHardened(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skipf("no systemd reads the unit here: %v", err)
	}
	raw, err := os.ReadFile(filepath.Join(root, "packaging", filepath.Base(unitFile)))
	if err != nil {
		t.Fatal(err)
	}
	// The program is not installed on this machine, another one stands in.
	unit := filepath.Join(t.TempDir(), filepath.Base(unitFile))
	if err := os.WriteFile(unit, bytes.ReplaceAll(raw, []byte("/usr/bin/dobosh"), []byte("/bin/true")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("systemd-analyze", "verify", unit).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("verify: %v\n%s", err, out)
	}
	// Exposure is from 0 to 100; of what is left most is the network.
	if out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=15", unit).CombinedOutput(); err != nil {
		t.Errorf("security: %v\n%s", err, out)
	}
}

// TestTheContainerIsWhatTheRecipeSays: no engine builds it here, so what the
// recipe and the compose file name is held against the tree and the program.
func TestTheContainerIsWhatTheRecipeSays(t *testing.T) {
	recipe, err := os.ReadFile(filepath.Join(root, "packaging/Containerfile"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(root, "packaging/compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var compose struct {
		Services map[string]struct {
			Build       struct{ Context, Dockerfile string }
			Command     []string
			Volumes     []string
			Healthcheck struct{ Test []string }
			ReadOnly    bool     `yaml:"read_only"`
			CapDrop     []string `yaml:"cap_drop"`
		}
		Volumes map[string]any
	}
	if err := yaml.Unmarshal(raw, &compose); err != nil {
		t.Fatal(err)
	}
	node := compose.Services["node"]
	if _, err := os.Stat(filepath.Join(root, "packaging", node.Build.Context, node.Build.Dockerfile)); err != nil {
		t.Error(err)
	}
	if !node.ReadOnly || len(node.CapDrop) != 1 || node.CapDrop[0] != "ALL" {
		t.Errorf("the container may write or change what it need not: %+v", node)
	}
	name, state, _ := strings.Cut(strings.Join(node.Volumes, ""), ":")
	if _, has := compose.Volumes[name]; !has || !bytes.Contains(recipe, []byte("\nVOLUME "+state+"\n")) {
		t.Errorf("volume %s at %s is not that of the recipe", name, state)
	}
	for _, command := range [][]string{node.Command, node.Healthcheck.Test[2:]} {
		if at := command[len(command)-1]; !strings.HasPrefix(at, state+"/") || command[len(command)-2] != "--config" {
			t.Errorf("%q keeps its configuration elsewhere", command)
		}
		usage, _ := exec.Command("go", "run", root+"/cmd/dobosh", command[0], "--help").CombinedOutput()
		if !bytes.Contains(usage, []byte("-config")) {
			t.Errorf("the program has no %s --config:\n%s", command[0], usage)
		}
	}
	for _, line := range regexp.MustCompile(`(?m)^RUN sh /src/(\S+)`).FindAllSubmatch(recipe, -1) {
		if _, err := os.Stat(filepath.Join(root, string(line[1]))); err != nil {
			t.Error(err)
		}
	}
}

// run runs a command that has to succeed, and gives what it says.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatal(errors.Join(err, errors.New(string(out))))
	}
	return string(out)
}
