package pages

import (
	"context"
	"html/template"

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
