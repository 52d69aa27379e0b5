// Package pages shows officers the mail that came in and fits nothing, so that they say to
// which case it belongs or dismiss it with a reason, and what became of the rest.
//
// Lists name who wrote only while a mail waits for somebody to decide: after that nothing
// of it is kept here.
package pages

import (
	"context"
	"embed"
	"html/template"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/page"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/portal"
)

//go:embed templates
var templates embed.FS

// Mailbox is the mail of a node; [mailbox.Mailbox] is one.
type Mailbox interface {
	List(ctx context.Context, state mailbox.State, after page.Key, size int) (page.Page[mailbox.Item], error)
	Find(ctx context.Context, id string) (mailbox.Item, error)
	Waiting(ctx context.Context) (mailbox.Waiting, error)
}

// Deps is what the pages call.
type Deps struct {
	Mailbox Mailbox
	Matter  act.Scope // all mail of the body
	Acts    []act.Act // those of [mailbox.Mailbox.Acts]
}

// RightToSettle is that of officers who answer for the whole body: nobody knows yet whose
// case a mail belongs to.
func RightToSettle() act.Right { return act.Only(identity.Officer) }

const path = "/desk/mail"

type room struct{ Deps }

// New brings the pages.
func New(d Deps) portal.Room {
	r := room{d}
	brought := portal.Room{
		Templates: templates,
		Pages: []portal.Page{
			{Pattern: "GET " + path, Right: RightToSettle(), Do: r.list},
			{Pattern: "GET " + path + "/{mail}", Right: RightToSettle(), Do: r.one},
		},
		Nav:    []portal.Nav{{Path: path, Key: "nav.mail", Order: 207, Setting: portal.Staff, Whom: r.may}},
		Pieces: map[string]portal.Piece{"desk.mail": r.count},
	}
	for _, a := range d.Acts {
		brought.Pages = append(brought.Pages, portal.ActPage{
			Act: a, Ask: r.about, Back: portal.Nav{Path: path + "/{mail}", Key: "mail.back"},
			Next: func(*portal.Visit, any) string { return path },
		}.Pages()...)
	}
	return brought
}

// may reports whether somebody settles mail.
func (r room) may(by act.Actor) bool { return RightToSettle().Check(by, r.Matter) == nil }

// count says on the desk how many mails wait.
func (r room) count(v *portal.Visit, _ any) (template.HTML, error) {
	if !r.may(v.Actor) {
		return "", nil
	}
	w, err := r.Mailbox.Waiting(v.R.Context())
	if err != nil {
		return "", err
	}
	return v.Render("mail-tile", portal.Tile{Count: w.Held, Text: v.Say("mail.waits", "n", w.Held), URL: path, Due: w.Held > 0})
}

func (r room) list(v *portal.Visit) error {
	if err := RightToSettle().Check(v.Actor, r.Matter); err != nil {
		return err
	}
	type item = mailbox.Item
	return portal.List[item]{
		Path: path, Title: "nav.mail", Lead: "mail.lead", StateKey: "mail.state.", States: []string{string(mailbox.Filed), string(mailbox.Noted), string(mailbox.Dismissed)},
		Find: func(v *portal.Visit, w portal.Wanted) (page.Page[item], error) {
			state := mailbox.Held
			if w.State != "" {
				state = mailbox.State(w.State)
			}
			return r.Mailbox.List(v.R.Context(), state, w.After, page.Size)
		},
		Count: func(v *portal.Visit, w portal.Wanted) (string, error) {
			if w.State != "" {
				return "", nil
			}
			waiting, err := r.Mailbox.Waiting(v.R.Context())
			return v.Say("mail.count", "n", waiting.Held), err
		},
		Table: portal.Table[item]{Caption: "nav.mail", Headed: true, Empty: "mail.none", Columns: []portal.Column[item]{
			{Key: "mail.message", Cell: func(v *portal.Visit, m item) template.HTML {
				return portal.Anchor(path+"/"+m.ID, titled(v, m))
			}},
			{Key: "mail.from", Cell: func(v *portal.Visit, m item) template.HTML {
				return v.Name(written(m))
			}},
			{Key: "mail.arrived", Kind: portal.When, Cell: func(v *portal.Visit, m item) template.HTML { return portal.Escaped(v.Instant(m.Arrived)) }},
			{Key: "mail.because", Cell: func(v *portal.Visit, m item) template.HTML { return portal.Escaped(because(v, m)) }},
		}},
	}.Do(v)
}

// titled is what a mail is called here: its subject while it waits.
func titled(v *portal.Visit, m mailbox.Item) template.HTML {
	if m.Summary.Subject != "" {
		return v.Name(m.Summary.Subject)
	}
	return portal.Escaped(v.Say("mail.untitled"))
}

// written is who wrote a mail, as it says.
func written(m mailbox.Item) string {
	return strings.TrimSpace(m.Summary.From.Name + " " + m.Summary.From.Email)
}

// because says why a mail is where it is: by the code of why it is held, or by what it is.
func because(v *portal.Visit, m mailbox.Item) string {
	for _, key := range []string{"mail.sign." + m.Sign, "mail.kind." + string(m.Kind)} {
		if v.Catalogue.Has(key) {
			return v.Say(key)
		}
	}
	return ""
}

type oneView struct {
	mailbox.Item
	Title   template.HTML
	Because string
	Held    bool
	Files   string
	Path    string
}

func (r room) one(v *portal.Visit) error {
	m, err := r.find(v)
	if err != nil {
		return err
	}
	return v.Show("mail", v.Say("mail.untitled"), oneView{
		Item: m, Title: titled(v, m), Because: because(v, m), Held: m.State == mailbox.Held, Files: strings.Join(m.Summary.Files, ", "), Path: path + "/" + m.ID,
	})
}

func (r room) find(v *portal.Visit) (mailbox.Item, error) {
	if err := RightToSettle().Check(v.Actor, r.Matter); err != nil {
		return mailbox.Item{}, err
	}
	return r.Mailbox.Find(v.R.Context(), v.R.PathValue("mail"))
}

// about says on the page of an act which mail it is about.
func (r room) about(v *portal.Visit, q *portal.Question) error {
	m, err := r.find(v)
	if err != nil {
		return err
	}
	q.Facts = []portal.Fact{
		{Label: v.Say("mail.message"), Value: titled(v, m)},
		{Label: v.Say("mail.from"), Value: v.Name(written(m))},
		{Label: v.Say("mail.arrived"), Value: portal.Escaped(v.Instant(m.Arrived))},
	}
	return nil
}
