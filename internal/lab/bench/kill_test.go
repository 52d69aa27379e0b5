package bench_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dobosh/internal/lab/bench"
)

// build makes the program as it is shipped.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "dobosh")
	command := exec.Command("go", "build", "-trimpath", "-o", binary, "dobosh/cmd/dobosh-lab")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

func TestNothingIsLostWhenNodesAreKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and runs three processes for a quarter of a minute")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	dir := t.TempDir()
	result, err := bench.Run(ctx, bench.Options{Binary: build(t), Dir: dir, Seconds: 10, Rate: 3, Births: 30, Kill: true, Drain: 2 * time.Minute, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	c := result.Reconciled
	if c == nil || !c.OK() || !result.OK() {
		t.Fatalf("after the kills: %+v", result)
	}
	if c.Births < 30 || c.Offers != 2*c.Births || c.Accepted != c.Offers || c.Decisions != c.Offers {
		t.Errorf("%d births, %d offers, %d accepted, %d decisions; want at least 30 births, and two of everything else for each", c.Births, c.Offers, c.Accepted, c.Decisions)
	}
	if c.Entries < int64(10*c.Births) {
		t.Errorf("the journals hold %d entries for %d births: they were not all read", c.Entries, c.Births)
	}
	nobodyIsLeft(t, dir)
}

// nobodyIsLeft looks for processes that still serve from dir.
func nobodyIsLeft(t *testing.T, dir string) {
	t.Helper()
	found, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		line, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(line), "serve") && strings.Contains(string(line), dir) {
			t.Errorf("%s still runs: %q", path, line)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	used := t.TempDir()
	if err := os.WriteFile(filepath.Join(used, "something"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		options bench.Options
		says    string
	}{
		"no time":          {bench.Options{}, "seconds"},
		"too long":         {bench.Options{Seconds: 3601}, "seconds"},
		"backwards":        {bench.Options{Seconds: 1, Rate: -1}, "rate"},
		"a flood":          {bench.Options{Seconds: 1, Rate: 1e6}, "rate"},
		"too many at once": {bench.Options{Seconds: 1, Flying: 1e6}, "under way"},
		"a used folder":    {bench.Options{Seconds: 1, Dir: used}, "not empty"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := bench.Run(t.Context(), tc.options); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %v, want one about %q", err, tc.says)
			}
		})
	}
}

func TestProgramThatDoesNotStart(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "fails")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := bench.Run(t.Context(), bench.Options{Binary: binary, Dir: t.TempDir(), Seconds: 1})
	if err == nil || !strings.Contains(err.Error(), "ended at its start") {
		t.Errorf("error %v", err)
	}
}
