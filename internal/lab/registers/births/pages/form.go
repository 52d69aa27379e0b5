package pages

import (
	"time"

	"dobosh/internal/lab/registers/births"
	"dobosh/internal/portal"
)

// life is how long an entry may take; the handles of the parents live as long.
const life = 30 * time.Minute

// form is what the registrar has answered so far.
type form struct {
	Entry  births.Entry `json:"entry"`
	Mother births.Found `json:"mother"`
	Father births.Found `json:"father"`
	Told   bool         `json:"told"` // how many were born before was answered with a number
}

// entry asks for everything that is recorded about a birth. A parent who was
// found is shown before the next question, also to whoever changes one.
func (d desk) entry() *portal.Wizard[form] {
	type step = portal.Step[form]
	return &portal.Wizard[form]{
		Path: "/births/new", Life: life, Stop: portal.Nav{Path: "/births", Key: "birth.stop"},
		Steps: []step{
			{Name: "mother", Ask: d.askMother, Read: d.readMother},
			{Name: "mother-found", Ask: d.askMotherFound, Read: accepted, Follows: true},
			{Name: "father", Ask: d.askFather, Read: d.readFather, Next: func(f *form) string {
				if f.Entry.FatherUnknown {
					return "number"
				}
				return "father-found"
			}},
			{Name: "father-found", Ask: d.askFatherFound, Read: accepted, Follows: true},
			d.number(),
			d.asks("birth", "birth.birth", "born", "hour", "sex", "live"),
			d.asks("name", "birth.name", "given_name", "family_name"),
			d.settlement(),
			d.order(),
			{Name: "check", Ask: d.askCheck, Read: d.record, Besides: askChecked},
		},
		Done: func(*form) string { return "/births/recorded" },
	}
}

func accepted(*portal.Visit, *form) error { return nil }
