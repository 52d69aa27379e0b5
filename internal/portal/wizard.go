package portal

import (
	"time"

	"dobosh/internal/kit/problem"
)

// lateMost is how long after its end a form that was left open still gives back
// what was answered.
const lateMost = 24 * time.Hour

// Wizard is a form of several steps: one question a page, and at the end all
// answers once more before something is done. F is what has been answered so far.
// It travels with the browser, sealed, so that nothing is kept here for those who
// go away.
//
// Two pages are all it needs: one that calls Begin, and "POST Path" with Continue.
// The zero values of Late, Next and When are those of most forms.
type Wizard[F any] struct {
	Path string        // where the answers go
	Life time.Duration // how long answering may take
	Stop Nav           // the way out, on which nothing is done

	// Steps are the questions in their order. The last shows all answers, and its
	// Read does what the form is for; once it was seen, every changed answer leads
	// back to it.
	Steps []Step[F]

	// Done is the page after the last step.
	Done func(f *F) string

	// Late takes out of answers that were left too long what holds no more, and
	// names the question to go on with; empty for the one that was just answered.
	// Nil where nothing holds any more: the form is to begin again.
	Late func(f *F) string
}

// Step is one question: how it is put and how its answer is read.
type Step[F any] struct {
	Name string
	Ask  func(v *Visit, f *F) Question
	Read func(v *Visit, f *F) error
	Next func(f *F) string // name of the question that follows; nil for the next of the list
	When func(f *F) bool   // whether it may be asked; nil for always

	// Besides asks for more on the same page when an answer was refused; nil where
	// nothing more can help.
	Besides func(v *Visit, f *F, refused error) []Field

	// Follows says that the answer before decides what is asked here: whoever
	// changes that one is asked this again, also from the last step.
	Follows bool
}

// answers is what travels.
type answers[F any] struct {
	Checking bool `json:"checking,omitempty"` // the last step was seen
	Form     F    `json:"form"`
}

// Begin puts a question to somebody who has answered none, or whose form begins
// with what is known.
func (w *Wizard[F]) Begin(v *Visit, step string, f F) error {
	return w.put(v, step, &answers[F]{Form: f}, v.Now().Add(w.Life), nil)
}

// Continue takes one answer and puts the next question. "to" asks to go to a
// question without answering. A wrong answer leads back to its question, with
// everything that was typed and with the answers as they were before.
func (w *Wizard[F]) Continue(v *Visit) error {
	v.Here = w.Path
	var before, now answers[F]
	ends, err := v.Forms.Open(v.Actor.Account, v.Typed("form"), &before)
	if err != nil {
		return err
	}
	if over := v.Now().Sub(ends); over > 0 {
		return w.late(v, &before, over)
	}
	if to := v.Typed("to"); to != "" {
		return w.put(v, to, &before, ends, nil)
	}
	at, ok := w.find(v.Typed("at"), &before.Form)
	if !ok {
		return problem.New(problem.Invalid, "form-unreadable")
	}
	if _, err := v.Forms.Open(v.Actor.Account, v.Typed("form"), &now); err != nil { // a copy that shares nothing
		return err
	}
	step := w.Steps[at]
	if err := step.Read(v, &now.Form); err != nil {
		return w.put(v, step.Name, &before, ends, err)
	}

	last := len(w.Steps) - 1
	if at == last {
		return v.To(w.Done(&now.Form))
	}
	next := w.Steps[at+1].Name
	if step.Next != nil {
		next = step.Next(&now.Form)
	}
	follows, ok := w.find(next, &now.Form)
	if ok && now.Checking && !w.Steps[follows].Follows {
		next = w.Steps[last].Name
	}
	return w.put(v, next, &now, ends, nil)
}

// late gives back what was answered in a form that was left too long, with the
// question to go on with and with what was just typed.
func (w *Wizard[F]) late(v *Visit, a *answers[F], over time.Duration) error {
	if w.Late == nil || over > lateMost {
		return stale(nil)
	}
	step := w.Late(&a.Form)
	if step == "" {
		step = v.Typed("at")
	}
	return w.put(v, step, a, v.Now().Add(w.Life), problem.New(problem.Conflict, "form-late"))
}

// put shows a question, with what is wrong with its answer so far.
func (w *Wizard[F]) put(v *Visit, name string, a *answers[F], ends time.Time, refused error) error {
	at, ok := w.find(name, &a.Form)
	if !ok {
		return problem.New(problem.Invalid, "form-unreadable")
	}
	a.Checking = a.Checking || at == len(w.Steps)-1
	q := w.Steps[at].Ask(v, &a.Form)
	if more := w.Steps[at].Besides; more != nil && refused != nil {
		q.Fields = append(q.Fields, more(v, &a.Form, refused)...)
	}
	sealed, err := v.Forms.Seal(v.Actor.Account, ends, a)
	if err != nil {
		return err
	}
	q.Action, q.Hidden = w.Path, []Hidden{{"form", sealed}, {"at", name}}
	if q.Button == "" {
		q.Button = v.Say("form.next")
	}
	q.Links = append(q.Links, Link{URL: w.Stop.Path, Text: v.Say(w.Stop.Key)})
	if refused != nil && !q.Refuse(v, refused) {
		return refused
	}
	return v.Ask(q)
}

// find gives the place of a step that may be asked now.
func (w *Wizard[F]) find(name string, f *F) (int, bool) {
	for i, s := range w.Steps {
		if s.Name == name {
			return i, s.When == nil || s.When(f)
		}
	}
	return 0, false
}
