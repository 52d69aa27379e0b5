package desk

import (
	"context"

	"dobosh/internal/registry"
)

// described knows one service.
type described struct{}

func (described) Operations(_ context.Context, service registry.ID) ([]Operation, bool) {
	if service != system(state, "civil").With("births") {
		return nil, false
	}
	return []Operation{{Method: "GET", Path: "/v1/births/{reference}", Says: "One birth",
		Fields: []Pointer{{"/born", "Day of birth"}, {"/live", ""}, {"/mother", ""}, {"/children/*/name", ""}}}}, true
}
