package births

import (
	"maps"
	"slices"
	"testing"

	"dobosh/internal/testkit/described"
)

func TestTheDescriptionIsTrue(t *testing.T) {
	patterns := slices.Collect(maps.Keys(new(Registrar).answers()))
	described.Check(t, Description(), patterns, []described.Operation{
		{Pattern: "GET /v1/births/{birth}", Status: "200", Answer: Answer{}},
		{Pattern: "POST /v1/births", Question: Entry{}, Status: "201", Answer: Recorded{}},
		{Pattern: "POST /v1/parents", Question: parentQuestion{}, Status: "200", Answer: Found{}},
	})
}
