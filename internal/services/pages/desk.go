package pages

import (
	"html/template"
	"strconv"

	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/services"
)

type deskView struct {
	Tiles []portal.Tile
	Mail  template.HTML // what came in and fits nothing; empty where the room of mail says nothing
}

func (r *room) desk(v *portal.Visit) error {
	c, err := r.Counts(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	mail, err := v.Piece("desk.mail", nil)
	if err != nil {
		return err
	}
	return v.Show("desk", v.Say("desk.title"), deskView{Mail: mail, Tiles: []portal.Tile{
		{Count: c.ReferralsOpen, Text: v.Say("desk.referrals", "n", c.ReferralsOpen), URL: "/desk/cases?state=in-handling", Due: c.ReferralsOpen > 0},
		{Count: c.PaymentsDue, Text: v.Say("desk.payments", "n", c.PaymentsDue), URL: "/desk/payments", Due: c.PaymentsDue > 0},
		{Count: c.Waiting, Text: v.Say("desk.waiting", "n", c.Waiting), URL: "/desk/assessments?state=waiting"},
		{Count: c.OffersOpen, Text: v.Say("desk.open", "n", c.OffersOpen), URL: "/desk/offers?state=open"},
		{Count: c.Accepted, Text: v.Say("desk.accepted", "n", c.Accepted), URL: "/desk/offers?state=accepted"},
		{Count: c.Declined, Text: v.Say("desk.declined", "n", c.Declined), URL: "/desk/offers?state=declined"},
		{Count: c.Decisions, Text: v.Say("desk.decisions", "n", c.Decisions), URL: "/desk/decisions"},
	}})
}

// allOffers lists all offers, whoever they are for; about whom says the page of one.
func (r *room) allOffers() portal.List[services.Offer] {
	type offer = services.Offer
	return portal.List[offer]{
		Path: "/desk/offers", Title: "nav.offers", StateKey: "offer.state.",
		States: states(services.OfferOpen, services.OfferAccepted, services.OfferDeclined, services.OfferObjected, services.OfferReferred, services.OfferRefused, services.OfferLapsed),
		Find: func(v *portal.Visit, w portal.Wanted) (page.Page[offer], error) {
			return r.AllOffers(v.R.Context(), v.Actor, services.OfferState(w.State), w.After)
		},
		Table: portal.Table[offer]{Caption: "nav.offers", Headed: true, Columns: []portal.Column[offer]{
			{Key: "col.service", Cell: func(v *portal.Visit, o offer) template.HTML { return v.Text(o.Title) }},
			{Key: "col.amount", Kind: portal.Figures, Cell: func(v *portal.Visit, o offer) template.HTML { return portal.Escaped(v.Dinars(o.Plan.Total)) }},
			{Key: "col.state", Cell: func(v *portal.Visit, o offer) template.HTML {
				return portal.Tag(v.Say("offer.state."+string(o.State)), o.State == services.OfferAccepted)
			}},
			{Key: "col.made", Kind: portal.When, Cell: func(v *portal.Visit, o offer) template.HTML { return portal.Escaped(v.DayOf(o.MadeAt)) }},
			{Key: "col.until", Kind: portal.When, Cell: func(v *portal.Visit, o offer) template.HTML { return portal.Escaped(v.Day(lastDay(o.Until))) }},
		}},
	}
}

func (r *room) allDecisions() portal.List[services.Decision] {
	type decision = services.Decision
	return portal.List[decision]{
		Path: "/desk/decisions", Title: "nav.decisions",
		Find: func(v *portal.Visit, w portal.Wanted) (page.Page[decision], error) {
			return r.AllDecisions(v.R.Context(), v.Actor, w.After)
		},
		Table: portal.Table[decision]{Caption: "nav.decisions", Headed: true, Columns: []portal.Column[decision]{
			{Key: "col.code", Cell: func(v *portal.Visit, d decision) template.HTML {
				return portal.Anchor("/decisions/"+d.ID, v.Code(d.Code))
			}},
			{Key: "col.service", Cell: func(v *portal.Visit, d decision) template.HTML { return v.Text(d.Title) }},
			{Key: "col.amount", Kind: portal.Figures, Cell: func(v *portal.Visit, d decision) template.HTML { return portal.Escaped(v.Dinars(d.Plan.Total)) }},
			{Key: "col.result", Cell: func(v *portal.Visit, d decision) template.HTML {
				return portal.Tag(v.Say("decision.granted."+strconv.FormatBool(d.Granted)), d.Granted)
			}},
			{Key: "col.decided", Kind: portal.When, Cell: func(v *portal.Visit, d decision) template.HTML { return portal.Escaped(v.Instant(d.MadeAt)) }},
			{Key: "col.seal", Cell: func(v *portal.Visit, d decision) template.HTML {
				if d.Sealed {
					return portal.Escaped(v.Say("decision.sealed"))
				}
				return portal.Escaped(v.Say("decision.unsealed"))
			}},
		}},
	}
}

func (r *room) assessments() portal.List[services.Assessment] {
	type assessment = services.Assessment
	return portal.List[assessment]{
		Path: "/desk/assessments", Title: "nav.assessments", Lead: "assessments.lead", StateKey: "assessment.state.",
		States: states(services.AssessmentWaiting, services.AssessmentAsking, services.AssessmentOffered, services.AssessmentReferred, services.AssessmentObjected, services.AssessmentNotOffered),
		Find: func(v *portal.Visit, w portal.Wanted) (page.Page[assessment], error) {
			return r.Assessments(v.R.Context(), v.Actor, services.AssessmentState(w.State), w.After)
		},
		Table: portal.Table[assessment]{Caption: "nav.assessments", Headed: true, Columns: []portal.Column[assessment]{
			{Key: "col.service", Cell: func(v *portal.Visit, a assessment) template.HTML { return v.Text(a.Title) }},
			{Key: "col.state", Cell: func(v *portal.Visit, a assessment) template.HTML {
				return portal.Tag(v.Say("assessment.state."+string(a.State)), a.State == services.AssessmentOffered)
			}},
			{Key: "col.waits", Cell: func(v *portal.Visit, a assessment) template.HTML { return v.Text(a.Waits) }},
			{Key: "col.since", Kind: portal.When, Cell: func(v *portal.Visit, a assessment) template.HTML { return portal.Escaped(v.Instant(a.Since)) }},
			{Key: "col.tries", Kind: portal.Figures, Cell: func(v *portal.Visit, a assessment) template.HTML { return portal.Escaped(v.Number(a.Tries)) }},
			{Key: "col.next", Kind: portal.When, Cell: func(v *portal.Visit, a assessment) template.HTML {
				if a.NextTry.IsZero() {
					return ""
				}
				return portal.Escaped(v.Instant(a.NextTry))
			}},
		}},
	}
}

// states are those of a list, as the address names them.
func states[S ~string](all ...S) (names []string) {
	for _, s := range all {
		names = append(names, string(s))
	}
	return names
}
