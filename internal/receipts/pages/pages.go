// Package pages shows people who looked at their data and lets them ask why. Officers answer
// on the page of the case. Whose a look or a question is decides the room.
package pages

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"io"

	"dobosh/internal/act"
	"dobosh/internal/cases"
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
	Saying() (act.Act, error)
}

// Questions are those of a body, as cases; [receipts.System] has them.
type Questions interface {
	About(ctx context.Context, number string) (a receipts.Access, found bool, err error)
	Requesting() (act.Act, error)
	Mine(ctx context.Context, number string) (receipts.Mine, error)
	Fetch(ctx context.Context, by act.Actor, number string) (size int64, content io.ReadCloser, err error)
}

// New brings the pages of a node at which people see what is theirs.
func New(own Own) (portal.Room, error) {
	p := person{own}
	saying, err := own.Saying()
	if err != nil {
		return portal.Room{}, err
	}
	resident := portal.Holds(identity.Resident)
	return portal.Room{
		Pages: append([]portal.Page{
			{Pattern: "GET /looks", Right: act.SignedIn(), Do: p.accessLog},
			{Pattern: "GET /looks/{id}/ask", Right: act.SignedIn(), Do: p.why},
			{Pattern: "POST /looks/{id}/ask", Right: act.SignedIn(), Do: p.askWhy},
			{Pattern: "GET /messages", Right: act.SignedIn(), Do: p.messages},
		}, portal.ActPage{
			Act: saying, Back: portal.Nav{Path: "/messages", Key: "look.say-back"}, Next: func(*portal.Visit, any) string { return "/messages" },
		}.Pages()...),
		Templates: templates,
		Nav: []portal.Nav{
			{Path: "/looks", Key: "nav.looks", Order: 130, Whom: resident},
			{Path: "/messages", Key: "nav.messages", Order: 150, Whom: resident, Aside: true},
		},
		Can: []portal.Nav{{Path: "/looks", Key: "can.looks", Order: 200, Whom: resident}},
	}, nil
}

// NewQuestions brings the page on which a person asks for their rights over their data, and what the page of a
// question's case shows of the look that it is about.
func NewQuestions(q Questions) (portal.Room, error) {
	requesting, err := q.Requesting()
	if err != nil {
		return portal.Room{}, err
	}
	return portal.Room{Templates: templates, Can: []portal.Nav{{Path: "/looks/request", Key: "can.request", Order: 210, Whom: portal.Holds(identity.Resident)}}, Pages: append([]portal.Page{{Pattern: "GET /requests/{number}/copy", Right: requesting.Right, Do: fetching{q}.fetch}}, portal.ActPage{
		Act: requesting, Back: portal.Nav{Path: "/cases", Key: "data.request-back"},
		Next: func(_ *portal.Visit, done any) string { number, _ := done.(string); return "/cases/" + number },
	}.Pages()...), Pieces: map[string]portal.Piece{"case.data-request": fetching{q}.piece, "case." + receipts.QuestionKind: func(v *portal.Visit, about any) (template.HTML, error) {
		c, ok := about.(cases.View)
		if !ok {
			return "", nil
		}
		look, found, err := q.About(v.R.Context(), c.Number)
		if err != nil || !found {
			return "", err
		}
		return v.Render("case-look", accessView{Access: look, As: roleName(v, look.Role)})
	}}}, nil
}

// fetching is what a person gets on the page of a request about their data.
type fetching struct{ Questions }

// piece says what became of the request; the copy is for the person alone.
func (f fetching) piece(v *portal.Visit, about any) (template.HTML, error) {
	c, ok := about.(cases.View)
	if !ok {
		return "", nil
	}
	m, err := f.Mine(v.R.Context(), c.Number)
	if err != nil {
		return "", err
	}
	return v.Render("data-request", struct {
		receipts.Mine
		Own    bool
		Number string
	}{m, c.Own, c.Number})
}

// fetch gives the copy out.
func (f fetching) fetch(v *portal.Visit) (err error) {
	number := v.R.PathValue("number")
	size, content, err := f.Fetch(v.R.Context(), v.Actor, number)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	return v.Download("application/zip", number+".zip", size, content)
}
