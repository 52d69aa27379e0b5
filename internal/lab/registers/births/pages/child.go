package pages

import (
	"dobosh/internal/act"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/portal"
)

// asks is a step that asks for some fields of an entry, as the register takes them.
func (d desk) asks(step, title string, names ...string) portal.Step[form] {
	fields := act.Named(births.Fields(), names...)
	return portal.Step[form]{
		Name: step,
		Ask: func(v *portal.Visit, f *form) portal.Question {
			q := portal.Question{Title: v.Say(title), Fields: portal.Asking(v, &f.Entry, fields...)}
			if lead := title + "-lead"; v.Catalogue.Has(lead) {
				q.Lead = []string{v.Say(lead)}
			}
			return q
		},
		Read: func(v *portal.Visit, f *form) error {
			return act.Take(v.R.Context(), &f.Entry, act.FromValues(v.R.PostForm), fields...)
		},
	}
}

// number takes day and sex from the number, so that the registrar only confirms
// them. The number is never shown again once it is right.
func (d desk) number() portal.Step[form] {
	step := d.asks("number", "birth.number", "number")
	read := step.Read
	step.Ask = func(v *portal.Visit, _ *form) portal.Question {
		return portal.Question{Title: v.Say("birth.number"), Lead: []string{v.Say("birth.number-lead")}, Fields: []portal.Field{numberField(v, v.Say("birth.number-label"))}}
	}
	step.Read = func(v *portal.Visit, f *form) error {
		if err := read(v, f); err != nil {
			return err
		}
		number, err := jmbg.Parse(f.Entry.Number)
		f.Entry.Born, f.Entry.Sex = number.Born(), number.Sex()
		return err
	}
	return step
}

// settlement offers the settlements of the pack.
func (d desk) settlement() portal.Step[form] {
	step := d.asks("place", "birth.place", "settlement")
	ask, read := step.Ask, step.Read
	step.Ask = func(v *portal.Visit, f *form) portal.Question {
		q := ask(v, f)
		list := &q.Fields[0]
		list.Kind, list.Options = "list", []portal.Option{{Value: "", Label: v.Say("form.choose"), Chosen: f.Entry.Settlement == ""}}
		for _, place := range d.pack.Places() {
			if place.Kind == "settlement" {
				list.Options = append(list.Options, portal.Option{Value: place.Code, Label: v.Plain(place.Name), Chosen: f.Entry.Settlement == place.Code})
			}
		}
		return q
	}
	step.Read = func(v *portal.Visit, f *form) error {
		if err := read(v, f); err != nil {
			return err
		}
		if _, ok := d.pack.Place(f.Entry.Settlement); !ok {
			return problem.New(problem.Invalid, "form-incomplete").At("settlement", "place-unknown")
		}
		return nil
	}
	return step
}

// order asks how many were born alive before, or takes that nobody knows.
func (d desk) order() portal.Step[form] {
	step := d.asks("order", "birth.order", "previous_live_births")
	ask, read := step.Ask, step.Read
	step.Ask = func(v *portal.Visit, f *form) portal.Question {
		q := ask(v, f)
		q.Other = &portal.Button{Name: "unknown", Value: "yes", Text: v.Say("birth.order-unknown")}
		if !f.Told || f.Entry.OrderUnknown {
			q.Fields[0].Value = ""
		}
		return q
	}
	step.Read = func(v *portal.Visit, f *form) error {
		f.Entry.OrderUnknown = v.Typed("unknown") == "yes"
		if f.Entry.OrderUnknown {
			f.Entry.PreviousLiveBirths = 0
			return nil
		}
		if v.Typed("previous_live_births") == "" {
			return problem.New(problem.Invalid, "form-incomplete").At("previous_live_births", "count-malformed")
		}
		f.Told = true
		return read(v, f)
	}
	return step
}

// sexWord says a sex with the word for a child.
func sexWord(v *portal.Visit, sex jmbg.Sex) string {
	if sex == jmbg.Female {
		return v.Say("birth.girl")
	}
	return v.Say("birth.boy")
}
