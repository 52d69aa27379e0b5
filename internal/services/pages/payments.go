package pages

import (
	"html/template"
	"strconv"

	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/services"
)

// paymentsView are the files in which money leaves, and the payments.
type paymentsView struct {
	Files    template.HTML
	Older    bool // there are more files than are shown
	Payments template.HTML
}

func (r *room) payments(v *portal.Visit) error {
	files, err := r.PaymentFiles(v.R.Context(), v.Actor, page.Key(""))
	if err != nil {
		return err
	}
	view := paymentsView{Older: files.Next != ""}
	if view.Files, err = paymentFiles().Show(v, files.Items); err != nil {
		return err
	}
	if view.Payments, err = r.allPayments().Part(v); err != nil {
		return err
	}
	return v.Show("desk-payments", v.Say("nav.payments"), view)
}

func paymentFiles() portal.Table[services.PaymentFile] {
	type file = services.PaymentFile
	return portal.Table[file]{Caption: "files.title", Headed: true, Empty: "files.none", Columns: []portal.Column[file]{
		{Key: "col.prepared", Kind: portal.When, Cell: func(v *portal.Visit, f file) template.HTML { return portal.Escaped(v.Instant(f.MadeAt)) }},
		{Key: "col.count", Kind: portal.Figures, Cell: func(v *portal.Visit, f file) template.HTML { return portal.Escaped(v.Number(f.Count)) }},
		{Key: "col.sum", Kind: portal.Figures, Cell: func(v *portal.Visit, f file) template.HTML { return portal.Escaped(v.Dinars(f.Sum)) }},
		{Key: "col.state", Cell: func(v *portal.Visit, f file) template.HTML {
			if f.ReleasedAt.IsZero() {
				return portal.Tag(v.Say("files.unreleased"), false)
			}
			return portal.Tag(v.Say("files.released", "when", v.Instant(f.ReleasedAt)), true)
		}},
		{Key: "col.act", Cell: func(v *portal.Visit, f file) template.HTML {
			path, which := "/desk/payments/"+f.ID, `<span class="unseen">: `+portal.Escaped(v.Instant(f.MadeAt))+`</span>`
			acts := portal.Anchor(path+"/payments.xml", portal.Escaped(v.Say("files.download"))+which)
			if f.ReleasedAt.IsZero() {
				says := v.Say("files.release")
				if mayNotRelease(f, v) != nil {
					says = v.Say("files.second")
				}
				acts = portal.Anchor(path+"/release", portal.Escaped(says)+which) + acts
			}
			return `<span class="acts">` + acts + `</span>`
		}},
	}}
}

func (r *room) allPayments() portal.List[services.Payment] {
	type payment = services.Payment
	return portal.List[payment]{
		Path: "/desk/payments", Title: "payments.all", StateKey: "payment.state.",
		States: states(services.PaymentDue, services.PaymentWaiting, services.PaymentPlanned, services.PaymentPrepared, services.PaymentReleased, services.PaymentUncertain),
		Find: func(v *portal.Visit, w portal.Wanted) (page.Page[payment], error) {
			return r.Payments(v.R.Context(), v.Actor, services.PaymentState(w.State), w.After)
		},
		Table: portal.Table[payment]{Caption: "payments.all", Headed: true, Columns: []portal.Column[payment]{
			{Key: "col.code", Cell: func(v *portal.Visit, p payment) template.HTML {
				return portal.Anchor("/decisions/"+p.Decision, v.Code(p.Code))
			}},
			{Key: "col.service", Cell: func(v *portal.Visit, p payment) template.HTML { return v.Text(p.Title) }},
			{Key: "col.amount", Kind: portal.Figures, Cell: func(v *portal.Visit, p payment) template.HTML { return portal.Escaped(v.Dinars(p.Amount)) }},
			{Key: "col.instalment", Kind: portal.Figures, Cell: func(_ *portal.Visit, p payment) template.HTML {
				return portal.Escaped(strconv.Itoa(p.Number) + "/" + strconv.Itoa(p.Count))
			}},
			{Key: "col.due", Kind: portal.When, Cell: func(v *portal.Visit, p payment) template.HTML { return portal.Escaped(v.Day(p.Due)) }},
			{Key: "col.account", Kind: portal.Codes, Cell: func(_ *portal.Visit, p payment) template.HTML { return portal.Escaped(p.Account) }},
			{Key: "col.state", Cell: func(v *portal.Visit, p payment) template.HTML {
				says := portal.Tag(v.Say("payment.state."+string(p.State)), p.State == services.PaymentReleased)
				if p.State == services.PaymentUncertain {
					says += portal.Anchor("/desk/payments/"+p.ID+"/unpaid", portal.Escaped(v.Say("unpaid.look"))+`<span class="unseen">: `+v.Code(p.Code)+`</span>`)
				}
				return says
			}},
		}},
	}
}

func (r *room) preparePayments(v *portal.Visit) error {
	v.Here = "/desk/payments"
	if _, err := r.PreparePayments(v.R.Context(), v.Actor); err != nil {
		return err
	}
	return v.To("/desk/payments")
}

// mayNotRelease is why whoever looks at a file may not release it: they prepared it.
func mayNotRelease(f services.PaymentFile, v *portal.Visit) error {
	if f.PreparedBy == "" { // before it was noted
		return nil
	}
	return services.RightToRelease().Second(f.PreparedBy, v.Actor)
}

// askRelease puts one question before money moves, or says why this reader is not
// asked it.
func (r *room) askRelease(v *portal.Visit) error {
	f, err := r.PaymentFile(v.R.Context(), v.Actor, v.R.PathValue("file"))
	if err != nil {
		return err
	}
	back := []portal.Link{{URL: "/desk/payments", Text: v.Say("release.back")}}
	if mayNotRelease(f, v) != nil {
		return v.Ask(portal.Question{Title: v.Say("release.second"), Lead: []string{v.Say("release.second-lead"), v.Say("release.second-who")}, Links: back})
	}
	return v.Ask(r.release(v, f.ID, back))
}

func (r *room) release(v *portal.Visit, file string, back []portal.Link) portal.Question {
	return portal.Question{
		Title: v.Say("release.title"), Lead: []string{v.Say("release.lead")},
		Action: "/desk/payments/" + file + "/release", Button: v.Say("release.button"), Links: back,
	}
}

func (r *room) releasePayments(v *portal.Visit) error {
	file := v.R.PathValue("file")
	v.Here = "/desk/payments/" + file + "/release"
	if err := r.ReleasePayments(v.R.Context(), v.Actor, file); err != nil {
		q := r.release(v, file, []portal.Link{{URL: "/desk/payments", Text: v.Say("release.back")}})
		if q.Refuse(v, err) { // who signed in too long ago does so, and comes back
			return v.Ask(q)
		}
		return err
	}
	return v.To("/desk/payments")
}

// askUnpaid asks about a payment that came back from the journal whether the bank has not
// paid it.
func (r *room) askUnpaid(v *portal.Visit) error { return v.Ask(unpaid(v)) }

func unpaid(v *portal.Visit) portal.Question {
	return portal.Question{
		Title: v.Say("unpaid.title"), Lead: []string{v.Say("unpaid.lead"), v.Say("unpaid.otherwise")},
		Action: "/desk/payments/" + v.R.PathValue("payment") + "/unpaid", Button: v.Say("unpaid.button"), Links: []portal.Link{{URL: "/desk/payments", Text: v.Say("release.back")}},
	}
}

func (r *room) saysUnpaid(v *portal.Visit) error {
	payment := v.R.PathValue("payment")
	v.Here = "/desk/payments/" + payment + "/unpaid"
	if err := r.Unpaid(v.R.Context(), v.Actor, payment); err != nil {
		q := unpaid(v)
		if q.Refuse(v, err) {
			return v.Ask(q)
		}
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
