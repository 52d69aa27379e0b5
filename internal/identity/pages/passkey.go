package pages

import (
	"net/url"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/portal"
)

// passkeyView is what the browser is asked to do; the one page that cannot do without a
// script, since keys speak to nothing else.
type passkeyView struct{ Do, Options string }

// ceremony puts what the browser is asked to do into a question.
func (v *visit) ceremony(q *portal.Question, do string, c identity.Ceremony) (err error) {
	q.Fields = nil
	q.Hidden = append(q.Hidden, portal.Hidden{Name: "ceremony", Value: c.Sealed}, portal.Hidden{Name: "credential"})
	q.Body, err = v.Render("passkey.html", passkeyView{do, c.Options})
	return err
}

// passkeyPages are those on which a key is added, removed and shown.
func (p *pages) passkeyPages(of func(func(*visit) error) func(*portal.Visit) error) []portal.Page {
	back := portal.Nav{Path: "/me", Key: "me.back"}
	me := func(*portal.Visit, any) string { return "/me" }
	add := portal.ActPage{Act: p.acts[identity.ActAddPasskey], Back: back, Next: me, Ask: func(pv *portal.Visit, q *portal.Question) error {
		v := &visit{pv, p}
		c, err := p.people.AskNewPasskey(v.R.Context(), v.Actor)
		if err != nil {
			return err
		}
		return v.ceremony(q, "create", c)
	}}
	all := append(add.Pages(), portal.ActPage{Act: p.acts[identity.ActRemovePasskey], Back: back, Next: me}.Pages()...)
	return append(all,
		portal.Page{Pattern: "GET " + identity.PasskeyPage, Right: act.SignedIn(), Do: of(func(v *visit) error { return v.askPasskey(nil) })},
		portal.Page{Pattern: "POST " + identity.PasskeyPage, Right: act.SignedIn(), Do: of((*visit).showPasskey)},
	)
}

func (v *visit) askPasskey(refused error) error {
	c, err := v.people.AskPasskey(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	q := portal.Question{
		Title: v.Say("passkey.show"), Lead: []string{v.Say("passkey.show-lead")}, Action: identity.PasskeyPage, Button: v.Say("passkey.show-button"),
		Hidden: []portal.Hidden{{Name: "to", Value: v.R.FormValue("to")}},
		Links:  []portal.Link{{URL: "/sign-in?" + url.Values{"to": {v.R.FormValue("to")}, "level": {act.LevelSecondFactor.String()}, "again": {"yes"}}.Encode(), Text: v.Say("reached.eid")}},
	}
	if err := v.ceremony(&q, "get", c); err != nil {
		return err
	}
	return v.put(q, refused)
}

func (v *visit) showPasskey() error {
	v.Here = identity.PasskeyPage
	if err := v.people.ShowPasskey(v.W, v.R, v.Actor, v.Typed("ceremony"), v.Typed("credential")); err != nil {
		return v.askPasskey(err)
	}
	return v.To(identity.LocalPath(v.R.PostFormValue("to")))
}
