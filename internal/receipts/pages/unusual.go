package pages

import (
	"context"
	"html/template"

	"dobosh/internal/act"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/receipts"
)

// Watching is what is unusual about the looks of officers; [receipts.Watch] is one.
type Watching interface {
	Unusual(ctx context.Context, by act.Actor, after page.Key) (page.Page[receipts.Noted], error)
	Find(ctx context.Context, by act.Actor, look string) (receipts.Noted, error)
	ExplainAct() (act.Act, error)
}

const unusualPath = "/desk/unusual"

type watch struct{ Watching }

// NewWatch brings the pages of whoever protects personal data, and of the officers who
// explain why they looked.
func NewWatch(w Watching) (portal.Room, error) {
	p := watch{w}
	explain, err := w.ExplainAct()
	if err != nil {
		return portal.Room{}, err
	}
	either := act.Only(append(receipts.RightToProtect().Roles, receipts.RightToExplain().Roles...)...)
	return portal.Room{
		Templates: templates,
		Pages: append([]portal.Page{{Pattern: "GET " + unusualPath, Right: either, Do: p.unusual}}, portal.ActPage{
			Act: explain, Back: portal.Nav{Path: unusualPath, Key: "unusual.back"}, Ask: p.describe,
			Next: func(*portal.Visit, any) string { return unusualPath },
		}.Pages()...),
		Nav: []portal.Nav{{Path: unusualPath, Key: "nav.unusual", Order: 270, Setting: portal.Staff, Whom: either.Lets}},
	}, nil
}

type unusualView struct {
	All  bool // the reader sees everybody's looks, and not their own alone
	List template.HTML
}

func (p watch) unusual(v *portal.Visit) error {
	list, err := p.list().Part(v)
	if err != nil {
		return err
	}
	return v.Show("unusual", v.Say("unusual.title"), unusualView{receipts.RightToProtect().Lets(v.Actor), list})
}

func (p watch) list() portal.List[receipts.Noted] {
	type noted = receipts.Noted
	return portal.List[noted]{
		Path: unusualPath,
		Find: func(v *portal.Visit, w portal.Wanted) (page.Page[noted], error) {
			return p.Unusual(v.R.Context(), v.Actor, w.After)
		},
		Table: portal.Table[noted]{Caption: "unusual.list", Headed: true, Empty: "unusual.none", Columns: []portal.Column[noted]{
			{Key: "unusual.when", Kind: portal.When, Cell: func(v *portal.Visit, n noted) template.HTML { return portal.Escaped(v.Instant(n.At)) }},
			{Key: "unusual.who", Cell: func(v *portal.Visit, n noted) template.HTML { return v.Code(n.Account) }},
			{Key: "unusual.matter", Cell: func(v *portal.Visit, n noted) template.HTML { return v.Code(n.Matter) }},
			{Key: "unusual.why", Cell: reasons},
			{Key: "unusual.said", Cell: func(v *portal.Visit, n noted) template.HTML {
				switch {
				case n.Said != "":
					return `<blockquote>` + portal.Escaped(n.Said) + `</blockquote>`
				case n.Account == v.Actor.Account:
					return portal.Anchor(unusualPath+"/"+n.ID+"/explain", portal.Escaped(v.Say("unusual.explain"))+`<span class="unseen">: `+portal.Escaped(v.Instant(n.At))+`</span>`)
				}
				return portal.Tag(v.Say("unusual.unsaid"), false)
			}},
		}},
	}
}

// reasons says each thing that is unusual.
func reasons(v *portal.Visit, n receipts.Noted) (all template.HTML) {
	for i, code := range n.Why {
		if i > 0 {
			all += "<br>"
		}
		all += portal.Escaped(v.Say("unusual." + code))
	}
	return all
}

// describe says on the page of the act which look it is about.
func (p watch) describe(v *portal.Visit, q *portal.Question) error {
	n, err := p.Find(v.R.Context(), v.Actor, v.R.PathValue("look"))
	if err != nil {
		return err
	}
	q.Facts = []portal.Fact{
		{Label: v.Say("unusual.when"), Value: portal.Escaped(v.Instant(n.At))},
		{Label: v.Say("unusual.matter"), Value: v.Code(n.Matter)},
		{Label: v.Say("unusual.why"), Value: reasons(v, n)},
	}
	return nil
}
