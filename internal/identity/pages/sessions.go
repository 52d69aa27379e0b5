package pages

import (
	"html/template"

	"dobosh/internal/identity"
	"dobosh/internal/portal"
)

// sessionsView is where the reader is signed in.
type sessionsView struct {
	Table template.HTML
	Many  bool
}

func (v *visit) sessions() error {
	list, err := v.people.Sessions(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	current := v.people.Current(v.R)
	began := func(v *portal.Visit, s identity.Session) string {
		if s.Began.IsZero() {
			return v.Say("word.unknown")
		}
		return v.Instant(s.Began)
	}
	table := portal.Table[identity.Session]{
		Caption: "sessions.title", Headed: true,
		Columns: []portal.Column[identity.Session]{
			{Key: "sessions.began", Kind: portal.When, Cell: func(v *portal.Visit, s identity.Session) template.HTML { return portal.Escaped(began(v, s)) }},
			{Key: "sessions.ends", Kind: portal.When, Cell: func(v *portal.Visit, s identity.Session) template.HTML { return portal.Escaped(v.Instant(s.Ends)) }},
			{Key: "col.state", Cell: func(v *portal.Visit, s identity.Session) template.HTML {
				if s.ID == current {
					return portal.Tag(v.Say("sessions.here"), true)
				}
				return portal.Anchor("/sessions/"+s.ID+"/end", portal.Escaped(v.Say("session.end-button"))+`<span class="unseen">: `+portal.Escaped(began(v, s))+`</span>`)
			}},
		},
	}
	shown, err := table.Show(v.Visit, list)
	if err != nil {
		return err
	}
	return v.Show("sessions", v.Say("sessions.title"), sessionsView{shown, len(list) > 1})
}

// askEndAll is about one's own sessions, or about those of an account that an
// administrator picked.
func (v *visit) askEndAll(q *portal.Question) error {
	account := identity.Account{Subject: v.Typed("account")}
	if account.Subject == "" {
		account = identity.Account{Subject: v.Actor.Account, Name: v.Actor.Name}
	}
	if account.Subject != v.Actor.Account {
		var err error
		if account, err = v.people.Account(v.R.Context(), v.Actor, account.Subject); err != nil {
			return err
		}
		q.Lead = []string{v.Say("sessions.end-other")}
		q.Links = []portal.Link{{URL: "/roles/accounts", Text: v.Say("accounts.title")}}
	}
	v.settle(q, account)
	return nil
}
