package web

import (
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
)

// serviceView is a public service in a few words.
type serviceView struct {
	Title   lang.Text
	Summary lang.Text
}

// services lists what this portal gives today, on the node that gives it.
func (v *visit) services() []serviceView {
	if v.Pack == nil || v.Offers == nil {
		return nil
	}
	var all []serviceView
	for _, s := range v.Pack.Services() {
		if s.Holds(civil.Of(v.Now())) {
			all = append(all, serviceView{s.Title, s.Summary})
		}
	}
	return all
}
