// Package packaging_test holds what is shipped beside the program to what it is
// for.
package packaging_test

import (
	"os/exec"
	"testing"
)

// program finds one that a test needs, or skips the test with the reason.
func program(t *testing.T, name, from string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed here; Debian: apt-get install %s", name, from)
	}
	return path
}

// run runs a program in a folder and gives what it said.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	command := exec.Command(name, args...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func TestAlarmsOfPrometheus(t *testing.T) {
	promtool := program(t, "promtool", "prometheus")
	run(t, "prometheus", promtool, "check", "rules", "dobosh.rules.yaml")
	run(t, "prometheus", promtool, "test", "rules", "dobosh.rules.test.yaml")
}
