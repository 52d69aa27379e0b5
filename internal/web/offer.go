package web

import (
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/rules"
	"dobosh/internal/services"
)

// offerView is an offer as it is shown.
type offerView struct {
	services.Offer
	Amount  amount
	Reasons []reasonView
	Term    term
	Open    bool
	Exits   bool
}

// reasonView is one reason with its mark.
type reasonView struct {
	services.Reason
	Mark string // yes, no or unknown
}

type inboxView struct {
	Open      []offerView
	Closed    []services.Offer
	Next      page.Key
	Decisions []services.Decision
	More      page.Key // of the decisions
	Help      portal.Help
}

func (p *pages) offerRoutes() {
	p.signedIn("GET /inbox", p.inbox)
	p.signedIn("GET /offers/{id}", p.offer)
	p.signedIn("GET /offers/{id}/amount", p.offerAmount)
	p.signedIn("POST /offers/{id}/accept", p.accept)
	if p.Exits != nil {
		p.exitRoutes()
	}
}

func (v *visit) offerView(o services.Offer) offerView {
	return offerView{
		Offer: o, Amount: v.amountOf(o.Plan), Reasons: reasonsOf(o.Reasons),
		Term:  v.termOf(o.MadeAt, o.Until, v.Now(), o.UntilBy, v.Say("offer.then")),
		Open:  o.State == services.OfferOpen,
		Exits: v.pages.Exits != nil,
	}
}

func reasonsOf(reasons []services.Reason) []reasonView {
	out := make([]reasonView, len(reasons))
	for i, r := range reasons {
		out[i] = reasonView{r, map[rules.Result]string{rules.Yes: "yes", rules.No: "no", rules.Unknown: "unknown"}[r.Result]}
	}
	return out
}

func (p *pages) inbox(v *visit) error {
	offers, err := p.Offers.Offers(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	view := inboxView{Next: offers.Next, Help: v.Help}
	for _, o := range offers.Items {
		if o.State == services.OfferOpen {
			view.Open = append(view.Open, v.offerView(o))
			continue
		}
		view.Closed = append(view.Closed, o)
	}
	if p.Decisions != nil {
		decisions, err := p.Decisions.Decisions(v.R.Context(), v.Actor, page.Key(""))
		if err != nil {
			return err
		}
		view.Decisions, view.More = decisions.Items, decisions.Next
	}
	return v.Show("inbox", v.Say("inbox.title"), view)
}

func (p *pages) offer(v *visit) error {
	o, err := p.Offers.Offer(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	return v.Show("offer", v.Plain(o.Title), v.offerView(o))
}

// offerAmount says part by part how the amount came about.
func (p *pages) offerAmount(v *visit) error {
	o, err := p.Offers.Offer(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	return v.Show("offer-amount", v.Say("amount.why"), v.offerView(o))
}

// accept is the one tap. A doubled tap gives the same decision, so both lead
// to the same page.
func (p *pages) accept(v *visit) error {
	offer := v.R.PathValue("id")
	v.Here = "/offers/" + offer
	version, err := v.Version()
	if err != nil {
		return err
	}
	d, err := p.Offers.Accept(v.R.Context(), v.Actor, offer, version)
	if err != nil {
		return err
	}
	return v.To("/decisions/" + d.ID)
}

// state says where an offer stands; it is a method for templates.
func (o offerView) StateKey() string { return "offer.state." + string(o.State) }

// Registers lists who was asked, each once, for "who said so".
func (o offerView) Registers() []lang.Text {
	var all []lang.Text
	seen := map[string]bool{}
	for _, r := range o.Reasons {
		if name := r.Register["sr"]; name != "" && !seen[name] {
			seen[name] = true
			all = append(all, r.Register)
		}
	}
	return all
}
