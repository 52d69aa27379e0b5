package portal

import (
	"html/template"
	"slices"

	"dobosh/internal/kit/lang"
)

// spoken is how much one language says, of one room or of all.
type spoken struct {
	lang.Completeness
	InPart []lang.Completeness // rooms of which it does not say everything; of a language
}

// languages shows how complete each language is, and where one is not.
func (v *Visit) languages() error {
	var all []spoken
	for _, c := range v.Catalogue.Completeness() {
		i := slices.IndexFunc(all, func(s spoken) bool { return s.Tag == c.Tag })
		if i < 0 {
			i, all = len(all), append(all, spoken{Completeness: lang.Completeness{Tag: c.Tag, Reviewed: true}})
		}
		one := &all[i]
		one.Said, one.Of, one.Reviewed = one.Said+c.Said, one.Of+c.Of, one.Reviewed && c.Reviewed
		if c.Said < c.Of {
			one.InPart = append(one.InPart, c)
		}
	}
	var view struct {
		All    template.HTML
		InPart []inPartView
	}
	var err error
	if view.All, err = languageTable().Show(v, all); err != nil {
		return err
	}
	for _, one := range all {
		if len(one.InPart) == 0 {
			continue
		}
		rooms, err := roomTable().Show(v, one.InPart)
		if err != nil {
			return err
		}
		view.InPart = append(view.InPart, inPartView{ownName(one.Tag), rooms})
	}
	return v.Show("languages", v.Say("languages.title"), view)
}

type inPartView struct{ Name, Rooms template.HTML }

// ownName is what a language calls itself, marked as being in it.
func ownName(tag lang.Tag) template.HTML { return marked(tag, tag.Name()) }

func languageTable() Table[spoken] {
	return Table[spoken]{Caption: "languages.title", Headed: true, Columns: []Column[spoken]{
		{Key: "languages.language", Cell: func(_ *Visit, s spoken) template.HTML { return ownName(s.Tag) }},
		{Key: "languages.said", Kind: Figures, Cell: func(v *Visit, s spoken) template.HTML { return saidOf(v, s.Completeness) }},
		{Key: "languages.state", Cell: func(v *Visit, s spoken) template.HTML {
			if s.Reviewed {
				return Tag(v.Say("languages.in-use"), true)
			}
			return Tag(v.Say("languages.draft"), false)
		}},
	}}
}

func roomTable() Table[lang.Completeness] {
	return Table[lang.Completeness]{Caption: "languages.rooms", Headed: true, Columns: []Column[lang.Completeness]{
		{Key: "languages.room", Kind: Codes, Cell: func(_ *Visit, c lang.Completeness) template.HTML { return Escaped(c.Room) }},
		{Key: "languages.said", Kind: Figures, Cell: saidOf},
	}}
}

func saidOf(v *Visit, c lang.Completeness) template.HTML {
	return Escaped(v.Say("languages.said-of", "said", v.Number(c.Said), "of", v.Number(c.Of)))
}
