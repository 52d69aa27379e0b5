package pages

import (
	"html/template"

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
	Beside    []template.HTML // of other rooms
}

func (r *room) home(v *portal.Visit) error {
	offers, err := r.Offers(v.R.Context(), v.Actor, page.Key(""))
	if err != nil {
		return err
	}
	view := homeView{Today: v.LongDay(civil.Of(v.Now()))}
	for _, o := range offers.Items {
		if o.State == services.OfferOpen {
			view.Offers = append(view.Offers, offerOf(v, o))
		}
	}
	view.Waiting = len(view.Offers)
	decisions, err := r.Decisions(v.R.Context(), v.Actor, page.Key(""))
	if err != nil {
		return err
	}
	view.Decisions = decisions.Items[:min(3, len(decisions.Items))]
	if view.Beside, err = v.Beside(); err != nil {
		return err
	}
	return v.Show("home", v.Say("home.title"), view)
}

// welcome says to strangers what can be checked here and what is given.
func (r *room) welcome(v *portal.Visit) (template.HTML, error) {
	return v.Render("welcome-parts.html", r.given(v))
}
