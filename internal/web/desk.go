package web

import (
	"slices"

	"dobosh/internal/kit/page"
	"dobosh/internal/services"
)

// filter is a list cut down to one state, with links to the other states.
type filter struct {
	Tabs []link
	Next string // address of the next page of the list; empty on the last
}

type deskView struct{ Tiles []tile }

// tile is a number of the overview that leads to what it counts.
type tile struct {
	Count int
	Text  string
	URL   string
	Due   bool // somebody has to do something about it
}

type deskOffersView struct {
	filter
	Offers []deskOffer
}

type deskOffer struct {
	services.Offer
	Amount amount
}

func (p *portal) overviewRoutes() {
	p.signedIn("GET /desk", p.desk)
	p.signedIn("GET /desk/offers", p.deskOffers)
	p.signedIn("GET /desk/decisions", p.deskDecisions)
}

func (p *portal) desk(v *visit) error {
	c, err := p.Desk.Counts(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	return v.show("desk", v.say("desk.title"), deskView{[]tile{
		{c.ReferralsOpen, v.say("desk.referrals", "n", c.ReferralsOpen), "/desk/referrals", c.ReferralsOpen > 0},
		{c.PaymentsDue, v.say("desk.payments", "n", c.PaymentsDue), "/desk/payments", c.PaymentsDue > 0},
		{c.Waiting, v.say("desk.waiting", "n", c.Waiting), "/desk/assessments?state=waiting", false},
		{c.OffersOpen, v.say("desk.open", "n", c.OffersOpen), "/desk/offers?state=open", false},
		{c.Accepted, v.say("desk.accepted", "n", c.Accepted), "/desk/offers?state=accepted", false},
		{c.Declined, v.say("desk.declined", "n", c.Declined), "/desk/offers?state=declined", false},
		{c.Decisions, v.say("desk.decisions", "n", c.Decisions), "/desk/decisions", false},
	}})
}

// pick takes the state that the address names, or none when it names no known
// one, and makes the links to the others.
func pick[S ~string](v *visit, path, key string, states []S) (S, filter) {
	state := S(v.r.URL.Query().Get("state"))
	if !slices.Contains(states, state) {
		state = ""
	}
	tabs := []link{{URL: path, Text: v.say(key + "all"), Here: state == ""}}
	for _, s := range states {
		tabs = append(tabs, link{URL: path + "?state=" + string(s), Text: v.say(key + string(s)), Here: s == state})
	}
	return state, filter{Tabs: tabs}
}

// more is the address of the next page of the list at the present one.
func (v *visit) more(next page.Key) string {
	if next == "" {
		return ""
	}
	query := v.r.URL.Query()
	query.Set("after", string(next))
	return local(v.r.URL.EscapedPath(), query)
}

func (p *portal) deskOffers(v *visit) error {
	state, f := pick(v, "/desk/offers", "offer.state.", []services.OfferState{
		services.OfferOpen, services.OfferAccepted, services.OfferDeclined, services.OfferObjected, services.OfferReferred, services.OfferRefused, services.OfferLapsed})
	list, err := p.Desk.AllOffers(v.r.Context(), v.actor, state, v.after())
	if err != nil {
		return err
	}
	f.Next = v.more(list.Next)
	view := deskOffersView{filter: f}
	for _, o := range list.Items {
		view.Offers = append(view.Offers, deskOffer{o, v.amountOf(o.Plan)})
	}
	return v.show("desk-offers", v.say("nav.offers"), view)
}

type deskDecisionsView struct {
	filter
	Decisions []services.Decision
}

func (p *portal) deskDecisions(v *visit) error {
	list, err := p.Desk.AllDecisions(v.r.Context(), v.actor, v.after())
	if err != nil {
		return err
	}
	return v.show("desk-decisions", v.say("nav.decisions"), deskDecisionsView{filter{Next: v.more(list.Next)}, list.Items})
}

type assessmentsView struct {
	filter
	Assessments []services.Assessment
}

func (p *portal) deskAssessments(v *visit) error {
	state, f := pick(v, "/desk/assessments", "assessment.state.", []services.AssessmentState{
		services.AssessmentWaiting, services.AssessmentAsking, services.AssessmentOffered, services.AssessmentReferred,
		services.AssessmentObjected})
	list, err := p.Waiting.Assessments(v.r.Context(), v.actor, state, v.after())
	if err != nil {
		return err
	}
	f.Next = v.more(list.Next)
	return v.show("desk-assessments", v.say("nav.assessments"), assessmentsView{f, list.Items})
}
