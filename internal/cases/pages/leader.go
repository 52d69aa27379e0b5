package pages

import (
	"html/template"
	"strconv"
	"strings"

	"dobosh/internal/cases"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
)

// leaderView is the work of a leader's scopes.
type leaderView struct {
	cases.Overview
	Tables []leaderTable
	Late   []row
	Next   page.Key
}

// leaderTable is the work by one thing.
type leaderTable struct {
	Key  string
	HTML template.HTML
}

// lead shows how much there is, what is late, how it ended and how long it took.
func (r *room) lead(v *portal.Visit) error {
	o, err := r.Lead(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	late, err := r.Overdue(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	view := leaderView{Overview: o, Next: late.Next}
	for _, c := range late.Items {
		view.Late = append(view.Late, r.rowOf(c))
	}
	for _, by := range r.dimensions(v, o) {
		shown, err := loadTable(by).Show(v, by.loads)
		if err != nil {
			return err
		}
		view.Tables = append(view.Tables, leaderTable{by.key, shown})
	}
	outcomes, err := r.outcomeTable().Show(v, o.Outcomes)
	if err != nil {
		return err
	}
	view.Tables = append(view.Tables, leaderTable{"leader.outcomes", outcomes})
	return v.Show("leader", v.Say("nav.leader"), view)
}

// dimension is a thing by which loads are listed.
type dimension struct {
	key   string
	loads []cases.Load
	name  func(of string) string
}

// dimensions lists by what loads are shown, each with the words for its values.
func (r *room) dimensions(v *portal.Visit, o cases.Overview) []dimension {
	return []dimension{
		{"leader.by-unit", o.Units, func(of string) string {
			if of == "" {
				return v.Say("leader.no-unit")
			}
			return of
		}},
		{"leader.by-service", o.Services, func(of string) string {
			if s, ok := r.pack.Service(of); ok {
				return v.Plain(s.Title)
			}
			return v.Say("leader.no-service")
		}},
		{"leader.by-place", o.Places, func(of string) string {
			if p, ok := r.pack.Place(of); ok {
				return v.Plain(p.Name)
			}
			return v.Say("leader.no-place")
		}},
		{"leader.by-week", o.Weeks, func(of string) string {
			if day, err := civil.Parse(of); err == nil {
				return v.Day(day)
			}
			return of
		}},
	}
}

func loadTable(by dimension) portal.Table[cases.Load] {
	number := func(key string, n func(cases.Load) int) portal.Column[cases.Load] {
		return portal.Column[cases.Load]{Key: key, Kind: portal.Figures, Cell: func(_ *portal.Visit, l cases.Load) template.HTML {
			if n(l) < 0 {
				return portal.Escaped("–")
			}
			return portal.Escaped(strconv.Itoa(n(l)))
		}}
	}
	columns := []portal.Column[cases.Load]{{Key: by.key, Cell: func(_ *portal.Visit, l cases.Load) template.HTML { return portal.Escaped(by.name(l.Of)) }}}
	if by.key != "leader.by-week" { // what is open is of now
		columns = append(columns, number("leader.open", func(l cases.Load) int { return l.Open }), number("leader.late", func(l cases.Load) int { return l.Late }))
	}
	columns = append(columns,
		number("leader.begun", func(l cases.Load) int { return l.Begun }), number("leader.ended", func(l cases.Load) int { return l.Ended }),
		number("leader.ended-late", func(l cases.Load) int { return l.EndedLate }), number("leader.days", func(l cases.Load) int { return l.Days }))
	return portal.Table[cases.Load]{Caption: by.key, Headed: true, Empty: "leader.none", Columns: columns}
}

func (r *room) outcomeTable() portal.Table[cases.Outcome] {
	return portal.Table[cases.Outcome]{Caption: "leader.outcomes", Headed: true, Empty: "leader.none", Columns: []portal.Column[cases.Outcome]{
		{Key: "col.case", Cell: func(v *portal.Visit, o cases.Outcome) template.HTML { return portal.Escaped(r.outcome(v, o)) }},
		{Key: "leader.ended", Kind: portal.Figures, Cell: func(_ *portal.Visit, o cases.Outcome) template.HTML { return portal.Escaped(strconv.Itoa(o.N)) }},
	}}
}

// outcome says a kind and the status to which its cases came.
func (r *room) outcome(v *portal.Visit, o cases.Outcome) string {
	kind, _ := r.pack.CaseKind(o.Kind)
	status, _ := kind.Status(o.Status)
	return v.Plain(kind.Title) + ": " + v.Plain(status.Title)
}

// leadFile gives the same numbers as a table for other programs: one line for each number.
func (r *room) leadFile(v *portal.Visit) error {
	o, err := r.Lead(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	var out strings.Builder
	line := func(cells ...string) {
		for i, cell := range cells {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(quoted(cell))
		}
		out.WriteString("\r\n")
	}
	line(v.Say("leader.file-by"), v.Say("leader.file-of"), v.Say("leader.open"), v.Say("leader.late"), v.Say("leader.begun"), v.Say("leader.ended"), v.Say("leader.ended-late"), v.Say("leader.days"))
	n := strconv.Itoa
	for _, by := range r.dimensions(v, o) {
		for _, l := range by.loads {
			name := by.name(l.Of)
			if by.key == "leader.by-week" {
				name = l.Of
			}
			days := ""
			if l.Days >= 0 {
				days = n(l.Days)
			}
			line(v.Say(by.key), name, n(l.Open), n(l.Late), n(l.Begun), n(l.Ended), n(l.EndedLate), days)
		}
	}
	for _, x := range o.Outcomes {
		line(v.Say("leader.outcomes"), r.outcome(v, x), "", "", "", n(x.N), "", "")
	}
	return v.File("text/csv; charset=utf-8", "cases.csv", []byte(out.String()))
}

// quoted is a cell as RFC 4180 has it. One that a spreadsheet would take for a formula is set off.
func quoted(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		cell = "'" + cell
	}
	return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
}
