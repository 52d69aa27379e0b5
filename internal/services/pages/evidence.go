package pages

import (
	"html/template"
	"maps"
	"strings"
	"time"

	lawpages "dobosh/internal/law/pages"

	"dobosh/internal/exchange/evidence"
	"dobosh/internal/kit/civil"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// evidenceView is what an uploaded evidence file proves.
type evidenceView struct {
	evidence.Report
	Rows []portal.Fact
}

func (r *room) evidenceView(v *portal.Visit, report evidence.Report) *evidenceView {
	f := report.Facts
	view := &evidenceView{Report: report}
	for i := range view.Checks {
		view.Checks[i].Args = timesInWords(v, view.Checks[i].Args)
	}
	add := func(name string, value template.HTML) {
		if value != "" {
			view.Rows = append(view.Rows, portal.Fact{Label: v.Say("evidence.fact." + name), Value: value})
		}
	}
	coded := func(s string) template.HTML {
		if s == "" {
			return ""
		}
		return v.Code(s)
	}
	called := func(id, named registry.ID) template.HTML {
		if title := f.Names[named]; len(title) > 0 {
			return v.Both(title, id.String())
		}
		return coded(id.String())
	}
	if f.ID == "" {
		return view
	}
	add("id", coded(f.ID))
	add("client", called(f.Client, f.Client.Owner()))
	add("behalf", coded(f.Behalf.String()))
	add("service", called(f.Service, f.Service))
	add("asked", portal.Escaped(v.Instant(f.Asked)))
	if !f.Answered.IsZero() {
		add("answered", portal.Escaped(v.Instant(f.Answered)))
	}
	add("contract", coded(f.Contract))
	if f.Purpose != "" {
		add("purpose", lawpages.Purpose(v, r.pack, f.Purpose))
	}
	if f.Provision != "" {
		add("provision", lawpages.Citation(v, r.pack, f.Provision))
	}
	add("matter", coded(f.Matter))
	add("code", coded(f.Code))
	add("fields", coded(strings.Join(f.Fields, ", ")))
	return view
}

// timesInWords writes instants and days as the rest of the page does.
func timesInWords(v *portal.Visit, args map[string]string) map[string]string {
	said := maps.Clone(args)
	for name, value := range said {
		if at, err := time.Parse(time.RFC3339, value); err == nil {
			said[name] = v.Instant(at)
		} else if day, err := civil.Parse(value); err == nil {
			said[name] = v.Day(day)
		}
	}
	return said
}
