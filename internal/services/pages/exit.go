package pages

import (
	"context"
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

// exits are the pages of the three: each asks first.
func (r *room) exits() (pages []portal.Page) {
	for _, e := range []exit{{"person", r.Refer}, {"decline", r.Decline}, {"never", r.Object}} {
		path := "/offers/{id}/" + e.name
		pages = append(pages,
			portal.Page{Pattern: "GET " + path, Right: act.SignedIn(), Do: func(v *portal.Visit) error { return r.askExit(v, e) }},
			portal.Page{Pattern: "POST " + path, Right: act.SignedIn(), Do: func(v *portal.Visit) error { return r.takeExit(v, e) }})
	}
	return pages
}

func (r *room) askExit(v *portal.Visit, e exit) error {
	o, err := r.Offer(v.R.Context(), v.Actor, v.R.PathValue("id"))
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

func (r *room) takeExit(v *portal.Visit, e exit) error {
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
