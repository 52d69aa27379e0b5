// Package pages lets engineers read the interfaces of a node: which operations
// there are, who may use them and what they take, said from the acts themselves.
// It does not try them.
package pages

import (
	"embed"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/identity"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
)

//go:embed templates
var templates embed.FS

// New brings the pages of the interfaces of a node.
func New(surfaces ...api.Surface) portal.Room {
	r := reader{surfaces}
	return portal.Room{
		Pages: []portal.Page{
			{Pattern: "GET /interfaces", Right: act.Anyone(), Do: r.list},
			{Pattern: "GET /interfaces/{name}", Right: act.Anyone(), Do: r.one},
		},
		Templates: templates,
		Nav:       []portal.Nav{{Path: "/interfaces", Key: "interfaces.title", Order: 690, Whom: portal.Holds(identity.Operator, identity.Contracts)}},
	}
}

type reader struct{ surfaces []api.Surface }

func (r reader) list(v *portal.Visit) error {
	table, err := portal.Table[api.Surface]{Caption: "interfaces.title", Headed: true, Columns: []portal.Column[api.Surface]{
		{Key: "interfaces.interface", Cell: func(v *portal.Visit, s api.Surface) template.HTML {
			return portal.Anchor("/interfaces/"+s.Name, portal.Escaped(v.Say("surface."+s.Name)))
		}},
		{Key: "interfaces.address", Kind: portal.Codes, Cell: func(v *portal.Visit, s api.Surface) template.HTML { return v.Code(s.At) }},
		{Key: "interfaces.operations", Kind: portal.Figures, Cell: func(v *portal.Visit, s api.Surface) template.HTML {
			return portal.Escaped(v.Number(len(s.Acts) + len(s.Bodies)))
		}},
	}}.Show(v, r.surfaces)
	if err != nil {
		return err
	}
	return v.Show("interfaces", v.Say("interfaces.title"), table)
}

type interfaceView struct {
	Title, Described string
	Operations       []operationView
}

type operationView struct {
	Title, Route, Who, Takes string
	Fields                   template.HTML // empty where nothing is asked for
}

func (r reader) one(v *portal.Visit) error {
	i := slices.IndexFunc(r.surfaces, func(s api.Surface) bool { return s.Name == v.R.PathValue("name") })
	if i < 0 {
		return problem.New(problem.NotFound, "page-unknown")
	}
	s := r.surfaces[i]
	view := interfaceView{Title: v.Say("surface." + s.Name), Described: s.At + "/openapi.json"}
	for _, b := range s.Bodies {
		view.Operations = append(view.Operations, operationView{
			Title: v.Say(b.Name), Route: s.Pattern(b.Route), Who: who(v, b.Right),
			Takes: v.Say("interface.takes", "kinds", strings.Join(b.Takes, ", "), "count", v.Number(int(b.Most)), "n", b.Most),
		})
	}
	for _, a := range s.Acts {
		operation := operationView{Title: v.Say(a.Name), Route: s.Pattern(a.Route), Who: who(v, a.Right)}
		if len(a.Fields) > 0 {
			var err error
			if operation.Fields, err = fields(a, operation.Title).Show(v, a.Fields); err != nil {
				return err
			}
		}
		view.Operations = append(view.Operations, operation)
	}
	return v.Show("interface", view.Title, view)
}

// who says a right.
func who(v *portal.Visit, right act.Right) string {
	switch {
	case right.Open:
		return v.Say("interface.everybody")
	case right.SignedIn:
		return v.Say("interface.known")
	}
	roles := make([]string, len(right.Roles))
	for i, role := range right.Roles {
		roles[i] = v.Say("name.role." + string(role))
	}
	return strings.Join(roles, ", ")
}

// fields shows what an act asks for, under its title.
func fields(of act.Act, title string) portal.Table[act.Asked] {
	read := strings.HasPrefix(of.Route, "GET ")
	return portal.Table[act.Asked]{Caption: "interface.fields", With: []any{"act", title}, Columns: []portal.Column[act.Asked]{
		{Key: "interface.field", Cell: func(v *portal.Visit, f act.Asked) template.HTML {
			says := v.Code(f.Name)
			if v.Catalogue.Has(f.Says) {
				says += `<br>` + portal.Escaped(v.Say(f.Says))
			}
			return says
		}},
		{Key: "interface.where", Cell: func(v *portal.Visit, f act.Asked) template.HTML {
			switch {
			case f.InPath:
				return portal.Escaped(v.Say("interface.in-path"))
			case read:
				return portal.Escaped(v.Say("interface.in-query"))
			}
			return portal.Escaped(v.Say("interface.in-body"))
		}},
		{Key: "interface.kind", Cell: func(v *portal.Visit, f act.Asked) template.HTML {
			return portal.Escaped(v.Say("interface.kind." + string(f.Kind)))
		}},
		{Key: "interface.bound", Cell: func(v *portal.Visit, f act.Asked) template.HTML { return portal.Escaped(bound(v, f)) }},
		{Key: "interface.need", Cell: func(v *portal.Visit, f act.Asked) template.HTML {
			switch {
			case f.When != nil:
				return portal.Escaped(v.Say("interface.need-when"))
			case f.Optional:
				return portal.Escaped(v.Say("interface.need-no"))
			}
			return portal.Escaped(v.Say("interface.need-yes"))
		}},
	}}
}

// bound says how much a field takes; empty where its kind says all.
func bound(v *portal.Visit, f act.Asked) string {
	unit := ""
	switch f.Kind {
	case act.Line, act.Text, act.Name, act.Code, act.Place, act.Person:
		unit = "characters"
	case act.Count, act.Version:
		unit = "number"
	case act.Several:
		unit = "values"
	case act.File, act.Structure:
		unit = "bytes"
	default:
		return ""
	}
	return v.Say("interface.most."+unit, "count", v.Number(f.Most), "n", strconv.Itoa(f.Most))
}
