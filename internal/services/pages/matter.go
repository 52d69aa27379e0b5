package pages

import (
	"context"
	"html/template"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/portal"
	"dobosh/internal/services"
)

// Matters finds what of the public services belongs to a case.
type Matters interface {
	MatterOf(ctx context.Context, id string) (services.Matter, error)
}

// matter is the piece of a case about a public service: the way to the offer, to the decision, and
// for officers to what they have to find out.
func (r *room) matter(v *portal.Visit, about any) (template.HTML, error) {
	c, ok := about.(cases.View)
	if !ok {
		return "", nil
	}
	m, err := r.MatterOf(v.R.Context(), c.ID)
	if err != nil {
		return "", err
	}
	return v.Render("case-matter", struct {
		services.Matter
		Own, Open bool
	}{m, c.Own, !c.Ended()})
}

// paper leads from a letter about a case to the decision in it, which is a paper.
func (r *room) paper(v *portal.Visit, about any) (template.HTML, error) {
	id, ok := about.(string)
	if !ok {
		return "", nil
	}
	m, err := r.MatterOf(v.R.Context(), id)
	if err != nil || m.Decision == "" {
		return "", err
	}
	return v.Render("letter-paper", m)
}

// appeal is the page on which a party says what they have against a decision.
func (r *room) appeal(a act.Act) portal.ActPage {
	return portal.ActPage{
		Act: a, Back: portal.Nav{Path: "/decisions/{decision}", Key: "appeal.back"},
		Next: func(_ *portal.Visit, done any) string { number, _ := done.(string); return "/cases/" + number },
		Ask: func(v *portal.Visit, q *portal.Question) error {
			last, late, unchecked, err := r.AppealUntil(v.R.Context(), v.Actor, v.R.PathValue("decision"))
			if err != nil {
				return err
			}
			says := "appeal.until"
			if late {
				says = "appeal.late"
			}
			if !last.IsZero() {
				q.Lead = append(q.Lead, v.Say(says, "day", v.Day(last)))
				if unchecked {
					q.Lead = append(q.Lead, v.Say("decision.unchecked"))
				}
			}
			return nil
		},
	}
}
