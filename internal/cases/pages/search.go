package pages

import (
	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
)

// personPage finds the cases of a person. Their number and their name are sent with a form, and stand in no address.
const personPage = "/desk/cases/person"

// sought is who is looked for.
type sought struct{ Number, Name string }

// search is the part of the desk that finds cases.
func (r *room) search() []portal.Page {
	officer := cases.RightToHandle()
	return []portal.Page{
		{Pattern: "GET " + personPage, Right: officer, Do: r.person},
		{Pattern: "POST " + personPage, Right: officer, Do: r.person},
	}
}

// person asks for a number or a name and shows the cases of whose it is. That the officer sees them is told to the person.
func (r *room) person(v *portal.Visit) error {
	in := sought{}
	fields := []act.Field[sought]{
		act.OfNational("number", func(in *sought) *string { return &in.Number }, act.Says("cases.person.number"), act.Optional()),
		act.OfLine("name", func(in *sought) *string { return &in.Name }, act.Says("cases.person.name"), act.Most(100), act.Optional()),
	}
	q := portal.Question{
		Title: v.Say("cases.person"), Lead: []string{v.Say("cases.person-lead")}, Action: personPage, Fields: portal.Asking(v, &in, fields...), Button: v.Say("cases.person-button"),
		Links: []portal.Link{{URL: "/desk/cases", Text: v.Say("case.back")}},
	}
	if v.R.Method != "POST" {
		return v.Ask(q)
	}
	v.Here = personPage
	err := act.Take(v.R.Context(), &in, act.FromValues(v.R.PostForm), fields...)
	var found []cases.Case
	if err == nil {
		found, err = r.sought(v, in)
	}
	if err != nil {
		if !q.Refuse(v, err) {
			return err
		}
		return v.Ask(q)
	}
	list := r.table(v, false)
	list.Caption, list.Headed, list.Empty = "cases.person.found", false, "cases.person.none"
	if q.Body, err = list.Show(v, found); err != nil {
		return err
	}
	return v.Ask(q)
}

// sought finds the cases of whoever is looked for: by the number, where one was given.
func (r *room) sought(v *portal.Visit, who sought) ([]cases.Case, error) {
	switch {
	case who.Number != "":
		number, err := jmbg.Parse(who.Number)
		if err != nil {
			return nil, err
		}
		return r.OfPerson(v.R.Context(), v.Actor, number)
	case who.Name != "":
		return r.OfName(v.R.Context(), v.Actor, who.Name)
	}
	return nil, problem.New(problem.Invalid, "form-incomplete").At("number", "number-form")
}

// who says who is heard in a case and how they are reached. The person sees that it was looked at.
func (r *room) who(v *portal.Visit) error {
	number := v.R.PathValue("number")
	all, err := r.Who(v.R.Context(), v.Actor, number)
	if err != nil {
		return err
	}
	q := portal.Question{
		Title: v.Say("case.who"), Lead: []string{v.Say("case.who-lead")},
		Links: []portal.Link{{URL: "/desk/cases/" + number, Text: v.Say("case.back")}},
	}
	for _, w := range all {
		says := "case.who.about"
		switch {
		case w.Role != "":
			says = "case.role." + string(w.Role)
		case w.Asked:
			says = "case.who.asked"
		}
		name := portal.Escaped(v.Say("case.who.unnamed"))
		if w.Name != "" {
			name = v.Name(w.Name)
		}
		q.Facts = append(q.Facts, portal.Fact{Label: v.Say(says), Value: name})
		for _, way := range w.Ways {
			q.Facts = append(q.Facts, portal.Fact{Label: v.Say("case.who." + string(way.Channel)), Value: v.Code(way.To)})
		}
		if len(w.Ways) == 0 {
			q.Facts = append(q.Facts, portal.Fact{Label: v.Say("case.who.ways"), Value: portal.Escaped(v.Say("case.who.unreached"))})
		}
	}
	return v.Ask(q)
}
