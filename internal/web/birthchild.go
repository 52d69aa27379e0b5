package web

import (
	"strconv"

	"dobosh/internal/act"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
	"dobosh/internal/portal"
)

const nameMax = 100 // characters; the register has a bound of its own

func (v *visit) askNumber(*birthForm) portal.Question {
	return portal.Question{Title: v.Say("birth.number"), Lead: []string{v.Say("birth.number-lead")}, Fields: []portal.Field{v.numberField(v.Say("birth.number-label"))}}
}

// readNumber takes day and sex from the number, so that the registrar only
// confirms them.
func (v *visit) readNumber(f *birthForm) error {
	number, err := jmbg.Parse(v.Typed("number"))
	if err != nil {
		return problem.New(problem.Invalid, "number-invalid").At("number", registers.NumberFault(err))
	}
	f.Number, f.Born, f.Sex = number.String(), number.Born(), number.Sex()
	return nil
}

func (v *visit) askBirth(f *birthForm) portal.Question {
	born := v.Typed("born")
	if born == "" && !f.Born.IsZero() {
		born = portal.ShortDay(f.Born)
	}
	return portal.Question{Title: v.Say("birth.birth"), Lead: []string{v.Say("birth.birth-lead")}, Fields: []portal.Field{
		{Name: "born", Kind: "text", Label: v.Say("birth.born"), Hint: v.Say("form.day-hint"), Value: born, Complete: "off", Most: 16},
		{Name: "sex", Kind: "choice", Label: v.Say("birth.sex"), Options: []portal.Option{
			{Value: string(jmbg.Female), Label: v.Say("birth.girl"), Chosen: f.Sex == jmbg.Female}, {Value: string(jmbg.Male), Label: v.Say("birth.boy"), Chosen: f.Sex == jmbg.Male}}},
		{Name: "live", Kind: "choice", Label: v.Say("birth.live"), Options: []portal.Option{
			{Value: "yes", Label: v.Say("word.yes"), Chosen: f.Live}, {Value: "no", Label: v.Say("word.no"), Chosen: !f.Live}}},
	}}
}

func (v *visit) readBirth(f *birthForm) error {
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

func (v *visit) askName(f *birthForm) portal.Question {
	value := func(name, known string) string {
		if typed := v.Typed(name); typed != "" {
			return typed
		}
		return known
	}
	return portal.Question{Title: v.Say("birth.name"), Fields: []portal.Field{
		{Name: "given_name", Kind: "text", Label: v.Say("birth.given"), Value: value("given_name", f.Given), Complete: "off", Most: nameMax},
		{Name: "family_name", Kind: "text", Label: v.Say("birth.family"), Value: value("family_name", f.Family), Complete: "off", Most: nameMax},
	}}
}

func (v *visit) readName(f *birthForm) error {
	given, err := v.Words("given_name", nameMax)
	if err != nil {
		return err
	}
	family, err := v.Words("family_name", nameMax)
	f.Given, f.Family = given, family
	return err
}

func (v *visit) askPlace(f *birthForm) portal.Question {
	list := portal.Field{Name: "settlement", Kind: "list", Label: v.Say("birth.place-label"), Options: []portal.Option{{Value: "", Label: v.Say("form.choose"), Chosen: f.Place == ""}}}
	if v.Pack != nil {
		for _, place := range v.Pack.Places() {
			if place.Kind == "settlement" {
				list.Options = append(list.Options, portal.Option{Value: place.Code, Label: v.Plain(place.Name), Chosen: f.Place == place.Code})
			}
		}
	}
	return portal.Question{Title: v.Say("birth.place"), Fields: []portal.Field{list}}
}

func (v *visit) readPlace(f *birthForm) error {
	f.Place = v.Typed("settlement")
	if v.Pack == nil {
		return nil
	}
	if _, ok := v.Pack.Place(f.Place); !ok {
		return problem.New(problem.Invalid, "form-incomplete").At("settlement", "place-unknown")
	}
	return nil
}

func (v *visit) askOrder(f *birthForm) portal.Question {
	typed := v.Typed("previous_live_births")
	if typed == "" && f.Checking && !f.Unknown {
		typed = strconv.Itoa(f.Previous)
	}
	return portal.Question{Title: v.Say("birth.order"), Lead: []string{v.Say("birth.order-lead")}, Fields: []portal.Field{
		{Name: "previous_live_births", Kind: "text", Label: v.Say("birth.order-label"), Value: typed, Mode: "numeric", Complete: "off", Most: 2},
	}, Other: &portal.Button{Name: "unknown", Value: "yes", Text: v.Say("birth.order-unknown")}}
}

func (v *visit) readOrder(f *birthForm) error {
	f.Unknown, f.Previous = v.Typed("unknown") == "yes", 0
	if f.Unknown {
		return nil
	}
	n, err := strconv.Atoi(v.Typed("previous_live_births"))
	if err != nil || n < 0 {
		return problem.New(problem.Invalid, "form-incomplete").At("previous_live_births", "count-malformed")
	}
	f.Previous = n
	return nil
}

// sexWord says a sex with the word for a child.
func (v *visit) sexWord(sex jmbg.Sex) string {
	return v.Say(map[bool]string{true: "birth.girl", false: "birth.boy"}[sex == jmbg.Female])
}
