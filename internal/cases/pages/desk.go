package pages

import (
	"context"
	"errors"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/portal"
)

// saved is the case that was settled before this page, of which the officer may want to take back what they decided.
type saved struct{ Number string }

// savedOf finds it in the address; none for anything that is no number of a case.
func savedOf(v *portal.Visit) *saved {
	number, ok := id.ParseCode(v.R.URL.Query().Get("saved"))
	if !ok {
		return nil
	}
	return &saved{number}
}

// next leads to the case that comes next, or to the queue when there is none.
func (r *room) next(v *portal.Visit) error {
	number, err := r.Next(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	to := "/desk/cases"
	if number != "" {
		to += "/" + number
	}
	if settled, ok := id.ParseCode(v.R.URL.Query().Get("after")); ok {
		to += "?saved=" + settled
	}
	return v.To(to)
}

// missing begins a question to the party with what is missing in the case.
func (r *room) missing(v *portal.Visit, q *portal.Question) error {
	question, err := r.Question(v.R.Context(), v.Actor, v.R.PathValue("number"))
	for i := range q.Fields {
		if f := &q.Fields[i]; f.Name == "text" && f.Value == "" {
			f.Value = v.Plain(question)
		}
	}
	if err != nil {
		return err
	}
	beside, err := r.AskedBeside(v.R.Context(), v.Actor, v.R.PathValue("number"))
	for _, number := range beside {
		q.Lead = append(q.Lead, v.Say("case.ask-beside", "number", number))
	}
	return err
}

// draftView is what an officer decided, in the words of the kind.
type draftView struct {
	cases.Draft
	Title  lang.Text
	Who    string // name of the officer who decided
	Other  string // name of the second
	Mine   bool   // of this officer, who may take it back
	Second bool   // this officer is asked whether it is right
}

// drafted shows what was decided and does not hold yet, and what never came to hold.
func (view *caseView) drafted(account string, named map[string]string) {
	for _, d := range view.Drafts {
		status, _ := view.View.Kind.Status(d.To)
		shown := draftView{Draft: d, Title: status.Title, Who: named[d.Account], Other: named[d.Second], Mine: d.Account == account || d.Second == account}
		shown.Second = d.State == cases.ForSecond && !shown.Mine
		switch d.State {
		case cases.Undoable, cases.ForSecond, cases.Sealing:
			view.Draft, view.Moves = &shown, nil
		case cases.DraftUndone, cases.DraftBack, cases.DraftNothing:
			view.Earlier = append(view.Earlier, shown)
		}
	}
}

// countMost is how far the cases of a queue are counted.
const countMost = 1000

type deskView struct {
	Title, Lead string
	Saved       *saved
	Covers      []string // who is away and for whom the officer sees to the cases
	List        template.HTML
	Chosen      bool // several may be chosen here
}

// desk is the one queue of an officer.
func (r *room) desk(v *portal.Visit) error {
	list, err := r.queue().Part(v)
	if err != nil {
		return err
	}
	view := deskView{Title: v.Say("nav.desk-cases"), Lead: v.Say("cases.queue.lead"), Saved: savedOf(v), List: list, Chosen: v.R.URL.Query().Get("state") != "ended"}
	if view.Covers, err = r.covers(v); err != nil {
		return err
	}
	return v.Show("desk-cases", view.Title, view)
}

// wanted reads from the address which cases an officer wants to see; what the pack does not know narrows nothing.
func (r *room) wanted(v *portal.Visit, w portal.Wanted) cases.Wanted {
	query := v.R.URL.Query()
	wish := cases.Wanted{}
	if kind, ok := r.pack.CaseKind(query.Get("kind")); ok {
		status, _ := kind.Status(query.Get("status"))
		wish.Kind, wish.Status = kind.ID, status.ID
	}
	if s, ok := r.pack.Service(query.Get("service")); ok {
		wish.Service = s.ID
	}
	switch w.State {
	case "mine":
		wish.Mine = true
	case "free":
		wish.Waits, wish.Free = true, true
	case "unread":
		wish.Unread = true
	case "second":
		wish.Second = true
	case "ended":
		wish.Ended = true
	case "in-handling", "waiting-party", "triage":
		wish.Phase = law.Phase(w.State)
	}
	return wish
}

func (r *room) queue() portal.List[cases.Case] {
	return portal.List[cases.Case]{
		Path: "/desk/cases", Title: "nav.desk-cases", StateKey: "cases.queue.state.", Search: "cases.queue.search", Hint: "cases.queue.search-hint",
		States: []string{"free", "mine", "unread", "second", "in-handling", "waiting-party", "triage", "ended"}, Kept: []string{"kind", "service", "status"},
		Find: func(v *portal.Visit, w portal.Wanted) (page.Page[cases.Case], error) {
			if w.Words != "" {
				return r.Find(v.R.Context(), v.Actor, w.Words, w.After)
			}
			return r.Queue(v.R.Context(), v.Actor, r.wanted(v, w), w.After)
		},
		Count: func(v *portal.Visit, w portal.Wanted) (string, error) {
			if w.Words != "" {
				return "", nil
			}
			n, err := r.Count(v.R.Context(), v.Actor, r.wanted(v, w), countMost)
			if n == countMost {
				return v.Say("cases.queue.many", "n", n), err
			}
			return v.Say("cases.queue.count", "n", n), err
		},
		Show: func(v *portal.Visit, found []cases.Case) (template.HTML, error) {
			list := r.table(v, true)
			if v.R.URL.Query().Get("q") != "" {
				list.Empty = "cases.search.none"
			}
			return list.Show(v, found)
		},
	}
}

// table shows cases: the open ones with their clock, those that have ended with what became of them. From a queue
// several are chosen.
func (r *room) table(v *portal.Visit, choose bool) portal.Table[cases.Case] {
	columns := []portal.Column[cases.Case]{
		{Key: "col.case", Cell: func(v *portal.Visit, c cases.Case) template.HTML {
			return portal.Anchor("/desk/cases/"+c.Number, v.Text(r.rowOf(c).Title))
		}},
		{Key: "col.until", Kind: portal.When, Cell: func(v *portal.Visit, c cases.Case) template.HTML {
			if due := r.rowOf(c).Due; !due.IsZero() {
				return portal.Escaped(v.Day(due)) + alarmed(v, c)
			}
			return portal.Escaped(v.Say("cases.queue.stands"))
		}},
		{Key: "col.state", Cell: func(v *portal.Visit, c cases.Case) template.HTML {
			status := v.Text(r.rowOf(c).Status.Title)
			if c.Draft != "" {
				status += " · " + portal.Escaped(v.Say("cases.queue.draft."+string(c.Draft)))
			}
			if c.Tasks > 0 {
				status += " · " + portal.Escaped(v.Say("cases.queue.tasks", "n", c.Tasks))
			}
			if !c.UnreadAt.IsZero() {
				status += " · " + portal.Escaped(v.Say("cases.queue.unread"))
			}
			return status
		}},
		{Key: "case.number", Kind: portal.Codes, Cell: func(v *portal.Visit, c cases.Case) template.HTML { return v.Code(c.Number) }},
		{Key: "col.officer", Cell: func(v *portal.Visit, c cases.Case) template.HTML {
			switch {
			case c.Officer == "" && c.Ended(): // nobody took it, and nobody needs to
				return ""
			case c.Officer == "":
				return portal.Escaped(v.Say("cases.queue.free"))
			case c.Officer == v.Actor.Account:
				return portal.Escaped(v.Say("cases.queue.mine"))
			}
			return portal.Escaped(v.Say("cases.queue.other"))
		}},
	}
	if v.R.URL.Query().Get("state") == "ended" {
		columns[1] = portal.Column[cases.Case]{Key: "cases.col.ended", Kind: portal.When, Cell: func(v *portal.Visit, c cases.Case) template.HTML { return portal.Escaped(v.DayOf(c.EndedAt)) }}
	} else if choose {
		columns = append(columns, portal.Column[cases.Case]{Key: "col.choose", Cell: func(v *portal.Visit, c cases.Case) template.HTML {
			box, err := v.Render("case-choose", struct{ Number, Value, Label string }{c.Number, chosen{c.Number, c.Version}.String(), v.Say("cases.choose", "number", c.Number)})
			if err != nil {
				return ""
			}
			return box
		}})
	}
	return portal.Table[cases.Case]{Caption: "nav.desk-cases", Headed: true, Empty: "cases.queue.none", Columns: columns}
}

// Several are what an officer does with several cases at once: each is checked for itself.
type Several interface {
	Brief(ctx context.Context, by act.Actor, number string) (cases.Case, error)
	Claim(ctx context.Context, by act.Actor, number string) error
	Release(ctx context.Context, by act.Actor, number string) error
	HandTo(ctx context.Context, by act.Actor, in cases.Handover) error
	Decide(ctx context.Context, by act.Actor, number string, version int, to, why string) error
}

// chosen is a case that was chosen on the list, as it was seen there.
type chosen struct {
	Number  string
	Version int
}

func (c chosen) String() string { return c.Number + "." + strconv.Itoa(c.Version) }

// severalMost bounds what is done at once.
const severalMost = page.Size

// choice reads what was chosen.
func choice(v *portal.Visit) (all []chosen, err error) {
	for _, value := range v.R.PostForm["case"] {
		typed, version, ok := strings.Cut(value, ".")
		number, isNumber := id.ParseCode(typed)
		n, err := strconv.Atoi(version)
		if !ok || !isNumber || err != nil {
			return nil, problem.New(problem.Invalid, "cases-chosen")
		}
		all = append(all, chosen{number, n})
	}
	if len(all) == 0 || len(all) > severalMost {
		return nil, problem.New(problem.Invalid, "cases-chosen")
	}
	return all, nil
}

// one of several: what is asked of it, and what became of it.
type severalRow struct {
	row
	Chosen    string
	Field     string // of the reason
	Why       string
	Says      string // what became of it
	Done      bool
	IsMissing bool
}

type severalView struct {
	Rows  []severalRow
	Moves []law.CaseStatus
	To    string
	Done  bool
	Wrong bool
}

// several does one thing with the cases that were chosen on the list, and tells of each what became of it. To bring them
// elsewhere they have to be of one kind and status, and each has a reason of its own.
func (r *room) several(v *portal.Visit) error {
	v.Here = "/desk/cases"
	all, err := choice(v)
	if err != nil {
		return err
	}
	do := v.Typed("do")
	if do == "hand" {
		return r.handSeveral(v, all)
	}
	view := severalView{To: v.Typed("to"), Done: true}
	var kind law.CaseKind
	var status law.CaseStatus
	for i, one := range all {
		c, err := r.Brief(v.R.Context(), v.Actor, one.Number)
		if err != nil {
			return err
		}
		shown := severalRow{row: r.rowOf(c), Chosen: one.String(), Field: "why-" + one.Number}
		shown.Path, shown.Why = "/desk"+shown.Path, v.Typed(shown.Field)
		view.Rows = append(view.Rows, shown)
		theirs, _ := r.pack.CaseKind(c.Kind)
		if i == 0 {
			kind, status = theirs, shown.Status
		} else if do == "move" && (theirs.ID != kind.ID || status.ID != shown.Status.ID) {
			return problem.New(problem.Invalid, "cases-differ")
		}
	}
	if do == "move" {
		for _, m := range status.Moves {
			if to, ok := kind.Status(m.To); ok && kind.Room == "" && slices.Contains(m.By, law.ByOfficer) {
				view.Moves = append(view.Moves, to)
			}
		}
		if len(view.Moves) == 0 {
			return problem.New(problem.Conflict, "case-move")
		}
		for i := range view.Rows {
			row := &view.Rows[i]
			row.IsMissing = v.R.PostForm.Has("to") && row.Why == ""
			view.Wrong = view.Wrong || row.IsMissing
		}
		known := slices.ContainsFunc(view.Moves, func(s law.CaseStatus) bool { return s.ID == view.To })
		if view.Done = known && !view.Wrong; !view.Done {
			if view.Wrong {
				v.Status = problem.Invalid.Status()
			}
			return v.Show("desk-several", v.Say("cases.several"), view)
		}
	}
	for i, one := range all {
		err := r.doOne(v, do, one, view.To, view.Rows[i].Why)
		p, isProblem := errors.AsType[*problem.Problem](err)
		switch {
		case err == nil:
			view.Rows[i].Done, view.Rows[i].Says = true, v.Say("cases.several.done")
		case isProblem && p.Kind != problem.Internal:
			view.Rows[i].Says = v.SaidProblem(p.Code, p.Args)
		default:
			return err
		}
	}
	return v.Show("desk-several", v.Say("cases.several"), view)
}

func (r *room) doOne(v *portal.Visit, do string, one chosen, to, why string) error {
	switch do {
	case "claim":
		return r.Claim(v.R.Context(), v.Actor, one.Number)
	case "release":
		return r.Release(v.R.Context(), v.Actor, one.Number)
	case "move":
		return r.Decide(v.R.Context(), v.Actor, one.Number, one.Version, to, why)
	}
	return problem.New(problem.Invalid, "cases-chosen")
}
