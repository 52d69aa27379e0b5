package web

import (
	"context"
	"net/http"
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/services"
)

// exit is another way out of an offer than accepting it: a page with one
// question, and what it does. Its sentences stand under "exit." + name.
type exit struct {
	name string
	take func(ctx context.Context, by act.Actor, id string, version int) error
}

func (p *portal) exitRoutes() {
	for _, e := range []exit{{"person", p.Exits.Refer}, {"decline", p.Exits.Decline}, {"never", p.Exits.Object}} {
		path := "/offers/{id}/" + e.name
		p.signedIn(http.MethodGet+" "+path, func(v *visit) error { return p.askExit(v, e) })
		p.signedIn(http.MethodPost+" "+path, func(v *visit) error { return p.takeExit(v, e) })
	}
}

func (p *portal) askExit(v *visit, e exit) error {
	o, err := p.Offers.Offer(v.r.Context(), v.actor, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if o.State != services.OfferOpen {
		v.here = "/offers/" + o.ID
		return problem.New(problem.Conflict, "offer-closed")
	}
	key := "exit." + e.name
	return v.ask(question{
		Title: v.say(key + ".title"), Lead: []string{v.say(key+".lead", "title", v.plain(o.Title)), v.say(key + ".then")},
		Action: "/offers/" + o.ID + "/" + e.name, Hidden: []hidden{{"version", strconv.Itoa(o.Version)}},
		Button: v.say(key + ".button"), Links: []link{{URL: "/offers/" + o.ID, Text: v.say("exit.back")}},
	})
}

func (p *portal) takeExit(v *visit, e exit) error {
	offer := v.r.PathValue("id")
	v.here = "/offers/" + offer
	version, err := v.version()
	if err != nil {
		return err
	}
	if err := e.take(v.r.Context(), v.actor, offer, version); err != nil {
		return err
	}
	return v.to("/offers/" + offer)
}
