package web

import (
	"dobosh/internal/kit/page"
	"dobosh/internal/services"
)

type paymentsView struct {
	filter
	Payments []services.Payment
	Files    []fileView
	Older    bool // there are more files than are shown
	CanMove  bool
}

type fileView struct {
	services.PaymentFile
	Released bool
	CanMove  bool
}

func (p *portal) paymentRoutes() {
	p.signedIn("GET /desk/payments", p.payments)
	if p.Releasing == nil {
		return
	}
	p.signedIn("POST /desk/payments/prepare", p.preparePayments)
	p.signedIn("GET /desk/payments/{file}/release", p.askRelease)
	p.signedIn("POST /desk/payments/{file}/release", p.releasePayments)
	p.signedIn("GET /desk/payments/{file}/payments.xml", p.paymentXML)
}

func (p *portal) payments(v *visit) error {
	state, f := pick(v, "/desk/payments", "payment.state.", []services.PaymentState{
		services.PaymentDue, services.PaymentWaiting, services.PaymentPlanned, services.PaymentPrepared, services.PaymentReleased})
	list, err := p.Payments.Payments(v.r.Context(), v.actor, state, v.after())
	if err != nil {
		return err
	}
	files, err := p.Payments.PaymentFiles(v.r.Context(), v.actor, page.Key(""))
	if err != nil {
		return err
	}
	f.Next = v.more(list.Next)
	view := paymentsView{filter: f, Payments: list.Items, Older: files.Next != "", CanMove: p.Releasing != nil}
	for _, file := range files.Items {
		view.Files = append(view.Files, fileView{file, !file.ReleasedAt.IsZero(), view.CanMove})
	}
	return v.show("desk-payments", v.say("nav.payments"), view)
}

func (p *portal) preparePayments(v *visit) error {
	v.here = "/desk/payments"
	if _, err := p.Releasing.PreparePayments(v.r.Context(), v.actor); err != nil {
		return err
	}
	return v.to("/desk/payments")
}

// askRelease puts one question before money moves.
func (p *portal) askRelease(v *visit) error {
	file := v.r.PathValue("file")
	return v.ask(question{
		Title: v.say("release.title"), Lead: []string{v.say("release.lead")},
		Action: "/desk/payments/" + file + "/release", Button: v.say("release.button"),
		Links: []link{{URL: "/desk/payments", Text: v.say("release.back")}},
	})
}

func (p *portal) releasePayments(v *visit) error {
	v.here = "/desk/payments"
	if err := p.Releasing.ReleasePayments(v.r.Context(), v.actor, v.r.PathValue("file")); err != nil {
		return err
	}
	return v.to("/desk/payments")
}

func (p *portal) paymentXML(v *visit) error {
	content, err := p.Releasing.PaymentXML(v.r.Context(), v.actor, v.r.PathValue("file"))
	if err != nil {
		return err
	}
	return v.file("application/xml", "payments.xml", content)
}
