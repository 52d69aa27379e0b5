package pages

import (
	"html/template"
	"net/url"
	"strings"

	"dobosh/internal/cases"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/portal"
)

// undeliveredPath is where officers see what reached nobody.
const undeliveredPath = "/desk/cases/undelivered"

// undeliveredView is a page of what reached nobody.
type undeliveredView struct {
	Rows []missedRow
	Next string // address of the next page; empty after the last
}

// missedRow is a case of which nobody could be told, and how that was tried.
type missedRow struct {
	Case  row
	Tried []string
}

func (r *room) undelivered(v *portal.Visit) error {
	found, err := r.Undelivered(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	var view undeliveredView
	if found.Next != "" {
		view.Next = undeliveredPath + "?after=" + url.QueryEscape(string(found.Next))
	}
	for _, c := range found.Items {
		shown := missedRow{r.rowOf(c.Case), tried(v, c.Delivery)}
		shown.Case.Path = "/desk" + shown.Case.Path
		view.Rows = append(view.Rows, shown)
	}
	return v.Show("undelivered", v.Say("cases.undelivered"), view)
}

// tried says on which channels word of an outcome went, how far each came, and why no further.
func tried(v *portal.Visit, d cases.Delivery) (all []string) {
	for _, t := range d.Tried {
		at := t.Sent
		if at.IsZero() {
			at = t.Created
		}
		says := v.Say("case.try."+string(t.State), "how", v.Say("notice.channel."+string(t.Channel)), "day", v.DayOf(at))
		if why := whyNot(t.Reason); why != "" && t.State != notify.Sent {
			says += " " + v.Say("case.try.why."+why)
		}
		all = append(all, says)
	}
	return all
}

// whyNot is why a channel failed, in one word of ours.
func whyNot(reason string) string {
	for _, w := range []struct{ begins, why string }{
		{notify.NoAddress, "none"}, {notify.NowhereTo, "nobody"}, {notify.ReturnedPrefix, "back"}, {notify.LetterBack, "back"}, {"smtp-", "refused"}, {"sms-", "refused"}, {notify.BadMessage, "refused"},
	} {
		if strings.HasPrefix(reason, w.begins) {
			return w.why
		}
	}
	return ""
}

// delivered says to either side how an outcome reached its party; nothing where there is none or
// it is not known. What counts as delivered by a rule alone says which, and whether that was compared with the law.
func (r *room) delivered(v *portal.Visit, c cases.View) (says template.HTML, missing bool) {
	says, missing = outcomeOf(v, c)
	if d := c.Delivery; says != "" && d.By != "" && (d.Day.IsZero() || d.How == cases.Deemed) {
		if provision, ok := r.pack.Provision(d.By); ok {
			says += " " + portal.Escaped(provision.Cite(v.Tag)+".")
		}
		if d.Unchecked {
			says += " " + portal.Escaped(v.Say("clock.unchecked"))
		}
	}
	return says, missing
}

func outcomeOf(v *portal.Visit, c cases.View) (says template.HTML, missing bool) {
	switch d := c.Delivery; {
	case !d.Day.IsZero() && d.How == "":
		return "", false
	case !d.Day.IsZero() && c.Own:
		return portal.Escaped(v.Say(appealed(c, "case.delivery-own", "case.delivery-came"), "day", v.Day(d.Day))), false
	case !d.Day.IsZero():
		return portal.Escaped(v.Say("case.delivery."+string(d.How), "day", v.Day(d.Day))), false
	case c.Case.Phase != law.Decided || c.Own:
		return "", false
	case d.Fault != "":
		return portal.Escaped(v.Say(appealed(c, "case.delivery-fault", "case.delivery-nobody"))), true
	case d.Sent.IsZero():
		return portal.Escaped(v.Say("case.delivery-waits")), true
	case d.Lapse.IsZero():
		return portal.Escaped(v.Say("case.delivery-letter", "day", v.DayOf(d.Sent))), true
	default:
		return portal.Escaped(v.Say("case.delivery-sent", "day", v.DayOf(d.Sent), "until", v.Day(d.Lapse))), true
	}
}

// appealed chooses between what is said of an outcome against which there is an appeal, and of another.
func appealed(c cases.View, key, otherwise string) string {
	if c.Kind.Appealed() {
		return key
	}
	return otherwise
}
