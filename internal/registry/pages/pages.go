// Package pages is what the authority of a registry publishes as pages, to everybody:
// who its members are, which contracts they have and what stops one, and how far
// the journals of their nodes are witnessed.
package pages

import (
	"embed"
	"html/template"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/page"
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
			{Pattern: "GET /members", Right: act.Anyone(), Do: p.members().Do},
			{Pattern: "GET /contracts", Right: act.Anyone(), Do: p.contracts},
			{Pattern: "GET /logs", Right: act.Anyone(), Do: p.logs().Do},
		},
		Nav: []portal.Nav{
			{Path: "/members", Key: "nav.members", Order: 700},
			{Path: "/contracts", Key: "nav.contracts", Order: 720},
			{Path: "/logs", Key: "nav.logs", Order: 730},
		},
	}
}

// members lists who is a member, with the address of its node.
func (p *pages) members() portal.List[registry.Member] {
	type member = registry.Member
	return portal.List[member]{
		Path: "/members", Title: "nav.members", Lead: "members.lead",
		Find: func(*portal.Visit, portal.Wanted) (page.Page[member], error) {
			return page.Page[member]{Items: p.State().Members()}, nil
		},
		Table: portal.Table[member]{Caption: "nav.members", Headed: true, Columns: []portal.Column[member]{
			{Key: "col.member", Cell: func(v *portal.Visit, m member) template.HTML { return v.Both(m.Title, m.ID.String()) }},
			{Key: "col.systems", Kind: portal.Codes, Cell: func(_ *portal.Visit, m member) template.HTML {
				return portal.Escaped(strings.Join(m.Subsystems, ", "))
			}},
			{Key: "col.node", Kind: portal.Codes, Cell: func(_ *portal.Visit, m member) template.HTML {
				nodes := p.State().Nodes(m.ID)
				if len(nodes) == 0 {
					return ""
				}
				return portal.Escaped(nodes[len(nodes)-1].Address)
			}},
		}},
	}
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

func (p *pages) logs() portal.List[logView] {
	return portal.List[logView]{
		Path: "/logs", Title: "nav.logs", Lead: "logs.lead",
		Find: func(*portal.Visit, portal.Wanted) (page.Page[logView], error) {
			seen, err := p.seen()
			return page.Page[logView]{Items: seen}, err
		},
		Table: portal.Table[logView]{Caption: "nav.logs", Headed: true, Columns: []portal.Column[logView]{
			{Key: "col.log", Kind: portal.Codes, Cell: func(_ *portal.Visit, l logView) template.HTML { return portal.Escaped(l.Origin) }},
			{Key: "col.entries", Kind: portal.Figures, Cell: func(v *portal.Visit, l logView) template.HTML { return portal.Escaped(v.Number(l.Size)) }},
			{Key: "col.seen", Kind: portal.When, Cell: func(v *portal.Visit, l logView) template.HTML {
				if l.At.IsZero() {
					return portal.Escaped(v.Say("logs.never"))
				}
				return portal.Escaped(v.Instant(l.At))
			}},
		}},
	}
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
