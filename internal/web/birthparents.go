package web

import (
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/portal"
)

// numberField asks for a national number. What was typed is shown again only
// while it is wrong.
func (v *visit) numberField(label string) portal.Field {
	return portal.Field{Name: "number", Kind: "text", Label: label, Hint: v.Say("birth.number-hint"), Value: v.Typed("number"), Mode: "numeric", Complete: "off", Most: 13}
}

func (v *visit) askMother(*birthForm) portal.Question {
	return portal.Question{Title: v.Say("birth.mother"), Fields: []portal.Field{v.numberField(v.Say("birth.mother-number"))}}
}

func (v *visit) readMother(f *birthForm) (err error) {
	f.Mother, err = v.Registrar.Find(v.R.Context(), v.Actor, v.Typed("number"))
	return findable(err)
}

func (v *visit) askMotherFound(f *birthForm) portal.Question {
	return v.foundQuestion("mother", v.Say("birth.mother-found"), f.Mother)
}

func (v *visit) askFather(*birthForm) portal.Question {
	return portal.Question{
		Title: v.Say("birth.father"), Fields: []portal.Field{v.numberField(v.Say("birth.father-number"))},
		Other: &portal.Button{Name: "none", Value: "yes", Text: v.Say("birth.father-none")},
	}
}

func (v *visit) readFather(f *birthForm) (err error) {
	f.NoFather, f.Father = v.Typed("none") == "yes", births.Found{}
	if f.NoFather {
		return nil
	}
	f.Father, err = v.Registrar.Find(v.R.Context(), v.Actor, v.Typed("number"))
	return findable(err)
}

func (v *visit) askFatherFound(f *birthForm) portal.Question {
	return v.foundQuestion("father", v.Say("birth.father-found"), f.Father)
}

func (v *visit) foundQuestion(who, title string, found births.Found) portal.Question {
	return portal.Question{
		Title: title, Facts: v.foundFacts(found), Button: v.Say("birth.found-yes"),
		Other: &portal.Button{Name: "to", Value: who, Text: v.Say("birth.found-no")},
	}
}

func (v *visit) foundFacts(found births.Found) []portal.Fact {
	facts := []portal.Fact{{Label: v.Say("birth.person"), Value: v.Name(found.Name)}}
	if !found.Born.IsZero() {
		facts = append(facts, portal.Fact{Label: v.Say("birth.born-on"), Value: portal.Escaped(v.Day(found.Born))})
	}
	if found.Settlement != "" {
		facts = append(facts, portal.Fact{Label: v.Say("birth.lives"), Value: v.Text(v.place(found.Settlement))})
	}
	if found.Resident != nil && !*found.Resident {
		facts = append(facts, portal.Fact{Label: v.Say("birth.residence"), Value: portal.Escaped(v.Say("birth.not-resident"))})
	}
	return facts
}

// findable puts "nobody has this number" beside the field, where the registrar
// can correct it; what is not about the number stays a page of its own.
func findable(err error) error {
	if problem.HasCode(err, "resident-unknown") || problem.HasCode(err, "person-unknown") || problem.HasCode(err, "nothing-known") {
		return problem.New(problem.Invalid, "number-invalid").At("number", "person-unknown").Because(err)
	}
	return err
}
