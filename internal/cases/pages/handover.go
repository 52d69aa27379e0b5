package pages

import (
	"errors"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
)

// toWhom offers the other officers by name.
func (r *room) toWhom(v *portal.Visit, q *portal.Question) error {
	others, err := r.Colleagues(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	for i := range q.Fields {
		f := &q.Fields[i]
		if f.Name != "officer" {
			continue
		}
		f.Kind, f.Options = "list", []portal.Option{{Value: "", Label: v.Say("case.hand.nobody"), Chosen: f.Value == ""}}
		for _, o := range others {
			name := o.Name
			if name == "" {
				name = o.Account
			}
			f.Options = append(f.Options, portal.Option{Value: o.Account, Label: string(v.Name(name)), Chosen: f.Value == o.Account})
		}
	}
	return nil
}

// handSeveral gives the chosen cases away together, for one reason, and tells of each what became of it.
func (r *room) handSeveral(v *portal.Visit, all []chosen) error {
	view := severalView{Done: true}
	for _, one := range all {
		c, err := r.Brief(v.R.Context(), v.Actor, one.Number)
		if err != nil {
			return err
		}
		shown := severalRow{row: r.rowOf(c), Chosen: one.String()}
		shown.Path = "/desk" + shown.Path
		view.Rows = append(view.Rows, shown)
	}
	var in cases.Handover
	fields := cases.HandoverFields()
	asked := func(refused error) error {
		q := portal.Question{
			Title: v.Say("case.hand"), Lead: []string{v.Say("case.hand-several", "n", len(all)), v.Say("case.hand-lead")}, Action: "/desk/cases", Button: v.Say("case.hand-button"),
			Hidden: []portal.Hidden{{Name: "do", Value: "hand"}}, Links: []portal.Link{{URL: "/desk/cases", Text: v.Say("cases.several.back")}},
		}
		for _, one := range all {
			q.Hidden = append(q.Hidden, portal.Hidden{Name: "case", Value: one.String()})
		}
		q.Fields = portal.Asking(v, &in, fields...)
		if err := r.toWhom(v, &q); err != nil {
			return err
		}
		if refused != nil && !q.Refuse(v, refused) {
			return refused
		}
		return v.Ask(q)
	}
	if !v.R.PostForm.Has("why") {
		return asked(nil)
	}
	if err := act.Take(v.R.Context(), &in, act.FromValues(v.R.PostForm), fields...); err != nil {
		return asked(err)
	}
	for i, one := range all {
		in.Number, in.Version = one.Number, one.Version
		err := r.HandTo(v.R.Context(), v.Actor, in)
		p, is := errors.AsType[*problem.Problem](err)
		switch {
		case err == nil:
			view.Rows[i].Says = v.Say("cases.several.done")
		case is && p.Kind == problem.Invalid && i == 0:
			return asked(err)
		case is && p.Kind != problem.Internal:
			view.Rows[i].Says = v.SaidProblem(p.Code, p.Args)
		default:
			return err
		}
	}
	return v.Show("desk-several", v.Say("cases.several"), view)
}
