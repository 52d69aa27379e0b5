// Package pages is the list of data services as pages: what bodies answer to each
// other, for everybody to read; how its versions differ; and, for the engineers of
// a member, what its own services answer.
//
// Everything in the list is public. Who describes is an engineer of the member, and
// sees before it is published whose contract a new version hits.
package pages

import (
	"context"
	"embed"
	"html/template"
	"net/http"

	"dobosh/internal/act"
	"dobosh/internal/catalogue"
	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/law"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
	"dobosh/internal/search"
)

//go:embed templates
var templates embed.FS

// DataServices is the list of what bodies answer to each other;
// [catalogue.Room] is one.
type DataServices interface {
	Browsing
	Describing
	Announcing
}

// Browsing is what anybody reads.
type Browsing interface {
	Find(q search.Query, after page.Key) (page.Page[catalogue.Found], int)
	Bodies() []catalogue.Shelf
	Events() []catalogue.Shelf
	Title(id registry.ID) lang.Text
	Service(id registry.ID) (registry.Service, error)
	Edition(ctx context.Context, service registry.ID, version string) (*openapi.Document, error)
	Changes(ctx context.Context, service registry.ID, from, to string) ([]openapi.Change, error)
	Contracts(service registry.ID, day civil.Day) []registry.Contract
	Export(base string, after page.Key) ([]byte, error)
}

// Describing is what the engineers of a member do: they say what its services
// answer.
type Describing interface {
	OwnServices(by act.Actor) ([]catalogue.OwnService, error)
	IsOwn(service registry.ID) bool
	Systems() []registry.ID
	HasSource(service registry.ID) bool
	Fetch(ctx context.Context, by act.Actor, service registry.ID) ([]byte, error)
	KeepDraft(ctx context.Context, by act.Actor, raw []byte) (digest string, err error)
	KeptDraft(ctx context.Context, by act.Actor, digest string) ([]byte, error)
	Plan(ctx context.Context, by act.Actor, d catalogue.Draft) (catalogue.Plan, error)
	Publish(ctx context.Context, by act.Actor, d catalogue.Draft) (catalogue.Plan, error)
	Withdraw(ctx context.Context, by act.Actor, service registry.ID) error
}

// Announcing tells those who have contracts what is about to change.
type Announcing interface {
	Announcements(ctx context.Context, by act.Actor) ([]catalogue.Announcement, error)
	Waiting() int
}

// Deps is what the pages call, and what else is on the node.
type Deps struct {
	DataServices DataServices
	Pack         *law.Pack // purposes, provisions and life events; may be nil
	Contracts    bool      // the member makes contracts on this node
	Public       bool      // everybody is led to the list, as on the node of the registry
}

type pages struct{ Deps }

// visit is one request for one of the pages.
type visit struct {
	*portal.Visit
	*pages
}

// New brings the pages. Other rooms may show what is announced: the piece
// "announced" is about nothing, "announced-contract" about a [registry.Contract].
func New(d Deps) (portal.Room, error) {
	p := &pages{d}
	publication, err := catalogue.Publication(d.DataServices)
	if err != nil {
		return portal.Room{}, err
	}
	page := func(pattern string, right act.Right, do func(*visit) error) portal.Page {
		return portal.Page{Pattern: pattern, Right: right, Do: func(v *portal.Visit) error { return do(&visit{v, p}) }}
	}
	piece := func(say func(*visit, any) (template.HTML, error)) portal.Piece {
		return func(v *portal.Visit, about any) (template.HTML, error) { return say(&visit{v, p}, about) }
	}
	const one = "/catalogue/{instance}/{class}/{member}/{subsystem}/{service}"
	engineers := catalogue.RightToDescribe()
	readers := engineers.Lets
	if d.Contracts {
		readers = catalogue.RightToAsk().Lets
	}
	if d.Public {
		readers = nil
	}
	room := portal.Room{
		Templates: templates,
		Pages: []portal.Page{
			page("GET /catalogue", act.Anyone(), (*visit).list),
			page("GET "+one, act.Anyone(), (*visit).service),
			page("GET "+one+"/question", act.Anyone(), (*visit).question),
			page("GET "+one+"/changes", act.Anyone(), (*visit).changes),
			page("GET "+one+"/description", act.Anyone(), (*visit).description),
			page("GET /catalogue.jsonld", act.Anyone(), (*visit).export),
			page("GET /desk/services", engineers, (*visit).ownServices),
			page("GET /desk/services/describe", engineers, (*visit).askDescription),
			page("POST /desk/services/describe", engineers, (*visit).takeDescription),
			page("POST /desk/services/fetch", engineers, (*visit).fetchDescription),
			page("GET /desk/services/draft", engineers, (*visit).draftPage),
			page("POST /desk/services/draft", engineers, (*visit).publishDraft),
			page("GET /desk/services/withdraw", engineers, (*visit).askWithdrawEdition),
			page("POST /desk/services/withdraw", engineers, (*visit).withdrawEdition),
		},
		Nav: []portal.Nav{
			{Path: "/desk/services", Key: "nav.our-services", Order: 600, Setting: portal.Engineers, Whom: engineers.Lets},
			{Path: "/catalogue", Key: "nav.services", Order: 610, Whom: readers},
		},
		Footer: []portal.Nav{{Path: "/catalogue", Key: "catalogue.footer", Order: 200}},
		Pieces: map[string]portal.Piece{"announced": piece((*visit).announcedCards), "announced-contract": piece((*visit).announcedContract)},
	}
	if d.Contracts {
		room.Pages = append(room.Pages, page("GET /desk/contracts/announced", catalogue.RightToAsk(), (*visit).announcements))
	}
	room.Pages = append(room.Pages, portal.ActPage{
		Act: publication, Back: portal.Nav{Path: "/desk/services", Key: "describe.services"}, Ask: p.askPublication,
		Next: func(*portal.Visit, any) string { return "/desk/services" },
	}.Pages()...)
	return room, nil
}

// askPublication fills in the service that the address names.
func (p *pages) askPublication(v *portal.Visit, q *portal.Question) error {
	for i := range q.Fields {
		if f := &q.Fields[i]; f.Name == "service" && v.R.Method == http.MethodGet {
			f.Value = firstRunes(v.R.URL.Query().Get("service"), 400)
		}
	}
	return nil
}
