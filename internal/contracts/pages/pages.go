// Package pages is the desk at which a member makes its contracts, as pages: what
// is being agreed, what is in force, a form that asks for a contract one question a
// page, and groups with which contracts are made as a whole.
//
// Who may read the desk and who may sign is said beside each page, and once more in
// the room. What is signed is shown before: no page signs what it did not show.
package pages

import (
	"context"
	"embed"
	"html/template"

	"dobosh/internal/act"
	"dobosh/internal/contracts"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/law"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

//go:embed templates
var templates embed.FS

// Contracts is the desk at which this member makes contracts; [contracts.Room] is
// one.
type Contracts interface {
	Proposals(ctx context.Context, by act.Actor, state contracts.State, after page.Key) (page.Page[contracts.Proposal], error)
	Proposal(ctx context.Context, by act.Actor, id string) (contracts.Proposal, error)
	Contracts(ctx context.Context, by act.Actor, sought contracts.Sought, after page.Key) (found page.Page[contracts.Standing], total int, err error)
	Contract(ctx context.Context, by act.Actor, id string) (contracts.Standing, error)
	Mine(p contracts.Proposal) []contracts.Side
	Signing
	Choosing
}

// Signing is what changes contracts.
type Signing interface {
	Check(ctx context.Context, c registry.Contract) error
	Propose(ctx context.Context, by act.Actor, token string, c registry.Contract) (contracts.Proposal, error)
	Approve(ctx context.Context, by act.Actor, id string, version int) (contracts.Proposal, error)
	Refuse(ctx context.Context, by act.Actor, id string, version int, reason string) (contracts.Proposal, error)
	Amend(ctx context.Context, by act.Actor, id string, version int, c registry.Contract) (contracts.Proposal, error)
	Withdraw(ctx context.Context, by act.Actor, id string, version int) (contracts.Proposal, error)
	End(ctx context.Context, by act.Actor, contract, reason string) error
	PutGroup(ctx context.Context, by act.Actor, g registry.Group) error
}

// Choosing is what a contract can be about.
type Choosing interface {
	contracts.Choices
	Groups(ctx context.Context, by act.Actor) (own, others []registry.Group, err error)
	Title(id registry.ID) lang.Text
}

// Announced counts the versions to come of services that this member asks.
type Announced interface{ Waiting() int }

// Deps is what the pages call.
type Deps struct {
	Contracts Contracts
	Pack      *law.Pack // purposes and provisions; nil where there are none to choose from
	Announced Announced // nil where nobody announces anything
}

type pages struct{ Deps }

// visit is one request for one page of the desk.
type visit struct {
	*portal.Visit
	*pages
}

// New brings the desk. Other rooms may show its tabs: the piece "contract-tabs" is
// about the address of a page.
func New(d Deps) (portal.Room, error) {
	p := &pages{d}
	endings, err := p.endings()
	if err != nil {
		return portal.Room{}, err
	}
	reads, signs := contracts.RightToRead(), contracts.RightToSign()
	page := func(pattern string, right act.Right, do func(*visit) error) portal.Page {
		return portal.Page{Pattern: pattern, Right: right, Do: func(v *portal.Visit) error { return do(&visit{v, p}) }}
	}
	return portal.Room{
		Templates: templates,
		Pages: append(endings,
			page("GET /desk/contracts", reads, (*visit).list),
			page("GET /desk/contracts/in-force", reads, (*visit).inForce),
			page("GET /desk/contracts/in-force/{contract}", reads, (*visit).standing),
			page("GET /desk/contracts/new", reads, (*visit).begin),
			page("POST /desk/contracts/new", reads, (*visit).next),
			page("GET /desk/contracts/proposals/{id}", reads, (*visit).proposal),
			page("GET /desk/contracts/proposals/{id}/amend", reads, (*visit).amend),
			page("POST /desk/contracts/proposals/{id}/approve", signs, (*visit).approve),
			page("GET /desk/contracts/groups", reads, (*visit).groups),
			page("GET /desk/contracts/groups/new", reads, (*visit).askGroup),
			page("POST /desk/contracts/groups/new", signs, (*visit).putGroup),
		),
		Nav:  []portal.Nav{{Path: "/desk/contracts", Key: "nav.our-contracts", Order: 500, Setting: portal.Staff, Whom: reads.Lets}},
		Home: []portal.Home{{Order: 400, Whom: signs.Lets, Do: func(v *portal.Visit) error { return v.To("/desk/contracts") }}},
		Pieces: map[string]portal.Piece{"contract-tabs": func(v *portal.Visit, here any) (template.HTML, error) {
			path, _ := here.(string)
			return v.Render("tabs", (&visit{v, p}).tabs(path))
		}},
	}, nil
}
