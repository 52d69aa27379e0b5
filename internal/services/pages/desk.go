package pages

import (
	"dobosh/internal/portal"
	"dobosh/internal/services"
)

type deskView struct{ Tiles []portal.Tile }

type deskOffersView struct {
	portal.Filter
	Offers []deskOffer
}

type deskOffer struct {
	services.Offer
	Amount amount
}

func (r *room) desk(v *portal.Visit) error {
	c, err := r.Counts(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	return v.Show("desk", v.Say("desk.title"), deskView{[]portal.Tile{
		{Count: c.ReferralsOpen, Text: v.Say("desk.referrals", "n", c.ReferralsOpen), URL: "/desk/referrals", Due: c.ReferralsOpen > 0},
		{Count: c.PaymentsDue, Text: v.Say("desk.payments", "n", c.PaymentsDue), URL: "/desk/payments", Due: c.PaymentsDue > 0},
		{Count: c.Waiting, Text: v.Say("desk.waiting", "n", c.Waiting), URL: "/desk/assessments?state=waiting"},
		{Count: c.OffersOpen, Text: v.Say("desk.open", "n", c.OffersOpen), URL: "/desk/offers?state=open"},
		{Count: c.Accepted, Text: v.Say("desk.accepted", "n", c.Accepted), URL: "/desk/offers?state=accepted"},
		{Count: c.Declined, Text: v.Say("desk.declined", "n", c.Declined), URL: "/desk/offers?state=declined"},
		{Count: c.Decisions, Text: v.Say("desk.decisions", "n", c.Decisions), URL: "/desk/decisions"},
	}})
}

func (r *room) deskOffers(v *portal.Visit) error {
	state, f := portal.Pick(v, "/desk/offers", "offer.state.", []services.OfferState{
		services.OfferOpen, services.OfferAccepted, services.OfferDeclined, services.OfferObjected, services.OfferReferred, services.OfferRefused, services.OfferLapsed})
	list, err := r.AllOffers(v.R.Context(), v.Actor, state, v.After())
	if err != nil {
		return err
	}
	f.Next = v.More(list.Next)
	view := deskOffersView{Filter: f}
	for _, o := range list.Items {
		view.Offers = append(view.Offers, deskOffer{o, amountOf(v, o.Plan)})
	}
	return v.Show("desk-offers", v.Say("nav.offers"), view)
}

type deskDecisionsView struct {
	portal.Filter
	Decisions []services.Decision
}

func (r *room) deskDecisions(v *portal.Visit) error {
	list, err := r.AllDecisions(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	return v.Show("desk-decisions", v.Say("nav.decisions"), deskDecisionsView{portal.Filter{Next: v.More(list.Next)}, list.Items})
}

type assessmentsView struct {
	portal.Filter
	Assessments []services.Assessment
}

func (r *room) deskAssessments(v *portal.Visit) error {
	state, f := portal.Pick(v, "/desk/assessments", "assessment.state.", []services.AssessmentState{
		services.AssessmentWaiting, services.AssessmentAsking, services.AssessmentOffered, services.AssessmentReferred,
		services.AssessmentObjected})
	list, err := r.Assessments(v.R.Context(), v.Actor, state, v.After())
	if err != nil {
		return err
	}
	f.Next = v.More(list.Next)
	return v.Show("desk-assessments", v.Say("nav.assessments"), assessmentsView{f, list.Items})
}
