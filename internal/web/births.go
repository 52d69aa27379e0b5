package web

import (
	"dobosh/internal/kit/lang"
	"dobosh/internal/lab/registers/births"
)

type birthsView struct {
	Births []birthRow
	Next   string
}

type birthRow struct {
	births.Birth
	PlaceName lang.Text
}

func (p *pages) birthRoutes() {
	p.signedIn("GET /births", p.birthList)
	p.signedIn("GET /births/new", p.beginBirth)
	p.signedIn("POST /births/new", p.continueBirth)
	p.signedIn("GET /births/recorded", func(v *visit) error {
		return v.Show("birth-recorded", v.Say("recorded.title"), nil)
	})
}

func (p *pages) birthList(v *visit) error {
	list, err := p.Registrar.List(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	view := birthsView{Next: v.More(list.Next)}
	for _, b := range list.Items {
		view.Births = append(view.Births, birthRow{b, p.place(b.Place)})
	}
	return v.Show("births", v.Say("nav.births"), view)
}

// place names a place; a code that the pack does not know stands for itself.
func (p *pages) place(code string) lang.Text {
	if p.Pack != nil {
		if place, ok := p.Pack.Place(code); ok {
			return place.Name
		}
	}
	return lang.Text{"sr": code, "en": code}
}
