package web

import (
	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/services"
)

// homeView is a person's own page: their matter first.
type homeView struct {
	Today     string
	Waiting   int
	Offers    []offerView
	Decisions []services.Decision
	Looks     bool
	Demo      *Demo
}

// homes lead everybody to what is theirs.
func (p *pages) homes() (homes []portal.Home) {
	to := func(address string) func(*portal.Visit) error {
		return func(v *portal.Visit) error { return v.To(address) }
	}
	add := func(there bool, whom func(act.Actor) bool, do func(*portal.Visit) error) {
		if there {
			homes = append(homes, portal.Home{Order: len(homes), Whom: whom, Do: do})
		}
	}
	add(p.Offers != nil, holds(identity.Resident), func(v *portal.Visit) error { return p.visit(v).personHome() })
	add(p.Desk != nil, holds(identity.Officer), to("/desk"))
	add(p.Registrar != nil, holds(identity.Registrar), to("/births"))
	add(p.Contracts != nil, holds(identity.Contracts), to("/desk/contracts"))
	add(p.Oversight != nil, holds(identity.Operator, identity.Auditor), to("/desk/operate"))
	return homes
}

func (v *visit) personHome() error {
	offers, err := v.Offers.Offers(v.R.Context(), v.Actor, page.Key(""))
	if err != nil {
		return err
	}
	view := homeView{Today: v.LongDay(civil.Of(v.Now())), Looks: v.pages.Looks != nil, Demo: v.Demo}
	for _, o := range offers.Items {
		if o.State == services.OfferOpen {
			view.Offers = append(view.Offers, v.offerView(o))
		}
	}
	view.Waiting = len(view.Offers)
	if v.pages.Decisions != nil {
		decisions, err := v.pages.Decisions.Decisions(v.R.Context(), v.Actor, page.Key(""))
		if err != nil {
			return err
		}
		view.Decisions = decisions.Items[:min(3, len(decisions.Items))]
	}
	return v.Show("home", v.Say("home.title"), view)
}
