// Package pages shows people who looked at their data, lets them ask why, and
// lets officers answer. Whose a look or a question is decides the room.
package pages

import (
	"context"
	"embed"
	"html/template"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/receipts"
)

//go:embed templates
var templates embed.FS

// Own is what a person sees, from all nodes. The texts name the bodies that did
// not answer. [receipts.Room] is one.
type Own interface {
	AccessLog(ctx context.Context, by act.Actor, after page.Key) (page.Page[receipts.Access], []lang.Text, error)
	MayAskWhy(by act.Actor, look string) error
	AskWhy(ctx context.Context, by act.Actor, look, question string) error
	Asked(ctx context.Context, by act.Actor) ([]receipts.Asked, []lang.Text, error) // the newest first
}

// Answering is an officer's side of the questions; [receipts.System] is one.
type Answering interface {
	Questions(ctx context.Context, by act.Actor, after page.Key) (page.Page[receipts.Question], error)
	Answer(ctx context.Context, by act.Actor, id, text string) error
}

// New brings the pages of a node at which people see what is theirs.
func New(own Own) portal.Room {
	p := person{own}
	resident := portal.Holds(identity.Resident)
	return portal.Room{
		Pages: []portal.Page{
			{Pattern: "GET /looks", Right: act.SignedIn(), Do: p.accessLog},
			{Pattern: "GET /looks/{id}/ask", Right: act.SignedIn(), Do: p.why},
			{Pattern: "POST /looks/{id}/ask", Right: act.SignedIn(), Do: p.askWhy},
			{Pattern: "GET /messages", Right: act.SignedIn(), Do: p.messages},
		},
		Templates: templates,
		Nav: []portal.Nav{
			{Path: "/looks", Key: "nav.looks", Order: 110, Whom: resident},
			{Path: "/messages", Key: "nav.messages", Order: 120, Whom: resident},
		},
		Beside: []portal.Part{func(v *portal.Visit) (template.HTML, error) { return v.Render("looks-beside.html", nil) }},
	}
}

// NewDesk brings the pages of a body that answers questions.
func NewDesk(answering Answering) portal.Room {
	d, officer := desk{answering}, receipts.RightToAnswer()
	return portal.Room{
		Pages: []portal.Page{
			{Pattern: "GET /desk/messages", Right: officer, Do: d.questions},
			{Pattern: "GET /desk/messages/{id}/answer", Right: officer, Do: func(v *portal.Visit) error { return v.Ask(answerQuestion(v, "")) }},
			{Pattern: "POST /desk/messages/{id}/answer", Right: officer, Do: d.answer},
		},
		Templates: templates,
		Nav:       []portal.Nav{{Path: "/desk/messages", Key: "nav.questions", Order: 260, Setting: portal.Staff, Whom: portal.Holds(identity.Officer)}},
	}
}
