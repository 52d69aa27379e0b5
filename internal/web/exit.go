package web

import (
	"context"
	"net/http"
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/services"
)

// exit is another way out of an offer than accepting it: a page with one
// question, and what it does. Its sentences stand under "exit." + name.
type exit struct {
	name string
	take func(ctx context.Context, by act.Actor, id string, version int) error
}

func (p *pages) exitRoutes() {
	for _, e := range []exit{{"person", p.Exits.Refer}, {"decline", p.Exits.Decline}, {"never", p.Exits.Object}} {
		path := "/offers/{id}/" + e.name
		p.signedIn(http.MethodGet+" "+path, func(v *visit) error { return p.askExit(v, e) })
		p.signedIn(http.MethodPost+" "+path, func(v *visit) error { return p.takeExit(v, e) })
	}
}

func (p *pages) askExit(v *visit, e exit) error {
	o, err := p.Offers.Offer(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	if o.State != services.OfferOpen {
		v.Here = "/offers/" + o.ID
		return problem.New(problem.Conflict, "offer-closed")
	}
	key := "exit." + e.name
	return v.Ask(portal.Question{
		Title: v.Say(key + ".title"), Lead: []string{v.Say(key+".lead", "title", v.Plain(o.Title)), v.Say(key + ".then")},
		Action: "/offers/" + o.ID + "/" + e.name, Hidden: []portal.Hidden{{Name: "version", Value: strconv.Itoa(o.Version)}},
		Button: v.Say(key + ".button"), Links: []portal.Link{{URL: "/offers/" + o.ID, Text: v.Say("exit.back")}},
	})
}

func (p *pages) takeExit(v *visit, e exit) error {
	offer := v.R.PathValue("id")
	v.Here = "/offers/" + offer
	version, err := v.Version()
	if err != nil {
		return err
	}
	if err := e.take(v.R.Context(), v.Actor, offer, version); err != nil {
		return err
	}
	return v.To("/offers/" + offer)
}
