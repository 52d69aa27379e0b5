package pages

import (
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/portal"
)

func (d desk) askNumber(v *portal.Visit, _ *form) portal.Question {
	return portal.Question{Title: v.Say("birth.number"), Lead: []string{v.Say("birth.number-lead")}, Fields: []portal.Field{numberField(v, v.Say("birth.number-label"))}}
}

// readNumber takes day and sex from the number, so that the registrar only
// confirms them.
func (d desk) readNumber(v *portal.Visit, f *form) error {
	number, err := jmbg.Parse(v.Typed("number"))
	if err != nil {
		return problem.New(problem.Invalid, "number-invalid").At("number", registers.NumberFault(err))
	}
	f.Number, f.Born, f.Sex = number.String(), number.Born(), number.Sex()
	return nil
}

func (d desk) askBirth(v *portal.Visit, f *form) portal.Question {
	born, sex, live := "", v.Again("sex", string(f.Sex)), "no"
	if !f.Born.IsZero() {
		born = portal.ShortDay(f.Born)
	}
	if f.Live {
		live = "yes"
	}
	live = v.Again("live", live)
	return portal.Question{Title: v.Say("birth.birth"), Lead: []string{v.Say("birth.birth-lead")}, Fields: []portal.Field{
		{Name: "born", Kind: "text", Label: v.Say("birth.born"), Hint: v.Say("form.day-hint"), Value: v.Again("born", born), Complete: "off", Most: 16},
		{Name: "sex", Kind: "choice", Label: v.Say("birth.sex"), Options: []portal.Option{
			{Value: string(jmbg.Female), Label: v.Say("birth.girl"), Chosen: sex == string(jmbg.Female)}, {Value: string(jmbg.Male), Label: v.Say("birth.boy"), Chosen: sex == string(jmbg.Male)}}},
		{Name: "live", Kind: "choice", Label: v.Say("birth.live"), Options: []portal.Option{
			{Value: "yes", Label: v.Say("word.yes"), Chosen: live != "no"}, {Value: "no", Label: v.Say("word.no"), Chosen: live == "no"}}},
	}}
}

func (d desk) readBirth(v *portal.Visit, f *form) error {
	day, ok := act.ParseDay(v.Typed("born"))
	if !ok {
		return problem.New(problem.Invalid, "form-incomplete").At("born", "day-malformed")
	}
	f.Born, f.Sex, f.Live = day, jmbg.Sex(v.Typed("sex")), v.Typed("live") != "no"
	if f.Sex != jmbg.Female && f.Sex != jmbg.Male {
		return problem.New(problem.Invalid, "form-incomplete").At("sex", "sex-missing")
	}
	return nil
}

func (d desk) askName(v *portal.Visit, f *form) portal.Question {
	return portal.Question{Title: v.Say("birth.name"), Fields: []portal.Field{
		{Name: "given_name", Kind: "text", Label: v.Say("birth.given"), Value: v.Again("given_name", f.Given), Complete: "off", Most: births.MaxName},
		{Name: "family_name", Kind: "text", Label: v.Say("birth.family"), Value: v.Again("family_name", f.Family), Complete: "off", Most: births.MaxName},
	}}
}

func (d desk) readName(v *portal.Visit, f *form) error {
	given, err := v.Words("given_name", births.MaxName)
	if err != nil {
		return err
	}
	family, err := v.Words("family_name", births.MaxName)
	f.Given, f.Family = given, family
	return err
}

func (d desk) askPlace(v *portal.Visit, f *form) portal.Question {
	chosen := v.Again("settlement", f.Place)
	list := portal.Field{Name: "settlement", Kind: "list", Label: v.Say("birth.place-label"), Options: []portal.Option{{Value: "", Label: v.Say("form.choose"), Chosen: chosen == ""}}}
	for _, place := range d.pack.Places() {
		if place.Kind == "settlement" {
			list.Options = append(list.Options, portal.Option{Value: place.Code, Label: v.Plain(place.Name), Chosen: chosen == place.Code})
		}
	}
	return portal.Question{Title: v.Say("birth.place"), Fields: []portal.Field{list}}
}

func (d desk) readPlace(v *portal.Visit, f *form) error {
	f.Place = v.Typed("settlement")
	if _, ok := d.pack.Place(f.Place); !ok {
		return problem.New(problem.Invalid, "form-incomplete").At("settlement", "place-unknown")
	}
	return nil
}

func (d desk) askOrder(v *portal.Visit, f *form) portal.Question {
	known := ""
	if f.Previous != nil {
		known = strconv.Itoa(*f.Previous)
	}
	return portal.Question{Title: v.Say("birth.order"), Lead: []string{v.Say("birth.order-lead")}, Fields: []portal.Field{
		{Name: "previous_live_births", Kind: "text", Label: v.Say("birth.order-label"), Value: v.Again("previous_live_births", known), Mode: "numeric", Complete: "off", Most: 2},
	}, Other: &portal.Button{Name: "unknown", Value: "yes", Text: v.Say("birth.order-unknown")}}
}

func (d desk) readOrder(v *portal.Visit, f *form) error {
	f.Previous = nil
	if v.Typed("unknown") == "yes" {
		return nil
	}
	n, err := strconv.Atoi(v.Typed("previous_live_births"))
	if err != nil || n < 0 {
		return problem.New(problem.Invalid, "form-incomplete").At("previous_live_births", "count-malformed")
	}
	f.Previous = &n
	return nil
}

// sexWord says a sex with the word for a child.
func sexWord(v *portal.Visit, sex jmbg.Sex) string {
	if sex == jmbg.Female {
		return v.Say("birth.girl")
	}
	return v.Say("birth.boy")
}
