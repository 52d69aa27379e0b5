// Package pages is what the authority of a registry publishes as pages, to everybody:
// who its members are, which contracts they have and what stops one, and how far
// the journals of their nodes are witnessed.
package pages

import (
	"embed"
	"html/template"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	lawpages "dobosh/internal/law/pages"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

//go:embed templates
var templates embed.FS

// Witness has seen the journals of the members.
type Witness interface {
	Newest(origin string) ([]byte, error)
	SeenAt(origin string) time.Time
}

// Deps is what the pages call.
type Deps struct {
	State   func() *registry.State
	Law     exchange.Law // on which contracts rest
	Pack    *law.Pack    // words for purposes and provisions
	Witness Witness      // nil where the authority is no witness
}

type pages struct{ Deps }

// New brings the pages.
func New(d Deps) portal.Room {
	p := &pages{d}
	return portal.Room{
		Templates: templates,
		Pages: []portal.Page{
			{Pattern: "GET /members", Right: act.Anyone(), Do: p.members},
			{Pattern: "GET /contracts", Right: act.Anyone(), Do: p.contracts},
			{Pattern: "GET /logs", Right: act.Anyone(), Do: p.logs},
		},
		Nav: []portal.Nav{
			{Path: "/members", Key: "nav.members", Order: 700},
			{Path: "/contracts", Key: "nav.contracts", Order: 720},
			{Path: "/logs", Key: "nav.logs", Order: 730},
		},
	}
}

// memberView is a member with the address of its node.
type memberView struct {
	registry.Member
	Address string
}

func (p *pages) members(v *portal.Visit) error {
	state := p.State()
	var views []memberView
	for _, m := range state.Members() {
		view := memberView{Member: m}
		for _, node := range state.Nodes(m.ID) {
			view.Address = node.Address
		}
		views = append(views, view)
	}
	return v.Show("members", v.Say("nav.members"), views)
}

// contractView is a right to ask. Why says what stops it.
type contractView struct {
	registry.Contract
	Asker registry.ID
	For   template.HTML
	Cite  string
	Why   string
}

func (p *pages) contracts(v *portal.Visit) error {
	today := civil.Of(v.Now())
	var views []contractView
	for _, c := range p.State().Contracts() {
		view := contractView{Contract: c, For: lawpages.Purpose(v, p.Pack, c.Purpose), Cite: lawpages.Cite(v, p.Pack, c.Provision)}
		view.Asker, _ = c.Between()
		if err := exchange.Standing(c, p.Law, today); err != nil {
			stopped := problem.Of(err)
			view.Why = v.SaidProblem(stopped.Code, stopped.Args)
		}
		views = append(views, view)
	}
	return v.Show("contracts", v.Say("nav.contracts"), views)
}

// logView is how far the witness has seen and cosigned a journal; a zero At means
// never.
type logView struct {
	Origin string
	Size   int64
	At     time.Time
}

func (p *pages) logs(v *portal.Visit) error {
	views, err := p.seen()
	if err != nil {
		return err
	}
	return v.Show("logs", v.Say("nav.logs"), views)
}

func (p *pages) seen() (views []logView, err error) {
	if p.Witness == nil {
		return nil, nil
	}
	state := p.State()
	for _, m := range state.Members() {
		for _, node := range state.Nodes(m.ID) {
			key, err := journal.ParseKey(node.Log)
			if err != nil {
				return nil, err
			}
			newest, err := p.Witness.Newest(key.Name())
			if err != nil {
				return nil, err
			}
			seen, err := journal.PeekCheckpoint(newest)
			if err != nil {
				continue // this witness has seen nothing of it yet
			}
			views = append(views, logView{key.Name(), seen.Size, p.Witness.SeenAt(key.Name())})
		}
	}
	return views, nil
}
