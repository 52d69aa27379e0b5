package registry

import (
	"fmt"
	"slices"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
)

// Service is a data service of a subsystem. A later statement with the same id
// replaces an earlier one.
type Service struct {
	ID          ID        `json:"id"`
	Title       lang.Text `json:"title"`
	Kind        string    `json:"kind,omitempty"`        // ServiceOpenAPI, ServiceREST, or empty: nothing is said
	Description string    `json:"description,omitempty"` // SHA-256 of its OpenAPI document in hex; empty for none
	Version     string    `json:"version,omitempty"`     // that the document gives itself
	Since       civil.Day `json:"since,omitzero"`        // from when this description holds
	Next        *Edition  `json:"next,omitempty"`        // announced, because it asks something of those who ask
	Former      []Edition `json:"former,omitempty"`      // descriptions before, the newest last
	Events      []string  `json:"events,omitempty"`      // types of events that it publishes
	Disabled    lang.Text `json:"disabled,omitempty"`    // why it answers nobody at present; empty while it does
	Tags        []string  `json:"tags,omitempty"`        // life events that it has to do with, as "birth"
}

// The kinds of a service, in the words of X-Road's lists.
const (
	ServiceOpenAPI = "openapi"
	ServiceREST    = "rest"
)

// maxTitle bounds the name of a thing in one language, in bytes.
const maxTitle = 1000

func (sv Service) check() error {
	wrong := func(what string) error { return fmt.Errorf("%w: service %s: %s", ErrStatement, sv.ID, what) }
	switch {
	case sv.ID.Service == "" || sv.ID.Subsystem == "":
		return wrong("has no code")
	case !validText(sv.Title, maxTitle) || !validText(sv.Disabled, maxNotice):
		return wrong("the title or the notice is too long")
	case sv.Kind != "" && sv.Kind != ServiceOpenAPI && sv.Kind != ServiceREST:
		return wrong("is of no kind that is known")
	case sv.Description != "" && !validDigest(sv.Description):
		return wrong("the description is not a SHA-256 in hex")
	case !sv.validEditions():
		return wrong("an edition has no version, description or day, or there are too many")
	case len(sv.Version) > maxTerm:
		return wrong("the version is too long")
	}
	for _, list := range [][]string{sv.Events, sv.Tags} {
		if len(list) > maxTerms || slices.ContainsFunc(list, func(s string) bool { return s == "" || len(s) > maxTerm }) {
			return wrong("has more than 64 terms in one list, or one that is empty or too long")
		}
	}
	return nil
}
