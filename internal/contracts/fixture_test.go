package contracts

import (
	"context"

	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
)

// described knows one service.
type described struct{}

func (described) Operations(_ context.Context, service registry.ID) ([]Operation, bool) {
	if service != system(state, "civil").With("births") {
		return nil, false
	}
	return []Operation{{Method: "GET", Path: "/v1/births/{reference}", Says: lang.Text{"en": "One birth"}, Parameters: []string{"language"}, Passes: []string{"X-Reason"},
		Fields: []Pointer{{At: "/born", Says: lang.Text{"en": "Day of birth"}}, {At: "/live"}, {At: "/mother"}, {At: "/children/*/name"}}}}, true
}
