package pages

import (
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/portal"
)

// numberField asks for a national number. What was typed is shown again only
// while it is wrong.
func numberField(v *portal.Visit, label string) portal.Field {
	return portal.Field{Name: "number", Kind: "text", Label: label, Hint: v.Say("birth.number-hint"), Value: v.Typed("number"), Mode: "numeric", Complete: "off", Most: 40}
}

func (d desk) askMother(v *portal.Visit, _ *form) portal.Question {
	return portal.Question{Title: v.Say("birth.mother"), Fields: []portal.Field{numberField(v, v.Say("birth.mother-number"))}}
}

func (d desk) readMother(v *portal.Visit, f *form) (err error) {
	f.Mother, err = d.Find(v.R.Context(), v.Actor, v.Typed("number"))
	return findable(err)
}

func (d desk) askMotherFound(v *portal.Visit, f *form) portal.Question {
	return d.foundQuestion(v, "mother", v.Say("birth.mother-found"), f.Mother)
}

func (d desk) askFather(v *portal.Visit, _ *form) portal.Question {
	return portal.Question{
		Title: v.Say("birth.father"), Fields: []portal.Field{numberField(v, v.Say("birth.father-number"))},
		Other: &portal.Button{Name: "none", Value: "yes", Text: v.Say("birth.father-none")},
	}
}

func (d desk) readFather(v *portal.Visit, f *form) (err error) {
	f.Entry.FatherUnknown, f.Father = v.Typed("none") == "yes", births.Found{}
	if f.Entry.FatherUnknown {
		return nil
	}
	f.Father, err = d.Find(v.R.Context(), v.Actor, v.Typed("number"))
	return findable(err)
}

func (d desk) askFatherFound(v *portal.Visit, f *form) portal.Question {
	return d.foundQuestion(v, "father", v.Say("birth.father-found"), f.Father)
}

func (d desk) foundQuestion(v *portal.Visit, who, title string, found births.Found) portal.Question {
	return portal.Question{
		Title: title, Facts: d.foundFacts(v, found), Button: v.Say("birth.found-yes"),
		Other: &portal.Button{Name: "to", Value: who, Text: v.Say("birth.found-no")},
	}
}

func (d desk) foundFacts(v *portal.Visit, found births.Found) []portal.Fact {
	facts := []portal.Fact{{Label: v.Say("birth.person"), Value: v.Name(found.Name)}}
	if !found.Born.IsZero() {
		facts = append(facts, portal.Fact{Label: v.Say("birth.born-on"), Value: portal.Escaped(v.Day(found.Born))})
	}
	if found.Settlement != "" {
		facts = append(facts, portal.Fact{Label: v.Say("birth.lives"), Value: v.Text(d.place(found.Settlement))})
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
