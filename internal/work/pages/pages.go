// Package pages is the queue of a node as operators and auditors see it: how much
// waits, what was put aside and why, and for operators what to do about it.
//
// A job is shown by the name of its queue, its ref and the problem of its last try.
// What it holds and the error as engineers read it may be about a person, so they
// are on no page.
package pages

import (
	"cmp"
	"context"
	"embed"
	"html/template"
	"net/url"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/work"
)

//go:embed templates
var templates embed.FS

// Queue is the work of a node; [work.Runner] is one.
type Queue interface {
	Counts(ctx context.Context) ([]work.Count, error)
	Dead(ctx context.Context, queue string, after page.Key, limit int) (page.Page[work.Dead], error)
	FindDead(ctx context.Context, queue, ref string) (work.Dead, error)
}

// Deps is what the pages call.
type Deps struct {
	Queue  Queue
	Matter act.Scope         // all that the node does
	Acts   []act.Act         // those of [work.Runner.Acts]
	Own    map[string]string // page of the room that settles the jobs of a queue itself, by the queue
}

// RightToWatch is that of seeing what waits.
func RightToWatch() act.Right { return act.Only(identity.Operator, identity.Auditor) }

// RightToOperate is that of settling what was put aside.
func RightToOperate() act.Right { return act.Only(identity.Operator) }

const path = "/desk/queue"

type pages struct{ Deps }

// New brings the pages.
func New(d Deps) portal.Room {
	p := pages{d}
	room := portal.Room{
		Templates: templates,
		Pages:     []portal.Page{{Pattern: "GET " + path, Right: RightToWatch(), Do: p.queue}},
		Nav:       []portal.Nav{{Path: path, Key: "nav.queue", Setting: portal.Staff, Order: 440, Whom: RightToWatch().Lets}},
	}
	for _, a := range d.Acts {
		room.Pages = append(room.Pages, portal.ActPage{
			Act: a, Back: portal.Nav{Path: path, Key: "queue.back"}, Ask: p.describe,
			Next: func(*portal.Visit, any) string { return path },
		}.Pages()...)
	}
	return room
}

type queueView struct{ Load, Aside template.HTML }

// queue is how much waits, and what waits for a person.
func (p pages) queue(v *portal.Visit) (err error) {
	if err := RightToWatch().Check(v.Actor, p.Matter); err != nil {
		return err
	}
	counts, err := p.Queue.Counts(v.R.Context())
	if err != nil {
		return err
	}
	var view queueView
	if view.Load, err = load().Show(v, counts); err != nil {
		return err
	}
	if view.Aside, err = p.aside(v, counts).Part(v); err != nil {
		return err
	}
	return v.Show("queue", v.Say("queue.title"), view)
}

func load() portal.Table[work.Count] {
	number := func(key string, of func(work.Count) int) portal.Column[work.Count] {
		return portal.Column[work.Count]{Key: key, Kind: portal.Figures, Cell: func(v *portal.Visit, c work.Count) template.HTML { return portal.Escaped(v.Number(of(c))) }}
	}
	return portal.Table[work.Count]{Caption: "queue.load", Headed: true, Empty: "queue.idle", Columns: []portal.Column[work.Count]{
		{Key: "queue.work", Cell: func(v *portal.Visit, c work.Count) template.HTML { return named(v, c.Queue) }},
		number("queue.waiting", func(c work.Count) int { return c.Waiting }),
		number("queue.due", func(c work.Count) int { return c.Due }),
		number("queue.dead", func(c work.Count) int { return c.Dead }),
		{Key: "queue.oldest", Kind: portal.When, Cell: func(v *portal.Visit, c work.Count) template.HTML {
			if c.Oldest.IsZero() {
				return ""
			}
			return portal.Escaped(v.Instant(c.Oldest))
		}},
	}}
}

// aside lists what was put aside, of one queue where several have some.
func (p pages) aside(v *portal.Visit, counts []work.Count) portal.List[work.Dead] {
	type dead = work.Dead
	var queues []string
	for _, c := range counts {
		if c.Dead > 0 && v.Catalogue.Has("queue.name."+c.Queue) {
			queues = append(queues, c.Queue)
		}
	}
	if len(queues) < 2 {
		queues = nil
	}
	return portal.List[dead]{
		Path: path, States: queues, StateKey: "queue.name.",
		Find: func(v *portal.Visit, w portal.Wanted) (page.Page[dead], error) {
			return p.Queue.Dead(v.R.Context(), w.State, w.After, page.Size)
		},
		Table: portal.Table[dead]{Caption: "queue.aside", Headed: true, Empty: "queue.none-aside", Columns: []portal.Column[dead]{
			{Key: "queue.work", Cell: func(v *portal.Visit, d dead) template.HTML { return named(v, d.Queue) + `<br>` + v.Code(d.Ref) }},
			{Key: "queue.put-aside", Kind: portal.When, Cell: func(v *portal.Visit, d dead) template.HTML { return portal.Escaped(v.Instant(d.At)) }},
			{Key: "queue.tries", Kind: portal.Figures, Cell: func(v *portal.Visit, d dead) template.HTML { return portal.Escaped(v.Number(d.Tries)) }},
			{Key: "queue.cause", Cell: func(v *portal.Visit, d dead) template.HTML { return cause(v, d) }},
			{Key: "queue.settle", Cell: p.ways},
		}},
	}
}

// ways lead to what may be done about a job.
func (p pages) ways(v *portal.Visit, d work.Dead) (ways template.HTML) {
	if there, ok := p.Own[d.Queue]; ok {
		return portal.Anchor(there, portal.Escaped(v.Say("queue.settle-there")))
	}
	if !RightToOperate().Lets(v.Actor) {
		return ""
	}
	of := path + "/" + url.PathEscape(d.Queue) + "/" + url.PathEscape(d.Ref)
	about := template.HTML(`<span class="unseen">: `) + portal.Escaped(d.Ref) + `</span>`
	return portal.Anchor(of+"/try-again", portal.Escaped(v.Say("job.try-again"))+about) + `<br>` +
		portal.Anchor(of+"/drop", portal.Escaped(v.Say("job.drop"))+about)
}

// describe says on the page of an act which job it is about.
func (p pages) describe(v *portal.Visit, q *portal.Question) error {
	d, err := p.Queue.FindDead(v.R.Context(), v.R.PathValue("queue"), v.R.PathValue("ref"))
	if err != nil {
		return err
	}
	q.Facts = []portal.Fact{
		{Label: v.Say("queue.work"), Value: named(v, d.Queue)},
		{Label: v.Say("queue.ref"), Value: v.Code(d.Ref)},
		{Label: v.Say("queue.put-aside"), Value: portal.Escaped(v.Instant(d.At))},
		{Label: v.Say("queue.tries"), Value: portal.Escaped(v.Number(d.Tries))},
		{Label: v.Say("queue.cause"), Value: cause(v, d)},
	}
	return nil
}

// named is what a queue does in words, as its room says it.
func named(v *portal.Visit, queue string) template.HTML {
	if key := "queue.name." + queue; v.Catalogue.Has(key) {
		return portal.Escaped(v.Say(key))
	}
	return v.Code(queue)
}

// cause is why the last try failed: the sentence of the problem, or its code.
func cause(v *portal.Visit, d work.Dead) template.HTML {
	key := "problem." + cmp.Or(d.Code, "internal")
	if v.Catalogue.Has(key) {
		return portal.Escaped(portal.WithoutPlaces(v.Say(key)))
	}
	return v.Code(d.Code)
}
