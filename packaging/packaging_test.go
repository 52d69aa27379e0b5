// Package packaging_test holds what is shipped beside the program to what it is
// for.
package packaging_test

import (
	"os"
	"os/exec"
	"strings"
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

// Some builders know no registry but the one that is named.
func TestImagesAreNamedWithTheirRegistry(t *testing.T) {
	recipe, err := os.ReadFile("Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	images := 0
	for line := range strings.Lines(string(recipe)) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "FROM" || words[1] == "scratch" {
			continue
		}
		images++
		if host, _, named := strings.Cut(words[1], "/"); !named || !strings.Contains(host, ".") {
			t.Errorf("%s is looked for in whichever registry the builder knows", words[1])
		}
	}
	if images == 0 {
		t.Error("the recipe begins with no image")
	}
}
