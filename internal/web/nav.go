package web

import (
	"html/template"

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
			nav = append(nav, portal.Nav{Path: path, Key: key, Order: len(nav), Whom: whom})
		}
	}
	watchers := holds(identity.Operator, identity.Auditor)
	signers := holds(identity.Contracts, identity.Auditor)
	add(p.Offers != nil, holds(identity.Resident), "/inbox", "nav.inbox")
	add(p.Looks != nil, holds(identity.Resident), "/looks", "nav.looks")
	add(p.Messages != nil, holds(identity.Resident), "/messages", "nav.messages")
	add(p.Desk != nil, holds(identity.Officer), "/desk", "nav.desk")
	add(p.Desk != nil, holds(identity.Officer), "/desk/offers", "nav.offers")
	add(p.Waiting != nil, holds(identity.Officer), "/desk/assessments", "nav.assessments")
	add(p.Referrals != nil, holds(identity.Officer), "/desk/referrals", "nav.referrals")
	add(p.Desk != nil, holds(identity.Officer), "/desk/decisions", "nav.decisions")
	add(p.Payments != nil, holds(identity.Officer), "/desk/payments", "nav.payments")
	add(p.Answering != nil, holds(identity.Officer), "/desk/messages", "nav.questions")
	add(p.Registrar != nil, holds(identity.Registrar), "/births", "nav.births")
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
	if p.Verifier != nil {
		footer = append(footer, portal.Nav{Path: "/verify", Key: "nav.verify"})
	}
	if p.DataServices != nil {
		footer = append(footer, portal.Nav{Path: "/catalogue", Key: "catalogue.footer"})
	}
	return footer
}

// welcome is what the first page says of this node to a stranger.
func (p *pages) welcome(v *portal.Visit) (template.HTML, error) {
	return v.Render("welcome-parts.html", welcomeView{p.Verifier != nil, p.visit(v).services(), p.Demo})
}

type welcomeView struct {
	Verify   bool
	Services []serviceView
	Demo     *Demo
}
