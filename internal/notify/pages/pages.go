// Package pages is where people read what was sent to them, choose how word reaches them, and end mailings that
// they do not want.
//
// A link in a mail shows a page with a button and does nothing by itself, since programs that
// look for harm open every link; the button, or a POST of the program with which somebody reads
// mail (RFC 8058), ends the mailing.
package pages

import (
	"context"
	"embed"
	"html/template"
	"slices"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/text"
	"dobosh/internal/notify"
	"dobosh/internal/portal"
)

//go:embed templates
var templates embed.FS

// endedPath is the page after the end of a mailing. Its address says nothing of whose it was.
const endedPath = "/unsubscribed"

// Notices are how word reaches people; [notify.Courier] knows.
type Notices interface {
	Acts() ([]act.Act, error)
	Addresses(ctx context.Context, by act.Actor) ([]notify.Address, error)
	Received(ctx context.Context, by act.Actor, after page.Key, size int) (page.Page[notify.Received], error)
}

// New brings the pages.
func New(n Notices) (portal.Room, error) {
	acts, err := n.Acts()
	if err != nil {
		return portal.Room{}, err
	}
	brought := portal.Room{
		Templates: templates,
		Pages: []portal.Page{
			{Pattern: "GET " + endedPath, Right: act.Anyone(), Do: func(v *portal.Visit) error { return v.Show("unsubscribed", v.Say("unsubscribed.title"), nil) }},
			{Pattern: "GET " + lettersPath, Right: act.SignedIn(), Do: letters{n}.all},
		},
		Pieces: map[string]portal.Piece{"me.notices": func(v *portal.Visit, _ any) (template.HTML, error) {
			return portal.Anchor(notify.PreferencePage, portal.Escaped(v.Say("notice.footer"))), nil
		}, "home.letters": letters{n}.latest},
		Nav: []portal.Nav{{Path: lettersPath, Key: "nav.letters", Order: 120, Whom: portal.Holds(identity.Resident)}},
		Can: []portal.Nav{
			{Path: lettersPath, Key: "can.letters", Order: 120, Whom: portal.Holds(identity.Resident)},
			{Path: notify.PreferencePage, Key: "can.notices", Order: 220, Whom: portal.Holds(identity.Resident)},
		},
		Footer: []portal.Nav{{Path: notify.PreferencePage, Key: "notice.footer", Order: 300, Whom: func(by act.Actor) bool { return len(by.Persons) > 0 }}},
	}
	saved := func(*portal.Visit, any) string { return notify.PreferencePage + "?saved=1" }
	paper := slices.ContainsFunc(acts, func(a act.Act) bool { return a.Name == notify.ActWhere })
	for _, a := range acts {
		page := portal.ActPage{Act: a, Back: portal.Nav{Path: "/", Key: "notice.back"}, Next: func(*portal.Visit, any) string { return endedPath }}
		switch a.Name {
		case notify.ActChoose:
			page.Next = saved
			page.Ask = func(v *portal.Visit, q *portal.Question) error { return reached(v, q, n, paper) }
		case notify.ActWhere:
			page.Next, page.Back, page.Early = saved, portal.Nav{Path: notify.PreferencePage, Key: "notice.footer"}, true
			page.Ask = func(_ *portal.Visit, q *portal.Question) error {
				q.Fields[0].Complete = "street-address"
				return nil
			}
		}
		brought.Pages = append(brought.Pages, page.Pages()...)
	}
	return brought, nil
}

// reached says where the reader can be reached, above what they choose, and where letters go.
func reached(v *portal.Visit, q *portal.Question, n Notices, paper bool) error {
	all, err := n.Addresses(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	if v.R.URL.Query().Has("saved") {
		q.Lead = append([]string{v.Say("notice.saved")}, q.Lead...)
	}
	for _, a := range all {
		q.Facts = append(q.Facts, portal.Fact{ID: string(a.Channel), Label: v.Say("notice.channel." + string(a.Channel)), Value: portal.Escaped(strings.ReplaceAll(text.ReadableAddress(a.To), "\n", ", "))})
	}
	if paper {
		q.Links = append(q.Links, portal.Link{URL: notify.AddressPage, Text: v.Say("notice.address")})
	}
	if len(all) == 0 {
		q.Lead = append(q.Lead, v.Say("notice.nowhere"))
	}
	return nil
}
