package web

import (
	"embed"

	"dobosh/internal/act"
	"dobosh/internal/portal"
)

//go:embed templates
var templates embed.FS

// pages are what the rooms of a node show that have no pages of their own yet.
type pages struct {
	Deps
	all []portal.Page
}

// visit is one request for one of them.
type visit struct {
	*portal.Visit
	*pages
}

// New brings the pages of the rooms that deps holds.
func New(deps Deps) portal.Room {
	p := &pages{Deps: deps}
	p.routes()
	return portal.Room{Pages: p.all, Templates: templates, Nav: p.nav(), Footer: p.footer(), Home: p.homes()}
}

func (p *pages) visit(v *portal.Visit) *visit { return &visit{v, p} }

// on answers a route with an action.
func (p *pages) on(pattern string, do func(*visit) error) { p.page(pattern, act.Anyone(), do) }

// signedIn is on for actions that need to know who asks.
func (p *pages) signedIn(pattern string, do func(*visit) error) { p.page(pattern, act.SignedIn(), do) }

func (p *pages) page(pattern string, right act.Right, do func(*visit) error) {
	p.all = append(p.all, portal.Page{Pattern: pattern, Right: right, Do: func(v *portal.Visit) error { return do(p.visit(v)) }})
}

// routes plugs in what this node has.
func (p *pages) routes() {
	if p.Oversight != nil {
		p.oversightRoutes()
	}
	if p.Events != nil {
		p.eventRoutes()
	}
	if p.Contracts != nil {
		p.contractRoutes()
	}
	if p.DataServices != nil {
		p.dataServiceRoutes()
	}
	if p.Registry != nil {
		p.registryRoutes()
	}
	if p.Newcomers != nil {
		p.newcomerRoutes()
	}
}
