package pages

import (
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
)

// serviceView is a public service in a few words.
type serviceView struct {
	Title   lang.Text
	Summary lang.Text
}

// services lists what this portal gives today.
func (r *room) given(v *portal.Visit) []serviceView {
	var all []serviceView
	for _, s := range r.pack.Services() {
		if s.Holds(civil.Of(v.Now())) {
			all = append(all, serviceView{s.Title, s.Summary})
		}
	}
	return all
}
