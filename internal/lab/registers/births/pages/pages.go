// Package pages is the desk of the registrar: the births that were recorded, and a
// form that records one, a question a page.
//
// A national number is printed only in the field in which it was just typed
// wrongly.
package pages

import (
	"context"
	"embed"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/lab/registers/births"
	"dobosh/internal/law"
	"dobosh/internal/portal"
)

//go:embed templates
var templates embed.FS

// Registrar records births; [births.Registrar] does.
type Registrar interface {
	Find(ctx context.Context, by act.Actor, number string) (births.Found, error)
	Record(ctx context.Context, by act.Actor, e births.Entry) (births.Birth, error)
	List(ctx context.Context, by act.Actor, after page.Key) (page.Page[births.Birth], error)
}

// desk is where births are recorded.
type desk struct {
	Registrar
	pack *law.Pack // names of places
}

// New brings the desk.
func New(r Registrar, pack *law.Pack) portal.Room {
	d, registrar := desk{r, pack}, act.Only(identity.Registrar)
	entry := d.entry()
	return portal.Room{
		Templates: templates,
		Pages: []portal.Page{
			{Pattern: "GET /births", Right: registrar, Do: d.list},
			{Pattern: "GET /births/new", Right: registrar, Do: func(v *portal.Visit) error {
				return entry.Begin(v, "mother", form{Token: id.New(), Live: true})
			}},
			{Pattern: "POST /births/new", Right: registrar, Do: entry.Continue},
			{Pattern: "GET /births/recorded", Right: registrar, Do: func(v *portal.Visit) error {
				return v.Show("birth-recorded", v.Say("recorded.title"), nil)
			}},
		},
		Nav:  []portal.Nav{{Path: "/births", Key: "nav.births", Order: 300, Whom: portal.Holds(identity.Registrar)}},
		Home: []portal.Home{{Order: 300, Whom: portal.Holds(identity.Registrar), Do: func(v *portal.Visit) error { return v.To("/births") }}},
	}
}

type birthsView struct {
	Births []birthRow
	Next   string
}

type birthRow struct {
	births.Birth
	PlaceName lang.Text
}

func (d desk) list(v *portal.Visit) error {
	list, err := d.List(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	view := birthsView{Next: v.More(list.Next)}
	for _, b := range list.Items {
		view.Births = append(view.Births, birthRow{b, d.place(b.Place)})
	}
	return v.Show("births", v.Say("nav.births"), view)
}

// place names a place; a code that the pack does not know stands for itself.
func (d desk) place(code string) lang.Text {
	if place, ok := d.pack.Place(code); ok {
		return place.Name
	}
	return lang.Text{"sr": code, "en": code}
}
