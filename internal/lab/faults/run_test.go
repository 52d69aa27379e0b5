package faults_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dobosh/internal/lab/faults"
)

// seeds of the list that runs with every test; "make faults" has more.
var seeds = []uint64{1, 2}

// mended are the kinds of trouble that the nodes are known to get through.
var mended = []faults.Kind{faults.Kill, faults.Stop, faults.Disk, faults.ReadOnly, faults.Errors, faults.SlowDisk, faults.Descriptors, faults.Cut, faults.Hang, faults.Slow, faults.Clock, faults.Lose}

func TestNothingIsLostWhateverHappens(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and makes trouble for a minute")
	}
	binary := filepath.Join(t.TempDir(), "dobosh-lab")
	command := exec.Command("go", "build", "-trimpath", "-o", binary, "dobosh/cmd/dobosh-lab")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, seed := range seeds {
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
		result, err := faults.Run(ctx, faults.Options{Binary: binary, Dir: filepath.Join(t.TempDir(), "nodes"), Seed: seed, Minutes: 0.6, Only: mended, Log: t.Output()})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Plan) < 5 || result.Restarts["city"]+result.Restarts["registers"]+result.Restarts["supervisor"] == 0 {
			t.Errorf("seed %d made no trouble: %+v", seed, result)
		}
		if !result.OK() {
			t.Errorf("seed %d: %s", seed, strings.Join(result.Findings, "\n"))
		}
	}
}

func TestRunRefusesALengthThatIsNone(t *testing.T) {
	for _, minutes := range []float64{0, -1, 121} {
		if _, err := faults.Run(t.Context(), faults.Options{Minutes: minutes, Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "minutes") {
			t.Errorf("%v minutes: %v", minutes, err)
		}
	}
}
