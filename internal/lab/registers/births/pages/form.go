package pages

import (
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/portal"
)

// life is how long an entry may take; the handles of the parents live as long.
const life = 30 * time.Minute

// form is what the registrar has answered so far.
type form struct {
	Token    string       `json:"token"`
	Mother   births.Found `json:"mother"`
	Father   births.Found `json:"father"`
	NoFather bool         `json:"no_father"`
	Number   string       `json:"number"`
	Born     civil.Day    `json:"born,omitzero"`
	Sex      jmbg.Sex     `json:"sex"`
	Live     bool         `json:"live"`
	Given    string       `json:"given"`
	Family   string       `json:"family"`
	Place    string       `json:"place"`
	Previous *int         `json:"previous"` // nil where it is not known
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
				if f.NoFather {
					return "number"
				}
				return "father-found"
			}},
			{Name: "father-found", Ask: d.askFatherFound, Read: accepted, Follows: true},
			{Name: "number", Ask: d.askNumber, Read: d.readNumber},
			{Name: "birth", Ask: d.askBirth, Read: d.readBirth},
			{Name: "name", Ask: d.askName, Read: d.readName},
			{Name: "place", Ask: d.askPlace, Read: d.readPlace},
			{Name: "order", Ask: d.askOrder, Read: d.readOrder},
			{Name: "check", Ask: d.askCheck, Read: d.record},
		},
		Done: func(*form) string { return "/births/recorded" },
	}
}

func accepted(*portal.Visit, *form) error { return nil }
