package pages

import (
	"html/template"

	"dobosh/internal/cases"
	"dobosh/internal/kit/page"
	"dobosh/internal/law"
	"dobosh/internal/portal"
)

// undeliveredPath is where officers see what reached nobody.
const undeliveredPath = "/desk/cases/undelivered"

// undeliveredView is a page of what reached nobody.
type undeliveredView struct {
	Rows []row
	Next page.Key
}

func (r *room) undelivered(v *portal.Visit) error {
	found, err := r.Undelivered(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	view := undeliveredView{Next: found.Next}
	for _, c := range found.Items {
		shown := r.rowOf(c)
		shown.Path = "/desk" + shown.Path
		view.Rows = append(view.Rows, shown)
	}
	return v.Show("undelivered", v.Say("cases.undelivered"), view)
}

// delivered says to either side how an outcome reached its party; nothing where there is none or
// it is not known.
func delivered(v *portal.Visit, c cases.View) (says template.HTML, missing bool) {
	switch d := c.Delivery; {
	case !d.Day.IsZero() && d.How == "":
		return "", false
	case !d.Day.IsZero() && c.Own:
		return portal.Escaped(v.Say("case.delivery-own", "day", v.Day(d.Day))), false
	case !d.Day.IsZero():
		return portal.Escaped(v.Say("case.delivery."+string(d.How), "day", v.Day(d.Day))), false
	case c.Case.Phase != law.Decided || c.Own:
		return "", false
	case d.Fault != "":
		return portal.Escaped(v.Say("case.delivery-fault")), true
	case d.Sent.IsZero():
		return portal.Escaped(v.Say("case.delivery-waits")), true
	case d.Lapse.IsZero():
		return portal.Escaped(v.Say("case.delivery-letter", "day", v.DayOf(d.Sent))), true
	default:
		return portal.Escaped(v.Say("case.delivery-sent", "day", v.DayOf(d.Sent), "until", v.Day(d.Lapse))), true
	}
}
