package web

import (
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/services"
)

type paymentsView struct {
	portal.Filter
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

func (p *pages) paymentRoutes() {
	p.signedIn("GET /desk/payments", p.payments)
	if p.Releasing == nil {
		return
	}
	p.signedIn("POST /desk/payments/prepare", p.preparePayments)
	p.signedIn("GET /desk/payments/{file}/release", p.askRelease)
	p.signedIn("POST /desk/payments/{file}/release", p.releasePayments)
	p.signedIn("GET /desk/payments/{file}/payments.xml", p.paymentXML)
}

func (p *pages) payments(v *visit) error {
	state, f := portal.Pick(v.Visit, "/desk/payments", "payment.state.", []services.PaymentState{
		services.PaymentDue, services.PaymentWaiting, services.PaymentPlanned, services.PaymentPrepared, services.PaymentReleased})
	list, err := p.Payments.Payments(v.R.Context(), v.Actor, state, v.After())
	if err != nil {
		return err
	}
	files, err := p.Payments.PaymentFiles(v.R.Context(), v.Actor, page.Key(""))
	if err != nil {
		return err
	}
	f.Next = v.More(list.Next)
	view := paymentsView{Filter: f, Payments: list.Items, Older: files.Next != "", CanMove: p.Releasing != nil}
	for _, file := range files.Items {
		view.Files = append(view.Files, fileView{file, !file.ReleasedAt.IsZero(), view.CanMove})
	}
	return v.Show("desk-payments", v.Say("nav.payments"), view)
}

func (p *pages) preparePayments(v *visit) error {
	v.Here = "/desk/payments"
	if _, err := p.Releasing.PreparePayments(v.R.Context(), v.Actor); err != nil {
		return err
	}
	return v.To("/desk/payments")
}

// askRelease puts one question before money moves.
func (p *pages) askRelease(v *visit) error {
	file := v.R.PathValue("file")
	return v.Ask(portal.Question{
		Title: v.Say("release.title"), Lead: []string{v.Say("release.lead")},
		Action: "/desk/payments/" + file + "/release", Button: v.Say("release.button"),
		Links: []portal.Link{{URL: "/desk/payments", Text: v.Say("release.back")}},
	})
}

func (p *pages) releasePayments(v *visit) error {
	v.Here = "/desk/payments"
	if err := p.Releasing.ReleasePayments(v.R.Context(), v.Actor, v.R.PathValue("file")); err != nil {
		return err
	}
	return v.To("/desk/payments")
}

func (p *pages) paymentXML(v *visit) error {
	content, err := p.Releasing.PaymentXML(v.R.Context(), v.Actor, v.R.PathValue("file"))
	if err != nil {
		return err
	}
	return v.file("application/xml", "payments.xml", content)
}
