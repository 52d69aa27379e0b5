package web

import (
	"html/template"

	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers/births"
)

// numberField asks for a national number. What was typed is shown again only
// while it is wrong.
func (v *visit) numberField(label string) field {
	return field{Name: "number", Kind: "text", Label: label, Hint: v.say("birth.number-hint"), Value: v.typed("number"), Mode: "numeric", Complete: "off", Most: 13}
}

func (v *visit) askMother(*birthForm) question {
	return question{Title: v.say("birth.mother"), Fields: []field{v.numberField(v.say("birth.mother-number"))}}
}

func (v *visit) readMother(f *birthForm) (err error) {
	f.Mother, err = v.Registrar.Find(v.r.Context(), v.actor, v.typed("number"))
	return findable(err)
}

func (v *visit) askMotherFound(f *birthForm) question {
	return v.foundQuestion("mother", v.say("birth.mother-found"), f.Mother)
}

func (v *visit) askFather(*birthForm) question {
	return question{
		Title: v.say("birth.father"), Fields: []field{v.numberField(v.say("birth.father-number"))},
		Other: &button{"none", "yes", v.say("birth.father-none")},
	}
}

func (v *visit) readFather(f *birthForm) (err error) {
	f.NoFather, f.Father = v.typed("none") == "yes", births.Found{}
	if f.NoFather {
		return nil
	}
	f.Father, err = v.Registrar.Find(v.r.Context(), v.actor, v.typed("number"))
	return findable(err)
}

func (v *visit) askFatherFound(f *birthForm) question {
	return v.foundQuestion("father", v.say("birth.father-found"), f.Father)
}

func (v *visit) foundQuestion(who, title string, found births.Found) question {
	return question{
		Title: title, Facts: v.foundFacts(found), Button: v.say("birth.found-yes"),
		Other: &button{"to", who, v.say("birth.found-no")},
	}
}

func (v *visit) foundFacts(found births.Found) []fact {
	facts := []fact{{Label: v.say("birth.person"), Value: v.name(found.Name)}}
	if !found.Born.IsZero() {
		facts = append(facts, fact{Label: v.say("birth.born-on"), Value: escaped(v.day(found.Born))})
	}
	if found.Settlement != "" {
		facts = append(facts, fact{Label: v.say("birth.lives"), Value: v.text(v.place(found.Settlement))})
	}
	if found.Resident != nil && !*found.Resident {
		facts = append(facts, fact{Label: v.say("birth.residence"), Value: escaped(v.say("birth.not-resident"))})
	}
	return facts
}

func escaped(s string) template.HTML {
	return template.HTML(template.HTMLEscapeString(s)) //nolint:gosec // escaped here
}

// findable puts "nobody has this number" beside the field, where the registrar
// can correct it; what is not about the number stays a page of its own.
func findable(err error) error {
	if problem.HasCode(err, "resident-unknown") || problem.HasCode(err, "person-unknown") || problem.HasCode(err, "nothing-known") {
		return problem.New(problem.Invalid, "number-invalid").At("number", "person-unknown").Because(err)
	}
	return err
}
