package faults_test

import (
	"slices"
	"testing"
	"time"

	"dobosh/internal/lab/faults"
)

func anything(faults.Kind) bool { return true }

func TestPlanFollowsFromItsSeed(t *testing.T) {
	one := faults.Plan(7, 10*time.Minute, anything)
	if !slices.Equal(one, faults.Plan(7, 10*time.Minute, anything)) {
		t.Error("the same seed makes another plan")
	}
	if slices.Equal(one, faults.Plan(8, 10*time.Minute, anything)) {
		t.Error("another seed makes the same plan")
	}
	if len(one) < 100 {
		t.Errorf("%d faults in ten minutes", len(one))
	}
}

func TestPlanKeepsItsBounds(t *testing.T) {
	const within = 5 * time.Minute
	seen := map[faults.Kind]bool{}
	for seed := range uint64(50) {
		plan := faults.Plan(seed, within, func(k faults.Kind) bool { return k != faults.Database && k != faults.Stream })
		var last time.Duration
		for _, f := range plan {
			seen[f.Kind] = true
			if f.At < last || f.Lasts <= 0 || f.At+f.Lasts > within || f.Node == "" {
				t.Fatalf("seed %d: %s after %s", seed, f, last)
			}
			last = f.At
		}
	}
	if seen[faults.Database] {
		t.Error("a kind was planned that cannot be made")
	}
	for _, k := range []faults.Kind{faults.Kill, faults.Stop, faults.Disk, faults.ReadOnly, faults.Errors, faults.SlowDisk, faults.Descriptors, faults.Cut, faults.Hang, faults.Slow, faults.Clock, faults.Flip, faults.Lose, faults.Restore} {
		if !seen[k] {
			t.Errorf("%s never happens", k)
		}
	}
}
