package web

import (
	"errors"
	"html/template"

	"dobosh/internal/kit/problem"
)

// question is a page that asks one thing.
type question struct {
	Title   string
	Lead    []string     // sentences above the fields
	Law     string       // the provision, small
	Facts   []fact       // what is known so far
	Reasons []reasonView // what the rule says about them
	Action  string       // where the answer goes
	Hidden  []hidden
	Fields  []field
	Button  string
	Other   *button // a second way on, with the same form
	Links   []link
	Wrong   []wrong
}

type hidden struct{ Name, Value string }

// button sends the form with one more value.
type button struct{ Name, Value, Text string }

// fact is something known, with the name of the step that can change it.
type fact struct {
	ID     string
	Label  string
	Value  template.HTML
	Change string
}

// field is one input. Kind is text, words (several lines), number, choice,
// list or ticks (several choices).
type field struct {
	Name, Kind, Label, Hint, Value string
	Mode                           string // inputmode
	Complete                       string // autocomplete
	Most                           int    // characters
	Options                        []option
	Optional                       bool              // may stay empty
	Code                           bool              // holds identifiers, not words
	Codes                          map[string]string // identifier to show beside an option, by its value
	Error                          string
}

type option struct {
	Value  string
	Label  string
	Chosen bool
}

// wrong is a line of the summary of what is to be put right.
type wrong struct{ Anchor, Says string }

// refuse puts what is wrong beside the fields and into the summary. It reports
// whether err was about this form at all.
func (q *question) refuse(v *visit, err error) bool {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || p.Kind != problem.Invalid {
		return false
	}
	for _, f := range p.Fields {
		says := v.saidProblem(f.Code, f.Args)
		q.Wrong = append(q.Wrong, wrong{q.anchor(f.Name), says})
		for i := range q.Fields {
			if q.Fields[i].Name == f.Name {
				q.Fields[i].Error = says
			}
		}
	}
	if len(q.Wrong) == 0 {
		q.Wrong = []wrong{{"", v.saidProblem(p.Code, p.Args)}}
	}
	return true
}

// anchor is the id of the input, or of the fact, that a field stands for.
func (q *question) anchor(name string) string {
	for _, f := range q.Fields {
		if f.Name == name {
			return name
		}
	}
	for _, f := range q.Facts {
		if f.ID == name {
			return name
		}
	}
	return ""
}

// ask shows the question; with something wrong the title says so first, for
// those who hear it.
func (v *visit) ask(q question) error {
	title := q.Title
	if len(q.Wrong) > 0 {
		title = v.say("form.wrong-title", "title", q.Title)
		v.status = problem.Invalid.Status()
	}
	return v.show("question", title, q)
}
