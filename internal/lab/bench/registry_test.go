package bench_test

import (
	"strings"
	"testing"

	"dobosh/internal/lab/bench"
)

// Every follower ends with the checkpoint that the authority signed, and nobody
// had anything to complain of.
func TestEveryFollowerEndsWithTheSameRoot(t *testing.T) {
	o := bench.RegistryOptions{Dir: t.TempDir(), Systems: 50, Nodes: 5, Changes: 7, Starts: 2, Log: t.Output()}
	result, err := bench.RunRegistry(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !result.OK() || result.Agreed != o.Nodes {
		t.Errorf("%+v", result)
	}
	if want := int64(2*(o.Nodes+1) + 2*o.Systems + o.Changes); result.Statements != want {
		t.Errorf("%d statements, want %d", result.Statements, want)
	}
	if result.Bytes < 500 || result.LogMB <= 0 || result.StartMB <= 0 {
		t.Errorf("nothing went over the wire: %+v", result)
	}
}

func TestBadOptionsOfARegistryAreRefused(t *testing.T) {
	for says, o := range map[string]bench.RegistryOptions{
		"systems": {Systems: 100_001, Nodes: 1, Changes: 1, Starts: 1},
		"nodes":   {Systems: 5, Nodes: 6, Changes: 1, Starts: 1},
		"changes": {Systems: 5, Nodes: 5, Starts: 1},
		"starts":  {Systems: 5, Nodes: 5, Changes: 1},
	} {
		if _, err := bench.RunRegistry(t.Context(), o); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one about %s", err, says)
		}
	}
}
