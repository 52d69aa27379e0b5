package web

import (
	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/portal"
)

// holds is for those who have one of the roles.
func holds(roles ...act.Role) func(act.Actor) bool {
	return func(by act.Actor) bool {
		for _, role := range roles {
			if by.Has(role) {
				return true
			}
		}
		return false
	}
}

// nav lists the rooms of this node that readers have a use for.
func (p *pages) nav() (nav []portal.Nav) {
	add := func(there bool, whom func(act.Actor) bool, path, key string) {
		if there {
			nav = append(nav, portal.Nav{Path: path, Key: key, Order: 400 + 10*len(nav), Whom: whom})
		}
	}
	watchers := holds(identity.Operator, identity.Auditor)
	signers := holds(identity.Contracts, identity.Auditor)
	add(p.Oversight != nil, watchers, "/desk/operate", "nav.operate")
	add(p.Oversight != nil, watchers, "/desk/exchanges", "nav.exchanges")
	add(p.Events != nil, watchers, "/desk/events", "nav.events")
	add(p.Oversight != nil, watchers, "/desk/hidden", "nav.hidden")
	add(p.Contracts != nil, signers, "/desk/contracts", "nav.our-contracts")
	add(p.DataServices != nil, holds(identity.Operator), "/desk/services", "nav.our-services")
	readers := func(by act.Actor) bool {
		return p.Registry != nil || p.Contracts != nil && signers(by) || by.Has(identity.Operator)
	}
	add(p.DataServices != nil, readers, "/catalogue", "nav.services")
	add(p.Registry != nil, nil, "/members", "nav.members")
	add(p.Newcomers != nil, holds(identity.Operator), "/members/tokens", "nav.tokens")
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
		homes = append(homes, portal.Home{Order: 400, Whom: holds(identity.Contracts), Do: to("/desk/contracts")})
	}
	if p.Oversight != nil {
		homes = append(homes, portal.Home{Order: 500, Whom: holds(identity.Operator, identity.Auditor), Do: to("/desk/operate")})
	}
	return homes
}
