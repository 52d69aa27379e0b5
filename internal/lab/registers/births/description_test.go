package births

import (
	"testing"

	"dobosh/internal/testkit/described"
)

func TestTheDescriptionIsTrue(t *testing.T) {
	acts, err := new(Registrar).Acts()
	if err != nil {
		t.Fatal(err)
	}
	patterns := []string{"GET /v1/births/{birth}"}
	for _, a := range acts {
		patterns = append(patterns, a.Route)
	}
	described.Check(t, Description(), patterns, []described.Operation{
		{Pattern: "GET /v1/births/{birth}", Status: "200", Answer: Answer{}},
		{Pattern: "POST /v1/births", Question: Entry{}, Status: "201", Answer: Recorded{}},
		{Pattern: "POST /v1/parents", Question: parent{}, Status: "200", Answer: Found{}},
	})
}
