package web

import (
	"strconv"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers"
)

const nameMax = 100 // characters; the register has a bound of its own

func (v *visit) askNumber(*birthForm) question {
	return question{Title: v.say("birth.number"), Lead: []string{v.say("birth.number-lead")}, Fields: []field{v.numberField(v.say("birth.number-label"))}}
}

// readNumber takes day and sex from the number, so that the registrar only
// confirms them.
func (v *visit) readNumber(f *birthForm) error {
	number, err := jmbg.Parse(v.typed("number"))
	if err != nil {
		return problem.New(problem.Invalid, "number-invalid").At("number", registers.NumberFault(err))
	}
	f.Number, f.Born, f.Sex = number.String(), number.Born(), number.Sex()
	return nil
}

func (v *visit) askBirth(f *birthForm) question {
	born := v.typed("born")
	if born == "" && !f.Born.IsZero() {
		born = shortDay(f.Born)
	}
	return question{Title: v.say("birth.birth"), Lead: []string{v.say("birth.birth-lead")}, Fields: []field{
		{Name: "born", Kind: "text", Label: v.say("birth.born"), Hint: v.say("form.day-hint"), Value: born, Complete: "off", Most: 16},
		{Name: "sex", Kind: "choice", Label: v.say("birth.sex"), Options: []option{
			{string(jmbg.Female), v.say("birth.girl"), f.Sex == jmbg.Female}, {string(jmbg.Male), v.say("birth.boy"), f.Sex == jmbg.Male}}},
		{Name: "live", Kind: "choice", Label: v.say("birth.live"), Options: []option{
			{"yes", v.say("word.yes"), f.Live}, {"no", v.say("word.no"), !f.Live}}},
	}}
}

// shortDay writes a day as one would type it.
func shortDay(d civil.Day) string {
	return strconv.Itoa(d.Dom()) + "." + strconv.Itoa(int(d.Month())) + "." + strconv.Itoa(d.Year()) + "."
}

func (v *visit) readBirth(f *birthForm) error {
	day, ok := parseDay(v.typed("born"))
	if !ok {
		return problem.New(problem.Invalid, "form-incomplete").At("born", "day-malformed")
	}
	f.Born, f.Sex, f.Live = day, jmbg.Sex(v.typed("sex")), v.typed("live") != "no"
	if f.Sex != jmbg.Female && f.Sex != jmbg.Male {
		return problem.New(problem.Invalid, "form-incomplete").At("sex", "sex-missing")
	}
	return nil
}

func (v *visit) askName(f *birthForm) question {
	value := func(name, known string) string {
		if typed := v.typed(name); typed != "" {
			return typed
		}
		return known
	}
	return question{Title: v.say("birth.name"), Fields: []field{
		{Name: "given_name", Kind: "text", Label: v.say("birth.given"), Value: value("given_name", f.Given), Complete: "off", Most: nameMax},
		{Name: "family_name", Kind: "text", Label: v.say("birth.family"), Value: value("family_name", f.Family), Complete: "off", Most: nameMax},
	}}
}

func (v *visit) readName(f *birthForm) error {
	given, err := v.words("given_name", nameMax)
	if err != nil {
		return err
	}
	family, err := v.words("family_name", nameMax)
	f.Given, f.Family = given, family
	return err
}

func (v *visit) askPlace(f *birthForm) question {
	list := field{Name: "settlement", Kind: "list", Label: v.say("birth.place-label"), Options: []option{{"", v.say("form.choose"), f.Place == ""}}}
	if v.Pack != nil {
		for _, place := range v.Pack.Places() {
			if place.Kind == "settlement" {
				list.Options = append(list.Options, option{place.Code, v.plain(place.Name), f.Place == place.Code})
			}
		}
	}
	return question{Title: v.say("birth.place"), Fields: []field{list}}
}

func (v *visit) readPlace(f *birthForm) error {
	f.Place = v.typed("settlement")
	if v.Pack == nil {
		return nil
	}
	if _, ok := v.Pack.Place(f.Place); !ok {
		return problem.New(problem.Invalid, "form-incomplete").At("settlement", "place-unknown")
	}
	return nil
}

func (v *visit) askOrder(f *birthForm) question {
	typed := v.typed("previous_live_births")
	if typed == "" && f.Checking && !f.Unknown {
		typed = strconv.Itoa(f.Previous)
	}
	return question{Title: v.say("birth.order"), Lead: []string{v.say("birth.order-lead")}, Fields: []field{
		{Name: "previous_live_births", Kind: "text", Label: v.say("birth.order-label"), Value: typed, Mode: "numeric", Complete: "off", Most: 2},
	}, Other: &button{"unknown", "yes", v.say("birth.order-unknown")}}
}

func (v *visit) readOrder(f *birthForm) error {
	f.Unknown, f.Previous = v.typed("unknown") == "yes", 0
	if f.Unknown {
		return nil
	}
	n, err := strconv.Atoi(v.typed("previous_live_births"))
	if err != nil || n < 0 {
		return problem.New(problem.Invalid, "form-incomplete").At("previous_live_births", "count-malformed")
	}
	f.Previous = n
	return nil
}

// sexWord says a sex with the word for a child.
func (v *visit) sexWord(sex jmbg.Sex) string {
	return v.say(map[bool]string{true: "birth.girl", false: "birth.boy"}[sex == jmbg.Female])
}
