package payments

import (
	"maps"
	"slices"
	"testing"

	"dobosh/internal/testkit/described"
)

func TestTheDescriptionIsTrue(t *testing.T) {
	patterns := slices.Collect(maps.Keys(new(Register).answers()))
	described.Check(t, Description(), patterns, []described.Operation{
		{Pattern: "GET /v1/accounts/{person}", Status: "200", Answer: AccountAnswer{}},
		{Pattern: "GET /v1/grants/{person}/{service}/{birth}", Status: "200", Answer: GrantAnswer{}},
		{Pattern: "POST /v1/grants", Question: GrantNote{}, Status: "201", Answer: GrantAnswer{}},
	})
}
