// Package pages shows cases: to a person what of theirs is in progress and what was said
// about it, to officers the queue of their scopes and each case of it.
//
// What a case is about shows the room to which it belongs, in a piece named "case." and the
// kind, which is given the [cases.View].
package pages

import (
	"context"
	"embed"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"dobosh/internal/act"
	"dobosh/internal/cases"
	"dobosh/internal/identity"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/portal"
)

//go:embed templates
var templates embed.FS

// Cases are the cases of a node; [cases.Room] does.
type Cases interface {
	Record
	RecordKeeper
	Own(ctx context.Context, by act.Actor, after page.Key) (page.Page[cases.Case], error)
	Told(c cases.Case) (cases.View, error)
	Case(ctx context.Context, by act.Actor, number string) (cases.View, error)
	Queue(ctx context.Context, by act.Actor, w cases.Wanted, after page.Key) (page.Page[cases.Case], error)
	Count(ctx context.Context, by act.Actor, w cases.Wanted, most int) (int, error)
	Next(ctx context.Context, by act.Actor) (string, error)
	Find(ctx context.Context, by act.Actor, asked string, after page.Key) (page.Page[cases.Case], error)
	OfPerson(ctx context.Context, by act.Actor, number jmbg.Number) ([]cases.Case, error)
	OfName(ctx context.Context, by act.Actor, name string) ([]cases.Case, error)
	Earlier(ctx context.Context, by act.Actor, number string, after page.Key) (page.Page[cases.Message], error)
	Who(ctx context.Context, by act.Actor, number string) ([]cases.Who, error)

	Answering() (act.Act, error)
	Asking() (act.Act, error)
	Claiming() (act.Act, error)
	Releasing() (act.Act, error)
	Seeing() (act.Act, error)
	Deciding() (act.Act, error)
	Lead(ctx context.Context, by act.Actor) (cases.Overview, error)
	Overdue(ctx context.Context, by act.Actor, after page.Key) (page.Page[cases.Case], error)

	Extending() (act.Act, error)
	Pausing() (act.Act, error)
	Resuming() (act.Act, error)
	AppealingSilence() (act.Act, error)
	Handing() (act.Act, error)
	Undelivered(ctx context.Context, by act.Actor, after page.Key) (page.Page[cases.Missed], error)
	Question(ctx context.Context, by act.Actor, number string) (lang.Text, error)
	AskedBeside(ctx context.Context, by act.Actor, number string) ([]string, error)
	Undoing() (act.Act, error)
	Sending() (act.Act, error)
	Confirming() (act.Act, error)
	Returning() (act.Act, error)

	Absences
	Several
}

type room struct {
	Cases
	pack *law.Pack
}

// New brings the pages of cases.
func New(c Cases, pack *law.Pack) (portal.Room, error) {
	r := &room{c, pack}
	acts, err := act.All(c.Answering, c.Asking, c.Claiming, c.Releasing, c.Seeing, c.Deciding, c.Undoing, c.Sending, c.Confirming, c.Returning,
		c.Extending, c.Pausing, c.Resuming, c.AppealingSilence, c.Handing)
	if err != nil {
		return portal.Room{}, err
	}
	own, officer := act.SignedIn(), cases.RightToHandle()
	atDesk, resident := portal.Holds(identity.Officer), portal.Holds(identity.Resident)
	pages := []portal.Page{
		{Pattern: "GET /cases", Right: own, Do: r.own},
		{Pattern: "GET /cases/{number}", Right: own, Do: r.one},
		{Pattern: "GET /desk/cases", Right: officer, Do: r.desk},
		{Pattern: "POST /desk/cases", Right: officer, Do: r.several},
		{Pattern: "GET /desk/cases/{number}", Right: officer, Do: r.one},
		{Pattern: "GET /cases/{number}/messages", Right: own, Do: r.earlier},
		{Pattern: "GET /desk/cases/{number}/messages", Right: officer, Do: r.earlier},
		{Pattern: "GET /desk/cases/{number}/who", Right: officer, Do: r.who},
		{Pattern: "GET /desk/leader", Right: cases.RightToLead(), Do: r.lead},
		{Pattern: "GET /desk/leader.csv", Right: cases.RightToLead(), Do: r.leadFile},
		{Pattern: "GET " + cases.NextPage, Right: officer, Do: r.next},
		{Pattern: "GET " + undeliveredPath, Right: officer, Do: r.undelivered},
	}
	pages = append(pages, r.search()...)
	for _, a := range acts {
		whose, _, _ := strings.Cut(a.Page, "{number}")
		var ask func(*portal.Visit, *portal.Question) error
		if strings.Contains(a.Page, "{to}") {
			ask = r.whither
		}
		if a.Name == "case.ask" {
			ask = r.missing
		}
		pages = append(pages, portal.ActPage{
			Act: a, Ask: ask, Back: portal.Nav{Path: whose + "{number}", Key: "case.back"}, Next: func(v *portal.Visit, done any) string {
				if number, is := done.(string); is { // of the case that was begun
					return whose + number
				}
				if slices.Contains(onward, a.Name) {
					return cases.NextPage + "?after=" + v.R.PathValue("number")
				}
				return whose + v.R.PathValue("number")
			},
		}.Pages()...)
	}
	record, err := r.recordPages()
	if err != nil {
		return portal.Room{}, err
	}
	pages = append(append(pages, r.filePages()...), record...)
	away, err := r.absences()
	if err != nil {
		return portal.Room{}, err
	}
	pages = append(pages, away...)
	return portal.Room{
		Templates: templates, Pages: pages,
		Nav: []portal.Nav{
			{Path: "/cases", Key: "nav.cases", Order: 110, Whom: resident},
			{Path: "/desk/cases", Key: "nav.desk-cases", Order: 205, Setting: portal.Staff, Whom: atDesk},
			{Path: "/desk/leader", Key: "nav.leader", Order: 206, Setting: portal.Staff, Whom: portal.Holds(identity.Leader)},
			{Path: personPage, Key: "nav.desk-person", Order: 206, Setting: portal.Staff, Whom: atDesk},
			{Path: tasksPath, Key: "nav.desk-tasks", Order: 207, Setting: portal.Staff, Whom: atDesk},
		},
		Home:   []portal.Home{{Order: 210, Whom: portal.Holds(identity.Leader), Do: func(v *portal.Visit) error { return v.To("/desk/leader") }}},
		Waits:  []portal.Waits{r.waits},
		Pieces: map[string]portal.Piece{"home.progress": r.progress},
		Can:    []portal.Nav{{Path: "/cases", Key: "can.cases", Order: 110, Whom: resident}},
	}, nil
}

// onward are the acts after which an officer sees to the next case.
var onward = []string{"case.decide", "case.ask", "case.confirm", "case.return"}

// whither says on the page of a decision to what the case would come, and what the person is told then.
func (r *room) whither(v *portal.Visit, q *portal.Question) error {
	c, err := r.Case(v.R.Context(), v.Actor, v.R.PathValue("number"))
	if err != nil {
		return err
	}
	to, ok := c.Kind.Status(v.R.PathValue("to"))
	if !ok || c.Kind.Room != "" || !c.Status.Lets(to.ID, law.ByOfficer) {
		return problem.New(problem.NotFound, "page-unknown")
	}
	q.Title = upperFirst(v.Plain(to.Title))
	q.Lead = []string{v.Say("case.decide-next", "text", v.Plain(to.Next))}
	if to.Phase.Ended() {
		q.Lead = append(q.Lead, v.Say("case.decide-told"))
	}
	move, _ := c.Status.Move(to.ID)
	if move.Eyes > 1 {
		q.Lead = append(q.Lead, v.Say("case.decide-eyes"))
	} else {
		q.Lead = append(q.Lead, v.Say("case.decide-undo"))
	}
	return usual(v, q, move.Reasons)
}

// usual offers the usual reasons of a move above the field for one's own. The only one is chosen already: what an
// officer writes counts instead.
func usual(v *portal.Visit, q *portal.Question, reasons []lang.Text) error {
	at := slices.IndexFunc(q.Fields, func(f portal.Field) bool { return f.Name == "usual" })
	if at < 0 {
		return nil
	}
	if len(reasons) == 0 {
		q.Fields = slices.Delete(q.Fields, at, at+1)
		return nil
	}
	f := &q.Fields[at]
	f.Kind = "choice"
	for i, reason := range reasons {
		f.Options = append(f.Options, portal.Option{Value: strconv.Itoa(i + 1), Label: v.Plain(reason), Chosen: len(reasons) == 1 || f.Value == strconv.Itoa(i+1)})
	}
	return nil
}

// upperFirst begins a sentence.
func upperFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// row is a case as a list shows it.
type row struct {
	cases.Case
	Title  lang.Text
	Kind   lang.Text
	Status law.CaseStatus
	Due    civil.Day // none where no clock runs
	Path   string
}

// rowOf says a case in the words of its kind and of what it is about.
func (r *room) rowOf(c cases.Case) row {
	kind, _ := r.pack.CaseKind(c.Kind)
	status, _ := kind.Status(c.Status)
	shown := row{Case: c, Title: kind.Title, Kind: kind.Title, Status: status, Path: "/cases/" + c.Number}
	if s, ok := r.pack.Service(c.Service); ok {
		shown.Title = s.Title
	}
	if shown.Due = c.Last(); shown.Due.IsZero() && status.Phase == law.WaitingParty {
		shown.Due = c.AnswerBy()
	}
	return shown
}

// caseView is a case with its clock and what its room says of it.
type caseView struct {
	cases.View
	Row     row
	Clock   *clockView // nil where the case never had one, or has an outcome
	About   template.HTML
	Staff   bool
	Mine    bool       // the officer has taken it
	Taken   bool       // somebody has
	Holder  string     // name of whoever has, for officers
	Asks    bool       // the party is waited for, in this thread
	Reasons string     // of the outcome; empty where its room shows them
	Saved   *saved     // the one before, when it was settled just now
	Moves   []moveView // to where the officer may bring it here
	Draft   *draftView // what was decided and does not hold yet; nil for nothing
	Beside  []row
	Joined  []joined // beside those of the same event
	Steps   []stepView
	Earlier []draftView // decisions of officers that did not come to hold

	Delivered   template.HTML // how the outcome reached its party; empty where nothing is to be said
	Undelivered bool          // it did not, and the officer may write down that it did
	Tried       []string      // on which channels word of it went, for officers
}

// moveView is where an officer may bring a case, with the digit that leads there.
type moveView struct {
	law.CaseStatus
	Key int
}

// stepView is what was done, in the words of the kind.
type stepView struct {
	cases.Step
	Title lang.Text
	Who   string // name of the officer; empty for others
}

func (r *room) one(v *portal.Visit) error {
	c, err := r.Case(v.R.Context(), v.Actor, v.R.PathValue("number"))
	if err != nil {
		return err
	}
	view := caseView{
		View: c, Row: r.rowOf(c.Case), Staff: !c.Own, Mine: c.Officer == v.Actor.Account, Taken: c.Officer != "", Asks: c.Status.Answered != "", Saved: savedOf(v),
	}
	if view.Staff {
		view.Row.Path = "/desk" + view.Row.Path
	}
	if view.Delivered, view.Undelivered = r.delivered(v, c); view.Staff {
		view.Tried = tried(v, c.Delivery)
	}
	if c.Guest {
		return r.guest(v, view)
	}
	view.Clock = r.clockOf(v, c, view.Row.Path)
	for _, m := range c.Status.Moves {
		// To wait for an answer without a question is no decision: who asks comes there by asking.
		if to, ok := c.Kind.Status(m.To); ok && to.Answered == "" && view.Staff && c.Kind.Room == "" && c.Status.Lets(m.To, law.ByOfficer) {
			view.Moves = append(view.Moves, moveView{to, len(view.Moves) + 1})
		}
	}
	var officers []string
	for _, s := range c.Steps {
		officers = append(officers, s.Account)
	}
	for _, d := range c.Drafts {
		officers = append(officers, d.Account, d.Second)
	}
	named, err := r.Named(v.R.Context(), append(officers, c.Officer)...)
	if err != nil {
		return err
	}
	for _, s := range c.Steps {
		status, _ := c.Kind.Status(s.Status)
		view.Steps = append(view.Steps, stepView{s, status.Title, named[s.Account]})
	}
	if !c.Own {
		view.Holder = named[c.Officer]
	}
	if last := len(c.Steps) - 1; c.Ended() && last >= 0 && c.Kind.Room == "" {
		view.Reasons = c.Steps[last].Why
	}
	view.Joined = r.joined(c, view.Row.Path, view.Staff)
	view.drafted(v.Actor.Account, named)
	for _, other := range c.Beside {
		beside := r.rowOf(other)
		if view.Staff {
			beside.Path = "/desk" + beside.Path
		}
		view.Beside = append(view.Beside, beside)
	}
	if view.About, err = v.Piece("case."+c.Case.Kind, c); err != nil {
		return err
	}
	return v.Show("case", v.Plain(view.Row.Title), view)
}

// earlierView are messages before those that the page of a case shows.
type earlierView struct {
	Number, Path string
	Messages     []cases.Message
	Next         page.Key
}

// earlier shows the messages of a case that are not on its page.
func (r *room) earlier(v *portal.Visit) error {
	number := v.R.PathValue("number")
	found, err := r.Earlier(v.R.Context(), v.Actor, number, v.After())
	if err != nil {
		return err
	}
	whose, _, _ := strings.Cut(v.R.URL.Path, "/messages")
	return v.Show("case-messages", v.Say("case.thread"), earlierView{number, whose, found.Items, found.Next})
}

// cite writes a provision as lawyers do; nothing where the pack has none.
func cite(pack *law.Pack, ref law.Ref) lang.Text {
	p, ok := pack.Provision(ref)
	if !ok {
		return nil
	}
	return lang.Text{"sr": p.Cite(lang.SrCyrl), "en": p.Cite(lang.En)}
}
