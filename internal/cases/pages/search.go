package pages

import (
	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/portal"
)

// personPage finds the cases of a person. Their number is sent with a form, and stands in no address.
const personPage = "/desk/cases/person"

// sought is who is looked for.
type sought struct{ Number string }

// search is the part of the desk that finds cases.
func (r *room) search() []portal.Page {
	officer := cases.RightToHandle()
	return []portal.Page{
		{Pattern: "GET " + personPage, Right: officer, Do: r.person},
		{Pattern: "POST " + personPage, Right: officer, Do: r.person},
	}
}

// person asks for a number and shows the cases of whose it is. That the officer sees them is told to the person.
func (r *room) person(v *portal.Visit) error {
	in := sought{}
	number := act.OfNational("number", func(in *sought) *string { return &in.Number }, act.Says("cases.person.number"))
	q := portal.Question{
		Title: v.Say("cases.person"), Lead: []string{v.Say("cases.person-lead")}, Action: personPage, Fields: portal.Asking(v, &in, number), Button: v.Say("cases.person-button"),
		Links: []portal.Link{{URL: "/desk/cases", Text: v.Say("case.back")}},
	}
	if v.R.Method != "POST" {
		return v.Ask(q)
	}
	v.Here = personPage
	err := act.Take(v.R.Context(), &in, act.FromValues(v.R.PostForm), number)
	if err != nil {
		if !q.Refuse(v, err) {
			return err
		}
		return v.Ask(q)
	}
	whose, err := jmbg.Parse(in.Number)
	if err != nil {
		return err
	}
	found, err := r.OfPerson(v.R.Context(), v.Actor, whose)
	if err != nil {
		return err
	}
	list := r.table(v, false)
	list.Caption, list.Headed, list.Empty = "cases.person.found", false, "cases.person.none"
	if q.Body, err = list.Show(v, found); err != nil {
		return err
	}
	return v.Ask(q)
}
