// Package pages is the desk of the registrar: the births that were recorded, and a
// form that records one, a question a page.
//
// A national number is printed only in the field in which it was just typed
// wrongly.
package pages

import (
	"context"
	"embed"
	"html/template"
	"strconv"

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

// Invented is a birth with which the form of a demonstration begins.
type Invented struct {
	Mother, Father string       // national numbers; no father where nobody knows him
	Entry          births.Entry // without token and parents
}

// desk is where births are recorded.
type desk struct {
	Registrar
	pack   *law.Pack       // names of places
	invent func() Invented // nil where nothing is invented
}

// New brings the desk. With invent, which may be nil, it has a form that is filled in with an invented
// birth and only has to be confirmed.
func New(r Registrar, pack *law.Pack, invent func() Invented) portal.Room {
	d, registrar := desk{r, pack, invent}, births.RightToRecord()
	entry := d.entry()
	room := portal.Room{
		Templates: templates,
		Pages: []portal.Page{
			{Pattern: "GET /births", Right: registrar, Do: d.list},
			{Pattern: "GET /births/new", Right: registrar, Do: func(v *portal.Visit) error {
				return entry.Begin(v, "mother", form{Entry: births.Entry{Token: id.New(), Live: true}})
			}},
			{Pattern: "POST /births/new", Right: registrar, Do: entry.Continue},
			{Pattern: "GET /births/recorded", Right: registrar, Do: func(v *portal.Visit) error {
				return v.Show("birth-recorded", v.Say("recorded.title"), nil)
			}},
		},
		Nav:  []portal.Nav{{Path: "/births", Key: "nav.births", Order: 300, Setting: portal.Staff, Whom: portal.Holds(identity.Registrar)}},
		Home: []portal.Home{{Order: 300, Whom: portal.Holds(identity.Registrar), Do: func(v *portal.Visit) error { return v.To("/births") }}},
	}
	if invent != nil {
		room.Pages = append(room.Pages, portal.Page{Pattern: "POST /births/invented", Right: registrar, Do: func(v *portal.Visit) error { return d.invented(v, entry) }})
	}
	return room
}

// invented shows an invented birth before it is recorded. The parents are looked for in the residence register, as
// by a registrar who has typed their numbers.
func (d desk) invented(v *portal.Visit, entry *portal.Wizard[form]) (err error) {
	of := d.invent()
	f := form{Entry: of.Entry, Told: true}
	f.Entry.Token = id.New()
	if f.Mother, err = d.Find(v.R.Context(), v.Actor, of.Mother); err != nil {
		return err
	}
	if f.Entry.FatherUnknown = of.Father == ""; !f.Entry.FatherUnknown {
		if f.Father, err = d.Find(v.R.Context(), v.Actor, of.Father); err != nil {
			return err
		}
	}
	return entry.Begin(v, "check", f)
}

// births are all that were recorded, below the button that records one more.
func (d desk) births() portal.List[births.Birth] {
	type birth = births.Birth
	known := func(v *portal.Visit, name string) template.HTML {
		if name == "" {
			return portal.Escaped(v.Say("word.unknown"))
		}
		return v.Name(name)
	}
	return portal.List[birth]{
		Path: "/births", Title: "nav.births",
		Find: func(v *portal.Visit, w portal.Wanted) (page.Page[birth], error) {
			return d.List(v.R.Context(), v.Actor, w.After)
		},
		Table: portal.Table[birth]{Caption: "births.recorded", Empty: "births.none", Columns: []portal.Column[birth]{
			{Key: "col.child", Cell: func(v *portal.Visit, b birth) template.HTML { return v.Name(b.GivenName) + " " + v.Name(b.FamilyName) }},
			{Key: "col.born", Kind: portal.When, Cell: func(v *portal.Visit, b birth) template.HTML { return portal.Escaped(v.Day(b.Born)) }},
			{Key: "col.place", Cell: func(v *portal.Visit, b birth) template.HTML { return v.Text(d.place(b.Place)) }},
			{Key: "col.mother", Cell: func(v *portal.Visit, b birth) template.HTML { return v.Name(b.MotherName) }},
			{Key: "col.father", Cell: func(v *portal.Visit, b birth) template.HTML { return known(v, b.FatherName) }},
			{Key: "col.order", Kind: portal.Figures, Cell: func(v *portal.Visit, b birth) template.HTML {
				if b.Order == nil {
					return known(v, "")
				}
				return portal.Escaped(strconv.Itoa(*b.Order))
			}},
			{Key: "col.recorded", Kind: portal.When, Cell: func(v *portal.Visit, b birth) template.HTML { return portal.Escaped(v.Instant(b.RecordedAt)) }},
		}},
	}
}

// listView is the list below what a registrar can begin.
type listView struct {
	Recorded template.HTML
	Invents  bool
}

func (d desk) list(v *portal.Visit) error {
	recorded, err := d.births().Part(v)
	if err != nil {
		return err
	}
	return v.Show("births", v.Say("nav.births"), listView{recorded, d.invent != nil})
}

// place names a place; a code that the pack does not know stands for itself.
func (d desk) place(code string) lang.Text {
	if place, ok := d.pack.Place(code); ok {
		return place.Name
	}
	return lang.Text{"sr": code, "en": code}
}
