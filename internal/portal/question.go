package portal

import (
	"cmp"
	"errors"
	"html/template"
	"slices"

	"dobosh/internal/kit/problem"
)

// Question is a page that asks one thing.
type Question struct {
	Title  string
	Lead   []string      // sentences above the fields
	Law    string        // the provision, small
	Facts  []Fact        // what is known so far
	Body   template.HTML // between what is known and the fields, made by the room
	Action string        // where the answer goes
	Hidden []Hidden
	Fields []Field
	Button string
	Other  *Button // a second way on, with the same form
	Links  []Link
	Wrong  []Wrong
	status int // of the answer, where something is wrong
}

// Hidden is a value that the form carries back.
type Hidden struct{ Name, Value string }

// Button sends the form with one more value.
type Button struct{ Name, Value, Text string }

// Fact is something known, with the name of the step that can change it.
type Fact struct {
	ID     string
	Label  string
	Value  template.HTML
	Change string
}

// Field is one input. Kind is text, words (several lines), number, choice,
// list or ticks (several choices).
type Field struct {
	Name, Kind, Label, Hint, Value string
	Mode                           string // inputmode
	Complete                       string // autocomplete
	Most                           int    // characters
	Options                        []Option
	Optional                       bool              // may stay empty
	Code                           bool              // holds identifiers, not words
	Codes                          map[string]string // identifier to show beside an option, by its value
	Error                          string
}

// Option is one of several to choose from.
type Option struct {
	Value  string
	Label  string
	Chosen bool
}

// Wrong is a line of the summary of what is to be put right: about an input, or with an
// address at which to do it, beside this page.
type Wrong struct{ Anchor, Says, Beside string }

// Uploads reports whether a file is asked for.
func (q Question) Uploads() bool {
	return slices.ContainsFunc(q.Fields, func(f Field) bool { return f.Kind == "file" })
}

// Refuse puts what is wrong beside the fields and into the summary, and what was
// typed back into the fields. It reports whether err was about this form at all: a
// form that was left too long is, and can be sent again, after signing in where that is asked.
func (q *Question) Refuse(v *Visit, err error) bool {
	p, ok := errors.AsType[*problem.Problem](err)
	again := ok && p.Code == "sign-in-again"
	if !ok || p.Kind != problem.Invalid && p.Code != "form-late" && !again {
		return false
	}
	q.retype(v)
	q.status = p.Kind.Status()
	for _, f := range p.Fields {
		says := v.SaidProblem(f.Code, f.Args)
		q.Wrong = append(q.Wrong, Wrong{Anchor: q.anchor(f.Name), Says: says})
		for i := range q.Fields {
			if q.Fields[i].Name == f.Name {
				q.Fields[i].Error = says
			}
		}
	}
	if len(q.Wrong) == 0 {
		q.Wrong = []Wrong{{Says: v.SaidProblem(p.Code, p.Args)}}
	}
	if again {
		q.Wrong = append(q.Wrong, Wrong{Says: v.Say("sign-in.beside"), Beside: signInFor(p, v.Here)})
	}
	return true
}

// retype puts back what was sent with the form, whatever its fields showed: no
// error costs anybody what they have typed.
func (q *Question) retype(v *Visit) {
	if at := v.Typed("at"); at != "" && !slices.Contains(q.Hidden, Hidden{"at", at}) {
		return // another question was answered
	}
	for i := range q.Fields {
		f := &q.Fields[i]
		typed, sent := v.R.PostForm[f.Name]
		switch f.Kind {
		case "file": // is chosen anew
		case "choice", "list", "ticks":
			if !sent && f.Kind != "ticks" {
				continue // nothing was chosen, or the answer went another way
			}
			for j := range f.Options {
				f.Options[j].Chosen = slices.Contains(typed, f.Options[j].Value)
			}
		default:
			if sent {
				f.Value = v.Typed(f.Name)
			}
		}
	}
}

// anchor is the id of the input, or of the fact, that a field stands for.
func (q *Question) anchor(name string) string {
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

// Ask shows the question; with something wrong the title says so first, for
// those who hear it.
func (v *Visit) Ask(q Question) error {
	title := q.Title
	if len(q.Wrong) > 0 {
		title = v.Say("form.wrong-title", "title", q.Title)
		v.Status = cmp.Or(q.status, problem.Invalid.Status())
	}
	return v.Show("question", title, q)
}
