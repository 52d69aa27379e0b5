package pages

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
}

type fileView struct {
	services.PaymentFile
	Released bool
}

func (r *room) payments(v *portal.Visit) error {
	state, f := portal.Pick(v, "/desk/payments", "payment.state.", []services.PaymentState{
		services.PaymentDue, services.PaymentWaiting, services.PaymentPlanned, services.PaymentPrepared, services.PaymentReleased})
	list, err := r.Payments(v.R.Context(), v.Actor, state, v.After())
	if err != nil {
		return err
	}
	files, err := r.PaymentFiles(v.R.Context(), v.Actor, page.Key(""))
	if err != nil {
		return err
	}
	f.Next = v.More(list.Next)
	view := paymentsView{Filter: f, Payments: list.Items, Older: files.Next != ""}
	for _, file := range files.Items {
		view.Files = append(view.Files, fileView{file, !file.ReleasedAt.IsZero()})
	}
	return v.Show("desk-payments", v.Say("nav.payments"), view)
}

func (r *room) preparePayments(v *portal.Visit) error {
	v.Here = "/desk/payments"
	if _, err := r.PreparePayments(v.R.Context(), v.Actor); err != nil {
		return err
	}
	return v.To("/desk/payments")
}

// askRelease puts one question before money moves.
func (r *room) askRelease(v *portal.Visit) error {
	file := v.R.PathValue("file")
	return v.Ask(portal.Question{
		Title: v.Say("release.title"), Lead: []string{v.Say("release.lead")},
		Action: "/desk/payments/" + file + "/release", Button: v.Say("release.button"),
		Links: []portal.Link{{URL: "/desk/payments", Text: v.Say("release.back")}},
	})
}

func (r *room) releasePayments(v *portal.Visit) error {
	v.Here = "/desk/payments"
	if err := r.ReleasePayments(v.R.Context(), v.Actor, v.R.PathValue("file")); err != nil {
		return err
	}
	return v.To("/desk/payments")
}

func (r *room) paymentXML(v *portal.Visit) error {
	content, err := r.PaymentXML(v.R.Context(), v.Actor, v.R.PathValue("file"))
	if err != nil {
		return err
	}
	return v.File("application/xml", "payments.xml", content)
}
