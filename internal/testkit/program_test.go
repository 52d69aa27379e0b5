package testkit_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the folder of the module.
const root = "../.."

// TestTheProgramHoldsNothingOfTheLaboratory: an institution runs neither invented
// people nor a provider that lets anybody sign in, a mailbox for every message,
// loads, or what tests are made of.
func TestTheProgramHoldsNothingOfTheLaboratory(t *testing.T) {
	deps := linked(t, "dobosh/cmd/dobosh")
	for name := range deps {
		for _, not := range []string{"dobosh/internal/lab", "dobosh/internal/testkit", "github.com/zitadel", "github.com/chromedp", "net/http/httptest"} {
			if name == not || strings.HasPrefix(name, not+"/") {
				t.Errorf("the program holds %s", name)
			}
		}
	}
	if _, holds := linked(t, "dobosh/cmd/dobosh-lab")["dobosh/internal/lab/signin"]; !holds {
		t.Error("the laboratory has no provider: this test looks at nothing")
	}
}

// linked are the packages that a program is made of, each with its imports.
func linked(t *testing.T, program string) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "-f", `{{.ImportPath}} {{join .Imports " "}}`, program).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		names := strings.Fields(line)
		packages[names[0]] = names[1:]
	}
	return packages
}

// TestDependenciesAreThoseThatWereDecided holds the list of reasons against
// go.mod, and what it says is for laboratory or tests only against the program.
func TestDependenciesAreThoseThatWereDecided(t *testing.T) {
	adr, err := os.ReadFile(root + "/docs/adr/0001-dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	decided := map[string]string{} // by module: the reason
	for _, row := range regexp.MustCompile(`(?m)^\| ([a-z][^ |]*\.[^ |]+) \| (.+) \|$`).FindAllStringSubmatch(string(adr), -1) {
		decided[row[1]] = row[2]
	}
	out, err := exec.Command("go", "list", "-m", "-f", `{{if not (or .Main .Indirect)}}{{.Path}}{{end}}`, "all").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	required := strings.Fields(string(out))
	ours := map[string]bool{} // modules that our part of the program imports
	for from, imports := range linked(t, "dobosh/cmd/dobosh") {
		if !strings.HasPrefix(from, "dobosh/") {
			continue
		}
		for _, to := range imports {
			for _, module := range required {
				if to == module || strings.HasPrefix(to, module+"/") {
					ours[module] = true
				}
			}
		}
	}
	for _, module := range required {
		reason, has := decided[module]
		elsewhere := strings.HasSuffix(reason, "only)")
		switch {
		case !has:
			t.Errorf("%s has no reason in the list of dependencies", module)
		case ours[module] == elsewhere:
			t.Errorf("%s: the list says %q; in the program: %t", module, reason, ours[module])
		}
	}
	for module := range decided {
		if !slices.Contains(required, module) {
			t.Errorf("%s has a reason and is not required", module)
		}
	}
}

// TestModulesAreTidy: go.mod and go.sum are what the imports need.
func TestModulesAreTidy(t *testing.T) {
	var diff, said bytes.Buffer
	tidy := exec.Command("go", "mod", "tidy", "-diff")
	tidy.Stdout, tidy.Stderr = &diff, &said
	err := tidy.Run()
	switch {
	case diff.Len() > 0:
		t.Errorf("run go mod tidy:\n%s", diff.String())
	case err != nil:
		t.Skipf("modules of tests of other modules cannot be had here: %v\n%s", err, said.String())
	}
}

// TestAReleaseIsTheSameFromAnyFolder builds both programs here and from a copy,
// and wants the same bytes, without symbols.
func TestAReleaseIsTheSameFromAnyFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("links four programs")
	}
	elsewhere := t.TempDir()
	for _, part := range []string{"cmd", "internal", "packs", "scripts"} {
		if err := os.CopyFS(filepath.Join(elsewhere, part), os.DirFS(filepath.Join(root, part))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		raw, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(elsewhere, file), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	here, there := t.TempDir(), t.TempDir()
	for folder, into := range map[string]string{root: here, elsewhere: there} {
		out, err := exec.Command("sh", filepath.Join(folder, "scripts", "release"), into).CombinedOutput()
		if err != nil {
			t.Fatalf("release: %v\n%s", err, out)
		}
		t.Logf("%s", out)
	}
	for _, program := range []string{"dobosh", "dobosh-lab"} {
		one, err := os.ReadFile(filepath.Join(here, program))
		other, err2 := os.ReadFile(filepath.Join(there, program))
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(one, other) {
			t.Errorf("%s differs with the folder that it is built in", program)
		}
		if symbols, err := exec.Command("go", "tool", "nm", filepath.Join(here, program)).CombinedOutput(); err == nil && len(symbols) > 0 && !bytes.Contains(symbols, []byte("no symbols")) {
			t.Errorf("%s has symbols", program)
		}
	}
}
