package pages

import (
	"html/template"
	"slices"
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/portal"
)

// askCheck shows everything once more before it is recorded. From here on a
// changed answer leads back here.
func (d desk) askCheck(v *portal.Visit, f *form) portal.Question {
	father := v.Name(f.Father.Name)
	if f.Entry.FatherUnknown {
		father = portal.Escaped(v.Say("birth.father-unknown"))
	}
	previous := v.Say("birth.order-unknown")
	if !f.Entry.OrderUnknown {
		previous = strconv.Itoa(f.Entry.PreviousLiveBirths)
	}
	live := v.Say("word.no")
	if f.Entry.Live {
		live = v.Say("word.yes")
	}
	hour := v.Say("birth.hour-none")
	if f.Entry.Hour != "" {
		hour = f.Entry.Hour
	}
	row := func(id, label, change string, value template.HTML) portal.Fact {
		return portal.Fact{ID: id, Label: v.Say(label), Value: value, Change: change}
	}
	return portal.Question{Title: v.Say("birth.check"), Lead: []string{v.Say("birth.check-lead")}, Button: v.Say("birth.record"), Facts: []portal.Fact{
		row("mother", "birth.mother-row", "mother", v.Name(f.Mother.Name)),
		row("father", "birth.father-row", "father", father),
		row("given_name", "birth.child-row", "name", v.Name(f.Entry.GivenName+" "+f.Entry.FamilyName)),
		row("number", "birth.number-label", "number", portal.Escaped(v.Say("birth.number-kept"))),
		row("born", "birth.born", "birth", portal.Escaped(v.Day(f.Entry.Born))),
		row("hour", "birth.hour", "birth", portal.Escaped(hour)),
		row("sex", "birth.sex", "birth", portal.Escaped(sexWord(v, f.Entry.Sex))),
		row("live", "birth.live", "birth", portal.Escaped(live)),
		row("settlement", "birth.place-label", "place", v.Text(d.place(f.Entry.Settlement))),
		row("previous_live_births", "birth.order-label", "order", portal.Escaped(previous)),
	}}
}

// askChecked asks what was checked, when the register wants to know whether this
// is another birth. The child of a form that nobody doubts is not asked about.
func askChecked(v *portal.Visit, f *form, refused error) []portal.Field {
	if !slices.ContainsFunc(problem.Of(refused).Fields, func(w problem.Field) bool { return w.Name == checked }) {
		return nil
	}
	return portal.Asking(v, &f.Entry, act.Named(births.Fields(), checked)...)
}

// checked is the field of what the registrar has checked.
const checked = "checked"

// record writes the birth down. The token of the form makes a doubled tap one
// birth.
func (d desk) record(v *portal.Visit, f *form) error {
	if err := act.Take(v.R.Context(), &f.Entry, act.FromValues(v.R.PostForm), act.Named(births.Fields(), checked)...); err != nil {
		return err
	}
	entry := f.Entry
	entry.MotherHandle, entry.FatherHandle = f.Mother.Handle, f.Father.Handle
	_, err := d.Record(v.R.Context(), v.Actor, entry)
	return err
}
