package catalogue

import (
	"context"
	"slices"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
)

// Announcement is a version to come of a service that this member asks.
type Announcement struct {
	Service   registry.Service // with the version in Next
	Body      lang.Text
	Contracts []registry.Contract // of this member with the service
	Concerned []Concern           // those that a breaking change hits
	Changes   []openapi.Change    // nil when the descriptions cannot be read at present
	Read      bool                // whether they could
}

// Announcements lists what was announced for services under contracts of this
// member, for its officers; what begins first comes first.
//
// Problem: not-allowed.
func (r *Room) Announcements(ctx context.Context, by act.Actor) ([]Announcement, error) {
	if err := r.mayAsk(by); err != nil {
		return nil, err
	}
	var all []Announcement
	for _, sv := range r.announced() {
		a := Announcement{Service: sv, Body: r.State().Title(sv.ID.Owner()), Contracts: r.ours(sv)}
		a.Changes, a.Read = r.upcoming(ctx, sv)
		a.Concerned = Concerns(a.Contracts, a.Changes)
		all = append(all, a)
	}
	return all, nil
}

// announced lists the services with a version to come under contracts of this
// member.
func (r *Room) announced() []registry.Service {
	state := r.State()
	var found []registry.Service
	for id := range r.contracts.Load().byService {
		if sv, ok := state.Service(id); ok && sv.Next != nil && len(r.ours(sv)) > 0 {
			found = append(found, sv)
		}
	}
	slices.SortFunc(found, func(a, b registry.Service) int {
		if order := a.Next.From.Compare(b.Next.From); order != 0 {
			return order
		}
		return strings.Compare(a.ID.String(), b.ID.String())
	})
	return found
}

// ours lists this member's contracts with a service.
func (r *Room) ours(sv registry.Service) []registry.Contract {
	state := r.State()
	return slices.DeleteFunc(r.Contracts(sv.ID, civil.Of(r.Now())), func(c registry.Contract) bool {
		if c.Group == (registry.ID{}) {
			return c.Consumer.Owner() != r.Member
		}
		group, _ := state.Group(c.Group)
		return !slices.ContainsFunc(group.Members, func(m registry.ID) bool { return m.Owner() == r.Member })
	})
}

// upcoming compares the present version with the one announced.
func (r *Room) upcoming(ctx context.Context, sv registry.Service) ([]openapi.Change, bool) {
	older, err := r.read(ctx, sv, sv.Description)
	if err != nil {
		return nil, false
	}
	newer, err := r.read(ctx, sv, sv.Next.Description)
	if err != nil {
		return nil, false
	}
	return openapi.Compare(older, newer), true
}

// Waiting is how many announcements there are for this member's officers.
func (r *Room) Waiting() int { return len(r.announced()) }

// Changes tells what changed between two versions of a service. Problems: as of
// [Room.Edition].
func (r *Room) Changes(ctx context.Context, service registry.ID, from, to string) ([]openapi.Change, error) {
	older, err := r.Edition(ctx, service, from)
	if err != nil {
		return nil, err
	}
	newer, err := r.Edition(ctx, service, to)
	if err != nil {
		return nil, err
	}
	return openapi.Compare(older, newer), nil
}
