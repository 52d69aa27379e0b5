package web

import (
	"dobosh/internal/act"
	"dobosh/internal/admission"
	"dobosh/internal/catalogue"
	"dobosh/internal/contracts"
	"dobosh/internal/exchange/events"
	"dobosh/internal/exchange/oversight"
	"dobosh/internal/portal"
)

// nav lists the rooms of this node that readers have a use for.
func (p *pages) nav() (nav []portal.Nav) {
	add := func(there bool, whom func(act.Actor) bool, path, key string) {
		if there {
			nav = append(nav, portal.Nav{Path: path, Key: key, Order: 400 + 10*len(nav), Whom: whom})
		}
	}
	watchers := oversight.RightToWatch().Lets
	signers := contracts.RightToRead().Lets
	add(p.Oversight != nil, watchers, "/desk/operate", "nav.operate")
	add(p.Oversight != nil, watchers, "/desk/exchanges", "nav.exchanges")
	add(p.Events != nil, events.RightToWatch().Lets, "/desk/events", "nav.events")
	add(p.Oversight != nil, watchers, "/desk/hidden", "nav.hidden")
	add(p.Contracts != nil, signers, "/desk/contracts", "nav.our-contracts")
	add(p.DataServices != nil, catalogue.RightToDescribe().Lets, "/desk/services", "nav.our-services")
	readers := func(by act.Actor) bool {
		return p.Registry != nil || p.Contracts != nil && signers(by) || catalogue.RightToDescribe().Lets(by)
	}
	add(p.DataServices != nil, readers, "/catalogue", "nav.services")
	add(p.Registry != nil, nil, "/members", "nav.members")
	add(p.Newcomers != nil, admission.RightToAdmit().Lets, "/members/tokens", "nav.tokens")
	add(p.Registry != nil, nil, "/contracts", "nav.contracts")
	add(p.Registry != nil, nil, "/logs", "nav.logs")
	return nav
}

// footer leads everybody to what is for everybody.
func (p *pages) footer() (footer []portal.Nav) {
	if p.DataServices != nil {
		footer = append(footer, portal.Nav{Path: "/catalogue", Key: "catalogue.footer", Order: 600})
	}
	return footer
}

// homes lead everybody to what is theirs.
func (p *pages) homes() (homes []portal.Home) {
	to := func(address string) func(*portal.Visit) error {
		return func(v *portal.Visit) error { return v.To(address) }
	}
	if p.Contracts != nil {
		homes = append(homes, portal.Home{Order: 400, Whom: contracts.RightToSign().Lets, Do: to("/desk/contracts")})
	}
	if p.Oversight != nil {
		homes = append(homes, portal.Home{Order: 500, Whom: oversight.RightToWatch().Lets, Do: to("/desk/operate")})
	}
	return homes
}
