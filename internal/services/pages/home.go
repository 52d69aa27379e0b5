package pages

import (
	"html/template"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/services"
)

// The pieces of other rooms on a person's own page, about nothing; what they say is left out where the node does
// not have the room.
const (
	homeProgress = "home.progress" // cases that are with a body, with their clocks
	homeLetters  = "home.letters"  // what was sent last
)

// homeView is a person's own page: what waits for them, what runs, what happens in life.
type homeView struct {
	Today    string
	Cards    []template.HTML // what waits for them, of all rooms
	Progress template.HTML
	Letters  template.HTML
	Life     lifeView
	Can      []portal.Deed
	Beside   []template.HTML // of other rooms
}

func (r *room) home(v *portal.Visit) (err error) {
	view := homeView{Today: v.LongDay(civil.Of(v.Now())), Life: r.life(v), Can: v.Can()}
	if view.Cards, err = v.Awaits(); err != nil {
		return err
	}
	if view.Progress, err = v.Piece(homeProgress, nil); err != nil {
		return err
	}
	if view.Letters, err = v.Piece(homeLetters, nil); err != nil {
		return err
	}
	if view.Beside, err = v.Beside(); err != nil {
		return err
	}
	return v.Show("home", v.Say("home.title"), view)
}

// waits are the offers that wait for an answer.
func (r *room) waits(v *portal.Visit) (cards []template.HTML, err error) {
	offers, err := r.Offers(v.R.Context(), v.Actor, page.Key(""))
	if err != nil {
		return nil, err
	}
	for _, o := range offers.Items {
		if o.State != services.OfferOpen {
			continue
		}
		card, err := v.Render("offer-card", offerOf(v, o))
		if err != nil {
			return nil, err
		}
		cards = append(cards, card)
	}
	return cards, nil
}

// welcome says to strangers what is given, what happens in life and what can be done here.
func (r *room) welcome(v *portal.Visit) (template.HTML, error) {
	return v.Render("welcome-parts.html", homeView{Life: r.life(v), Can: v.Can()})
}
