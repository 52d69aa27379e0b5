package pages

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
	Term    portal.Clock
	Open    bool
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

func offerOf(v *portal.Visit, o services.Offer) offerView {
	return offerView{
		Offer: o, Amount: amountOf(v, o.Plan), Reasons: reasonsOf(o.Reasons),
		Term: v.Clock(o.MadeAt, o.Until, o.UntilBy, v.Say("offer.then")),
		Open: o.State == services.OfferOpen,
	}
}

func reasonsOf(reasons []services.Reason) []reasonView {
	out := make([]reasonView, len(reasons))
	for i, r := range reasons {
		out[i] = reasonView{r, map[rules.Result]string{rules.Yes: "yes", rules.No: "no", rules.Unknown: "unknown"}[r.Result]}
	}
	return out
}

func (r *room) inbox(v *portal.Visit) error {
	offers, err := r.Offers(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	view := inboxView{Next: offers.Next, Help: v.Help}
	for _, o := range offers.Items {
		if o.State == services.OfferOpen {
			view.Open = append(view.Open, offerOf(v, o))
			continue
		}
		view.Closed = append(view.Closed, o)
	}
	decisions, err := r.Decisions(v.R.Context(), v.Actor, page.Key(""))
	if err != nil {
		return err
	}
	view.Decisions, view.More = decisions.Items, decisions.Next
	return v.Show("inbox", v.Say("inbox.title"), view)
}

func (r *room) offer(v *portal.Visit) error {
	o, err := r.Offer(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	return v.Show("offer", v.Plain(o.Title), offerOf(v, o))
}

// offerAmount says part by part how the amount came about.
func (r *room) offerAmount(v *portal.Visit) error {
	o, err := r.Offer(v.R.Context(), v.Actor, v.R.PathValue("id"))
	if err != nil {
		return err
	}
	return v.Show("offer-amount", v.Say("amount.why"), offerOf(v, o))
}

// accept is the one tap. A doubled tap gives the same decision, so both lead
// to the same page.
func (r *room) accept(v *portal.Visit) error {
	offer := v.R.PathValue("id")
	v.Here = "/offers/" + offer
	version, err := v.Version()
	if err != nil {
		return err
	}
	d, err := r.Accept(v.R.Context(), v.Actor, offer, version)
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
