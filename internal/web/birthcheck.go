package web

import (
	"strconv"

	"dobosh/internal/lab/registers/births"
	"dobosh/internal/portal"
)

// askCheck shows everything once more before it is recorded. From here on a
// changed answer leads back here.
func (v *visit) askCheck(f *birthForm) portal.Question {
	f.Checking = true
	father := v.Name(f.Father.Name)
	if f.NoFather {
		father = portal.Escaped(v.Say("birth.father-unknown"))
	}
	previous := strconv.Itoa(f.Previous)
	if f.Unknown {
		previous = v.Say("birth.order-unknown")
	}
	row := func(id, key, change string) portal.Fact {
		return portal.Fact{ID: id, Label: v.Say(key), Change: change}
	}
	facts := []portal.Fact{
		row("mother", "birth.mother-row", "mother"), row("father", "birth.father-row", "father"),
		row("given_name", "birth.child-row", "name"), row("number", "birth.number-label", "number"),
		row("born", "birth.born", "birth"), row("sex", "birth.sex", "birth"), row("live", "birth.live", "birth"),
		row("settlement", "birth.place-label", "place"), row("previous_live_births", "birth.order-label", "order"),
	}
	facts[0].Value, facts[1].Value = v.Name(f.Mother.Name), father
	facts[2].Value, facts[3].Value = v.Name(f.Given+" "+f.Family), portal.Escaped(v.Say("birth.number-kept"))
	facts[4].Value, facts[5].Value = portal.Escaped(v.Day(f.Born)), portal.Escaped(v.sexWord(f.Sex))
	facts[6].Value = portal.Escaped(v.Say(map[bool]string{true: "word.yes", false: "word.no"}[f.Live]))
	facts[7].Value, facts[8].Value = v.Text(v.place(f.Place)), portal.Escaped(previous)
	return portal.Question{Title: v.Say("birth.check"), Lead: []string{v.Say("birth.check-lead")}, Facts: facts, Button: v.Say("birth.record")}
}

// record writes the birth down. The token of the form makes a doubled tap one
// birth.
func (v *visit) record(f *birthForm) error {
	_, err := v.Registrar.Record(v.R.Context(), v.Actor, births.Entry{
		Token: f.Token, Number: f.Number, GivenName: f.Given, FamilyName: f.Family, Sex: f.Sex, Born: f.Born,
		Settlement: f.Place, Live: f.Live, MotherHandle: f.Mother.Handle, FatherHandle: f.Father.Handle,
		FatherUnknown: f.NoFather, PreviousLiveBirths: f.Previous, OrderUnknown: f.Unknown,
	})
	return err
}
