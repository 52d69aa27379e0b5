package pages

import (
	"html/template"
	"strconv"

	"dobosh/internal/lab/registers/births"
	"dobosh/internal/portal"
)

// askCheck shows everything once more before it is recorded. From here on a
// changed answer leads back here.
func (d desk) askCheck(v *portal.Visit, f *form) portal.Question {
	father := v.Name(f.Father.Name)
	if f.NoFather {
		father = portal.Escaped(v.Say("birth.father-unknown"))
	}
	previous := v.Say("birth.order-unknown")
	if f.Previous != nil {
		previous = strconv.Itoa(*f.Previous)
	}
	live := v.Say("word.no")
	if f.Live {
		live = v.Say("word.yes")
	}
	row := func(id, label, change string, value template.HTML) portal.Fact {
		return portal.Fact{ID: id, Label: v.Say(label), Value: value, Change: change}
	}
	return portal.Question{Title: v.Say("birth.check"), Lead: []string{v.Say("birth.check-lead")}, Button: v.Say("birth.record"), Facts: []portal.Fact{
		row("mother", "birth.mother-row", "mother", v.Name(f.Mother.Name)),
		row("father", "birth.father-row", "father", father),
		row("given_name", "birth.child-row", "name", v.Name(f.Given+" "+f.Family)),
		row("number", "birth.number-label", "number", portal.Escaped(v.Say("birth.number-kept"))),
		row("born", "birth.born", "birth", portal.Escaped(v.Day(f.Born))),
		row("sex", "birth.sex", "birth", portal.Escaped(sexWord(v, f.Sex))),
		row("live", "birth.live", "birth", portal.Escaped(live)),
		row("settlement", "birth.place-label", "place", v.Text(d.place(f.Place))),
		row("previous_live_births", "birth.order-label", "order", portal.Escaped(previous)),
	}}
}

// record writes the birth down. The token of the form makes a doubled tap one
// birth.
func (d desk) record(v *portal.Visit, f *form) error {
	previous := 0
	if f.Previous != nil {
		previous = *f.Previous
	}
	_, err := d.Record(v.R.Context(), v.Actor, births.Entry{
		Token: f.Token, Number: f.Number, GivenName: f.Given, FamilyName: f.Family, Sex: f.Sex, Born: f.Born,
		Settlement: f.Place, Live: f.Live, MotherHandle: f.Mother.Handle, FatherHandle: f.Father.Handle,
		FatherUnknown: f.NoFather, PreviousLiveBirths: previous, OrderUnknown: f.Previous == nil,
	})
	return err
}
