package receipts

import (
	"maps"
	"slices"
	"testing"

	"dobosh/internal/testkit/described"
)

func TestTheDescriptionIsTrue(t *testing.T) {
	patterns := slices.Collect(maps.Keys(new(System).answers()))
	described.Check(t, Description(), patterns, []described.Operation{
		{Pattern: "GET /v1/receipts/{person}", Status: "200", Answer: receiptsAnswer{}},
		{Pattern: "GET /v1/questions/{person}", Status: "200", Answer: questionsAnswer{}},
		{Pattern: "POST /v1/questions/{person}", Question: sent{}, Status: "200", Answer: takenAnswer{}},
	})
}
