package web

import (
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/page"
	"dobosh/internal/services"
)

// welcomeView is what this portal is, for somebody who has not said who they
// are.
type welcomeView struct {
	Kind     string // city, registers or supervisor
	SignIn   string
	Verify   bool
	Known    bool // signed in, but with nothing to do here
	Help     Help
	Demo     *Demo
	Services []serviceView
}

// homeView is a person's own page: their matter first.
type homeView struct {
	Today     string
	Waiting   int
	Offers    []offerView
	Decisions []services.Decision
	Looks     bool
	Demo      *Demo
}

func (v *visit) kind() string {
	switch {
	case v.Registrar != nil:
		return "registers"
	case v.Registry != nil:
		return "supervisor"
	}
	return "city"
}

// home leads everybody to what is theirs.
func (p *portal) home(v *visit) error {
	switch {
	case v.resident() && p.Offers != nil:
		return v.personHome()
	case v.officer() && p.Desk != nil:
		return v.to("/desk")
	case v.known && v.actor.Has(identity.Registrar) && p.Registrar != nil:
		return v.to("/births")
	case v.known && v.actor.Has(identity.Contracts) && p.Contracts != nil:
		return v.to("/desk/contracts")
	case v.watcher() && p.Oversight != nil:
		return v.to("/desk/operate")
	}
	view := welcomeView{Kind: v.kind(), Verify: p.Verifier != nil, Known: v.known, Help: p.Help, Demo: p.Demo, Services: v.services()}
	if p.SignIn != nil && !v.known {
		view.SignIn = signInLink("/")
	}
	return v.show("welcome", v.say("welcome."+view.Kind+".title"), view)
}

func (v *visit) personHome() error {
	offers, err := v.Offers.Offers(v.r.Context(), v.actor, page.Key(""))
	if err != nil {
		return err
	}
	view := homeView{Today: v.longDay(civil.Of(v.Now())), Looks: v.portal.Looks != nil, Demo: v.Demo}
	for _, o := range offers.Items {
		if o.State == services.OfferOpen {
			view.Offers = append(view.Offers, v.offerView(o))
		}
	}
	view.Waiting = len(view.Offers)
	if v.portal.Decisions != nil {
		decisions, err := v.portal.Decisions.Decisions(v.r.Context(), v.actor, page.Key(""))
		if err != nil {
			return err
		}
		view.Decisions = decisions.Items[:min(3, len(decisions.Items))]
	}
	return v.show("home", v.say("home.title"), view)
}
