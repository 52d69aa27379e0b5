package pages

import (
	"html/template"

	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/services"
)

type decisionView struct {
	services.Decision
	Amount  amount
	Reasons []reasonView
	ByRule  bool
	Own     bool             // whoever looks is its party
	Who     string           // they
	Others  []services.Offer // that still wait for its party
	Verify  string           // address of the verification page
	QR      template.HTML
}

func (r *room) decisions(v *portal.Visit) error {
	list, err := r.Decisions(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	return v.Show("decisions", v.Say("decisions.title"), list)
}

func (r *room) decision(v *portal.Visit) error {
	d, err := r.Decision(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	view := decisionView{
		Decision: d, Amount: amountOf(v, d.Plan), Reasons: reasonsOf(d.Reasons),
		ByRule: d.By == "rule", Own: r.isOwn(v, d), Who: v.Actor.Name, Verify: v.PublicURL + verifyPath(d.Code),
	}
	if view.Own {
		offers, err := r.Offers(v.R.Context(), v.Actor, page.Key(""))
		if err != nil {
			return err
		}
		for _, o := range offers.Items {
			if o.State == services.OfferOpen {
				view.Others = append(view.Others, o)
			}
		}
	}
	if view.QR, err = qrSVG(view.Verify, v.Say("decision.qr")); err != nil {
		return err
	}
	return v.Show("decision", v.Plain(d.Title), view)
}

// isOwn reports whether a decision is about whoever looks.
func (r *room) isOwn(v *portal.Visit, d services.Decision) bool {
	s, ok := r.pack.Service(d.Service)
	return ok && v.Actor.Bears(s.Sector, d.Person)
}

func (r *room) decisionPDF(v *portal.Visit) error {
	if err := v.Costly(); err != nil {
		return err
	}
	content, err := r.DecisionPDF(v.R.Context(), v.Actor, v.R.PathValue("id"), v.Tag)
	if err != nil {
		return err
	}
	return v.File("application/pdf", "decision.pdf", content)
}

func (r *room) decisionFile(v *portal.Visit) error {
	content, err := r.DecisionFile(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	return v.File("application/json", "decision.json", content)
}
