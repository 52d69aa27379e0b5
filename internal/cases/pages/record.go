package pages

import (
	"context"
	"html/template"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
)

// tasksPath is where officers see what their units have to do.
const tasksPath = "/desk/tasks"

// recordPages are the pages on which officers keep the record of a case.
func (r *room) recordPages() (pages []portal.Page, err error) {
	acts, err := r.RecordActs()
	if err != nil {
		return nil, err
	}
	for _, a := range acts {
		shown := portal.ActPage{
			Act: a, Back: portal.Nav{Path: "/desk/cases/{number}", Key: "case.back"},
			Next: func(v *portal.Visit, done any) string {
				if number, ok := done.(string); ok { // of a case that was begun
					return "/desk/cases/" + number
				}
				return ofCase(v)
			},
		}
		if a.Name == "case.hand" {
			shown.Ask, shown.Next = r.toWhom, func(*portal.Visit, any) string { return "/desk/cases" }
		}
		if strings.HasPrefix(a.Page, tasksPath) {
			shown.Ask, shown.Back = r.ofTask, portal.Nav{Path: tasksPath, Key: "tasks.back"}
			shown.Next = func(*portal.Visit, any) string { return tasksPath }
		}
		pages = append(pages, shown.Pages()...)
	}
	return append(pages, portal.Page{Pattern: "GET " + tasksPath, Right: cases.RightToHandle(), Do: r.tasks().Do}), nil
}

// ofTask says what is to be done, above the question what came of it.
func (r *room) ofTask(v *portal.Visit, q *portal.Question) error {
	t, err := r.Task(v.R.Context(), v.Actor, v.R.PathValue("task"))
	if err != nil {
		return err
	}
	q.Lead = []string{t.What}
	q.Facts = []portal.Fact{{Label: v.Say("case.number"), Value: portal.Anchor("/desk/cases/"+t.Number, portal.Escaped(t.Number))}}
	if !t.Due.IsZero() {
		q.Facts = append(q.Facts, portal.Fact{Label: v.Say("case.task-add.due"), Value: portal.Escaped(v.Day(t.Due))})
	}
	return nil
}

func (r *room) tasks() portal.List[cases.Task] {
	return portal.List[cases.Task]{
		Path: tasksPath, Title: "nav.desk-tasks", Lead: "tasks.lead",
		Find: func(v *portal.Visit, w portal.Wanted) (page.Page[cases.Task], error) {
			return r.Tasks(v.R.Context(), v.Actor, w.After)
		},
		Table: portal.Table[cases.Task]{Caption: "nav.desk-tasks", Headed: true, Empty: "tasks.none", Columns: []portal.Column[cases.Task]{
			{Key: "col.case", Cell: func(v *portal.Visit, t cases.Task) template.HTML {
				return portal.Anchor(tasksPath+"/"+t.ID, v.Code(t.Number))
			}},
			{Key: "col.until", Kind: portal.When, Cell: func(v *portal.Visit, t cases.Task) template.HTML {
				if t.Due.IsZero() {
					return portal.Escaped(v.Say("tasks.no-day"))
				}
				return portal.Escaped(v.Day(t.Due))
			}},
			{Key: "col.unit", Kind: portal.Codes, Cell: func(v *portal.Visit, t cases.Task) template.HTML { return v.Code(t.Unit) }},
		}},
	}
}

// guest shows a case to a unit that was asked about it.
func (r *room) guest(v *portal.Visit, view caseView) error {
	return v.Show("case-guest", v.Plain(view.Row.Title), view)
}

// RecordKeeper is what officers do with what belongs to a case; [cases.Room] does it.
type RecordKeeper interface {
	RecordActs() ([]act.Act, error)
	Colleagues(ctx context.Context, by act.Actor) ([]act.Actor, error)
	Task(ctx context.Context, by act.Actor, task string) (cases.Task, error)
	Tasks(ctx context.Context, by act.Actor, after page.Key) (page.Page[cases.Task], error)
}

// joined is a case that belongs to another, with the way to undo that.
type joined struct {
	row
	How    cases.LinkKind
	Beyond bool
	Part   string
}

// joined says how other cases belong to one.
func (r *room) joined(c cases.View, path string, staff bool) (all []joined) {
	for _, l := range c.Links {
		j := joined{row: r.rowOf(l.Case), How: l.How, Beyond: l.Beyond}
		if staff {
			j.Path = "/desk" + j.Path
		}
		if staff && !l.Beyond && l.How != cases.Follows {
			j.Part = path + "/part/" + string(l.How) + "/" + l.Number
		}
		all = append(all, j)
	}
	return all
}
