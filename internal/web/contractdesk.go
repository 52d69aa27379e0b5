package web

import (
	"context"
	"net/url"

	"dobosh/internal/act"
	"dobosh/internal/contracts"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// Contracts is the desk at which this member makes contracts; [contracts.Room] is
// one.
type Contracts interface {
	Proposals(ctx context.Context, by act.Actor, state contracts.State, after page.Key) (page.Page[contracts.Proposal], error)
	Proposal(ctx context.Context, by act.Actor, id string) (contracts.Proposal, error)
	Contracts(ctx context.Context, by act.Actor, after page.Key) (page.Page[contracts.Standing], error)
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
	Services(words string, limit int) (found []contracts.Choice, more bool)
	Askers() (systems []registry.ID, groups []registry.Group)
	Groups(ctx context.Context, by act.Actor) (own, others []registry.Group, err error)
	Operations(ctx context.Context, service registry.ID) ([]contracts.Operation, bool)
	Title(id registry.ID) lang.Text
}

func (p *pages) contractRoutes() {
	p.signedIn("GET /desk/contracts", p.contractList)
	p.signedIn("GET /desk/contracts/in-force", p.contractsInForce)
	p.signedIn("GET /desk/contracts/in-force/{contract}", p.contractInForce)
	p.signedIn("GET /desk/contracts/in-force/{contract}/end", p.askEnd)
	p.signedIn("POST /desk/contracts/in-force/{contract}/end", p.endContract)
	p.signedIn("GET /desk/contracts/new", p.beginContract)
	p.signedIn("POST /desk/contracts/new", func(v *visit) error { return p.contractWizard().Continue(v.Visit) })
	p.signedIn("GET /desk/contracts/proposals/{id}", p.proposalPage)
	p.signedIn("GET /desk/contracts/proposals/{id}/amend", p.beginAmendment)
	p.signedIn("POST /desk/contracts/proposals/{id}/approve", p.approve)
	p.signedIn("GET /desk/contracts/proposals/{id}/refuse", p.askRefuse)
	p.signedIn("POST /desk/contracts/proposals/{id}/refuse", p.refuseProposal)
	p.signedIn("GET /desk/contracts/proposals/{id}/withdraw", p.askWithdraw)
	p.signedIn("POST /desk/contracts/proposals/{id}/withdraw", p.withdraw)
	if p.DataServices != nil {
		p.signedIn("GET /desk/contracts/announced", p.announcedPage)
	}
	p.signedIn("GET /desk/contracts/groups", p.groups)
	p.signedIn("GET /desk/contracts/groups/new", p.askGroup)
	p.signedIn("POST /desk/contracts/groups/new", p.putGroup)
}

// atContracts says who finds the desk among their pages.
func (v *visit) atContracts() bool {
	return v.Known && v.pages.Contracts != nil && contracts.RightToRead().Lets(v.Actor)
}

func (v *visit) contractTabs(here string) []portal.Link {
	var tabs []portal.Link
	for _, t := range []struct{ path, key string }{
		{"/desk/contracts", "contracts.tab-proposals"}, {"/desk/contracts/in-force", "contracts.tab-in-force"}, {"/desk/contracts/groups", "contracts.tab-groups"},
	} {
		tabs = append(tabs, portal.Link{URL: t.path, Text: v.Say(t.key), Here: t.path == here})
	}
	if v.DataServices != nil {
		const path = "/desk/contracts/announced"
		tabs = append(tabs, portal.Link{URL: path, Text: v.Say("contracts.tab-announced", "n", v.DataServices.Waiting()), Here: path == here})
	}
	return tabs
}

// contractListView is what is being agreed, and was.
type contractListView struct {
	portal.Filter
	Waiting []proposalView
	Others  []proposalView
	Signs   bool
}

func (p *pages) contractList(v *visit) error {
	list, err := p.Contracts.Proposals(v.R.Context(), v.Actor, "", v.After())
	if err != nil {
		return err
	}
	view := contractListView{Filter: portal.Filter{Tabs: v.contractTabs("/desk/contracts"), Next: v.More(list.Next)}, Signs: contracts.RightToSign().Lets(v.Actor)}
	for _, one := range list.Items {
		if shown := v.proposalView(one); one.Waits {
			view.Waiting = append(view.Waiting, shown)
		} else {
			view.Others = append(view.Others, shown)
		}
	}
	return v.Show("contract-list", v.Say("contracts.title"), view)
}

type contractsInForceView struct {
	portal.Filter
	Contracts []standingView
}

func (p *pages) contractsInForce(v *visit) error {
	list, err := p.Contracts.Contracts(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	view := contractsInForceView{Filter: portal.Filter{Tabs: v.contractTabs("/desk/contracts/in-force"), Next: v.More(list.Next)}}
	for _, one := range list.Items {
		view.Contracts = append(view.Contracts, v.standingView(one))
	}
	return v.Show("contract-in-force", v.Say("contracts.in-force-title"), view)
}

func (p *pages) contractInForce(v *visit) error {
	s, err := p.Contracts.Contract(v.R.Context(), v.Actor, v.R.PathValue("contract"))
	if err != nil {
		return err
	}
	view := v.standingView(s)
	view.Signs, view.Coming = contracts.RightToSign().Lets(v.Actor), v.announcedFor(s.Contract)
	return v.Show("contract-standing", v.Plain(view.Purpose), view)
}

// proposalAddress and contractAddress are where something stands.
func proposalAddress(id string) string { return "/desk/contracts/proposals/" + url.PathEscape(id) }
func contractAddress(id string) string { return "/desk/contracts/in-force/" + url.PathEscape(id) }
