package web

import (
	"dobosh/internal/portal"
	"dobosh/internal/services"
)

type deskView struct{ Tiles []tile }

// tile is a number of the overview that leads to what it counts.
type tile struct {
	Count int
	Text  string
	URL   string
	Due   bool // somebody has to do something about it
}

type deskOffersView struct {
	portal.Filter
	Offers []deskOffer
}

type deskOffer struct {
	services.Offer
	Amount amount
}

func (p *pages) overviewRoutes() {
	p.signedIn("GET /desk", p.desk)
	p.signedIn("GET /desk/offers", p.deskOffers)
	p.signedIn("GET /desk/decisions", p.deskDecisions)
}

func (p *pages) desk(v *visit) error {
	c, err := p.Desk.Counts(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	return v.Show("desk", v.Say("desk.title"), deskView{[]tile{
		{c.ReferralsOpen, v.Say("desk.referrals", "n", c.ReferralsOpen), "/desk/referrals", c.ReferralsOpen > 0},
		{c.PaymentsDue, v.Say("desk.payments", "n", c.PaymentsDue), "/desk/payments", c.PaymentsDue > 0},
		{c.Waiting, v.Say("desk.waiting", "n", c.Waiting), "/desk/assessments?state=waiting", false},
		{c.OffersOpen, v.Say("desk.open", "n", c.OffersOpen), "/desk/offers?state=open", false},
		{c.Accepted, v.Say("desk.accepted", "n", c.Accepted), "/desk/offers?state=accepted", false},
		{c.Declined, v.Say("desk.declined", "n", c.Declined), "/desk/offers?state=declined", false},
		{c.Decisions, v.Say("desk.decisions", "n", c.Decisions), "/desk/decisions", false},
	}})
}

func (p *pages) deskOffers(v *visit) error {
	state, f := portal.Pick(v.Visit, "/desk/offers", "offer.state.", []services.OfferState{
		services.OfferOpen, services.OfferAccepted, services.OfferDeclined, services.OfferObjected, services.OfferReferred, services.OfferRefused, services.OfferLapsed})
	list, err := p.Desk.AllOffers(v.R.Context(), v.Actor, state, v.After())
	if err != nil {
		return err
	}
	f.Next = v.More(list.Next)
	view := deskOffersView{Filter: f}
	for _, o := range list.Items {
		view.Offers = append(view.Offers, deskOffer{o, v.amountOf(o.Plan)})
	}
	return v.Show("desk-offers", v.Say("nav.offers"), view)
}

type deskDecisionsView struct {
	portal.Filter
	Decisions []services.Decision
}

func (p *pages) deskDecisions(v *visit) error {
	list, err := p.Desk.AllDecisions(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	return v.Show("desk-decisions", v.Say("nav.decisions"), deskDecisionsView{portal.Filter{Next: v.More(list.Next)}, list.Items})
}

type assessmentsView struct {
	portal.Filter
	Assessments []services.Assessment
}

func (p *pages) deskAssessments(v *visit) error {
	state, f := portal.Pick(v.Visit, "/desk/assessments", "assessment.state.", []services.AssessmentState{
		services.AssessmentWaiting, services.AssessmentAsking, services.AssessmentOffered, services.AssessmentReferred,
		services.AssessmentObjected})
	list, err := p.Waiting.Assessments(v.R.Context(), v.Actor, state, v.After())
	if err != nil {
		return err
	}
	f.Next = v.More(list.Next)
	return v.Show("desk-assessments", v.Say("nav.assessments"), assessmentsView{f, list.Items})
}
