package contracts

import (
	"context"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
)

// offer is a value that a field of a contract takes, with what it means.
type offer struct {
	ID        string    `json:"id"`
	Title     lang.Text `json:"title"`
	Provision law.Ref   `json:"provision,omitempty"` // on which it rests
	Cited     lang.Text `json:"cited,omitempty"`     // the provision as lawyers write it
}

// choosing are the acts that list what a contract can say.
func (r *Room) choosing(read act.Right) []func() (act.Act, error) {
	after := act.OfCode("after", func(in *asked) *page.Key { return &in.After }, act.Optional(), act.Most(512))
	offers := func(name, route string, all func() []offer) func() (act.Act, error) {
		return act.Def[asked, api.List[offer]]{
			Name: name, Route: route, Right: read, Fields: []act.Field[asked]{after},
			Do: func(_ context.Context, _ act.Actor, in asked) (api.List[offer], error) {
				return api.ListOf(following(all(), in.After), nil)
			},
		}.Act
	}
	return []func() (act.Act, error){
		offers("contract.purposes", "GET /v1/purposes", func() (all []offer) {
			for _, p := range PurposesOn(r.Law, civil.Of(r.Now())) {
				one := offer{ID: p.ID, Title: p.Title, Provision: p.Provision}
				if provision, known := r.Law.Provision(p.Provision); known {
					one.Cited = provision.Cited()
				}
				all = append(all, one)
			}
			return all
		}),
		offers("contract.provisions", "GET /v1/provisions", func() (all []offer) {
			for _, p := range ProvisionsOn(r.Law, civil.Of(r.Now())) {
				all = append(all, offer{ID: string(p.Ref), Title: p.Title, Cited: p.Cited()})
			}
			return all
		}),
		offers("contract.askers", "GET /v1/askers", func() (all []offer) {
			systems, groups := r.Askers()
			for _, s := range systems {
				all = append(all, offer{ID: s.String(), Title: r.Title(s)})
			}
			for _, g := range groups {
				all = append(all, offer{ID: groupPrefix + g.ID.String(), Title: g.Title})
			}
			return all
		}),
		act.Def[asked, api.List[Choice]]{
			Name: "contract.services", Route: "GET /v1/services", Right: read,
			Fields: []act.Field[asked]{act.OfLine("words", func(in *asked) *string { return &in.Words }, act.Optional(), act.Most(100), act.Says("contract.words")), after},
			Do: func(_ context.Context, _ act.Actor, in asked) (api.List[Choice], error) {
				var found []Choice
				last, _ := registry.ParseID(strings.Join(in.After.Columns(1), "")) // a foreign key is the first page
				for c := range r.choices(in.Words, last) {
					if found = append(found, c); len(found) > page.Size {
						break
					}
				}
				return api.ListOf(page.Of(found, page.Size, func(c Choice) page.Key { return page.KeyOf(c.ID.String()) }), nil)
			},
		}.Act,
		act.Def[asked, api.List[Operation]]{
			Name: "contract.operations", Route: "GET /v1/operations", Right: read,
			Fields: []act.Field[asked]{act.OfCode("service", func(in *asked) *string { return &in.Service }, act.Most(400), act.Says("contract.service-label"))},
			Do: func(ctx context.Context, _ act.Actor, in asked) (api.List[Operation], error) {
				id, err := registry.ParseID(in.Service)
				if err != nil || !r.Known(id) {
					return api.List[Operation]{}, problem.New(problem.NotFound, "provider-unknown", "service", in.Service)
				}
				operations, _ := r.Operations(ctx, id)
				return api.ListOf(page.Page[Operation]{Items: operations}, nil)
			},
		}.Act,
	}
}

// following are the offers after the one that a key names, those of one page.
func following(all []offer, after page.Key) page.Page[offer] {
	key := func(o offer) page.Key { return page.KeyOf(o.ID) }
	for i, o := range all {
		if key(o) == after {
			all = all[i+1:]
			break
		}
	}
	return page.Of(all[:min(len(all), page.Size+1)], page.Size, key)
}
