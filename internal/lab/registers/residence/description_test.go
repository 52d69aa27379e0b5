package residence

import (
	"maps"
	"slices"
	"testing"

	"dobosh/internal/testkit/described"
)

func TestTheDescriptionIsTrue(t *testing.T) {
	patterns := slices.Collect(maps.Keys(new(Register).answers()))
	described.Check(t, Description(), patterns, []described.Operation{
		{Pattern: "GET /v1/residents/{person}", Status: "200", Answer: Answer{}},
		{Pattern: "POST /v1/residents/search", Question: Search{}, Status: "200", Answer: Answer{}},
	})
}
