package pages

import (
	"context"
	"slices"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/portal"
)

// Absences are what officers say of being away.
type Absences interface {
	Away(ctx context.Context, by act.Actor) ([]cases.Absence, error)
	Covering(ctx context.Context, by act.Actor) ([]cases.Absence, error)
	Deputies(ctx context.Context, by act.Actor) ([]act.Actor, error)
	Named(ctx context.Context, accounts ...string) (map[string]string, error)

	Leaving() (act.Act, error)
	ComingBack() (act.Act, error)
}

// covers are the names of those who are away today and for whom the officer sees to the cases.
func (r *room) covers(v *portal.Visit) (names []string, err error) {
	covered, err := r.Covering(v.R.Context(), v.Actor)
	if err != nil || len(covered) == 0 {
		return nil, err
	}
	var accounts []string
	for _, a := range covered {
		accounts = append(accounts, a.Account)
	}
	named, err := r.Named(v.R.Context(), accounts...)
	for _, account := range accounts {
		if name := named[account]; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, err
}

// absenceView is an absence in the words of its page.
type absenceView struct {
	ID       string
	From, To civil.Day
	Deputy   string
}

// absences are the pages on which an officer says when they are away.
func (r *room) absences() ([]portal.Page, error) {
	acts, err := act.All(r.Leaving, r.ComingBack)
	if err != nil {
		return nil, err
	}
	here := func(*portal.Visit, any) string { return "/desk/absence" }
	leave := portal.ActPage{Act: acts[0], Back: portal.Nav{Path: "/desk/cases", Key: "cases.several.back"}, Next: here, Ask: r.askAbsence}
	back := portal.ActPage{Act: acts[1], Back: portal.Nav{Path: "/desk/absence", Key: "absence.leave"}, Next: here}
	return slices.Concat(leave.Pages(), back.Pages()), nil
}

// askAbsence offers the deputies by name, and shows the absences that are known.
func (r *room) askAbsence(v *portal.Visit, q *portal.Question) error {
	may, err := r.Deputies(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	for i := range q.Fields {
		if f := &q.Fields[i]; f.Name == "deputy" {
			f.Kind = "choice"
			for _, other := range may {
				f.Options = append(f.Options, portal.Option{Value: other.Account, Label: string(v.Name(other.Name))})
			}
			if len(may) == 0 {
				f.Hint = v.Say("absence.nobody")
			}
		}
	}
	away, err := r.ownAbsences(v)
	if err != nil {
		return err
	}
	q.Body, err = v.Render("absences", away)
	return err
}

// ownAbsences are the absences of the officer that are not over.
func (r *room) ownAbsences(v *portal.Visit) (all []absenceView, err error) {
	away, err := r.Away(v.R.Context(), v.Actor)
	if err != nil || len(away) == 0 {
		return nil, err
	}
	var accounts []string
	for _, a := range away {
		accounts = append(accounts, a.Deputy)
	}
	named, err := r.Named(v.R.Context(), accounts...)
	for _, a := range away {
		all = append(all, absenceView{a.ID, a.From, a.To, named[a.Deputy]})
	}
	return all, err
}
