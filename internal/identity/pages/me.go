package pages

import (
	"html/template"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/text"
	"dobosh/internal/portal"
)

// meView is what is known here of the reader, and how they are reached.
type meView struct {
	Level    string // sentence
	Who      string // by name, or by address
	Named    bool   // by name
	Contacts []contactView
	Reaches  bool // the reader may have contacts
	Changes  bool // and may change them as they are signed in
	SignIn   string
	Keys     []identity.Passkey
	Holds    bool // the reader may have keys
	Language string
	Notices  template.HTML // the way to how word reaches the reader; empty where no word goes out
}

type contactView struct {
	identity.Contact
	State string
}

// me is the one page on which a person sees and changes how they are reached.
func (v *visit) me() error {
	list, err := v.people.Contacts(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	keys, err := v.people.Passkeys(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	notices, err := v.Piece("me.notices", nil)
	if err != nil {
		return err
	}
	view := meView{
		Notices: notices,
		Keys:    keys, Holds: v.people.ByPasskey() && v.acts[identity.ActAddPasskey].Right.Lets(v.Actor),
		Level: v.Say("name.level." + v.Actor.Level.String()), Who: v.Actor.Name, Named: v.Actor.Level != act.LevelContact,
		Reaches: len(v.Actor.Persons) > 0 && v.people.ByContact(), Changes: v.acts[identity.ActAddContact].Right.Lets(v.Actor),
		SignIn: "/sign-in?level=eid&to=%2Fme", Language: v.Say("speech." + string(v.Tag)),
	}
	for _, c := range list {
		state := v.Say("me.waits")
		if !c.Confirmed.IsZero() {
			state = v.Say("me.confirmed", "day", v.DayOf(c.Confirmed))
		}
		c.Address = text.ReadableAddress(c.Address)
		view.Contacts = append(view.Contacts, contactView{c, state})
	}
	return v.Show("me", v.Say("me.title"), view)
}

// contactPages are the questions about contacts. An address may be typed before the reader is
// known surely enough: it is there when they come back.
func (p *pages) contactPages() (all []portal.Page) {
	back := portal.Nav{Path: "/me", Key: "me.back"}
	confirm := func(_ *portal.Visit, done any) string {
		return "/me/contacts/" + done.(identity.Added).Contact + "/confirm"
	}
	me := func(*portal.Visit, any) string { return "/me" }
	about := func(v *portal.Visit, q *portal.Question) error { return (&visit{v, p}).askContact(q) }
	for _, one := range []portal.ActPage{
		{Act: p.acts[identity.ActAddContact], Next: confirm, Early: true, Ask: func(v *portal.Visit, q *portal.Question) error {
			for i := range q.Fields {
				switch f := &q.Fields[i]; f.Name {
				case "address":
					if f.Mode, f.Complete = "email", "email"; p.people.ByPhone() {
						f.Complete = "username"
					}
				case "lang":
					f.Options = chosen(f.Options, string(v.Tag))
				}
			}
			return nil
		}},
		{Act: p.acts[identity.ActConfirmContact], Next: me, Ask: func(v *portal.Visit, q *portal.Question) error {
			q.Fields[0].Mode, q.Fields[0].Complete = "numeric", "one-time-code"
			q.Links = append(q.Links, portal.Link{URL: "/me/contacts/" + v.R.PathValue("contact") + "/again", Text: v.Say("contact.again")})
			return about(v, q)
		}},
		{Act: p.acts[identity.ActAgainContact], Next: confirm, Ask: about},
		{Act: p.acts[identity.ActRemoveContact], Next: me, Ask: about},
		{Act: p.acts[identity.ActSpeak], Ask: func(v *portal.Visit, q *portal.Question) error {
			q.Fields[0].Options = chosen(q.Fields[0].Options, string(v.Tag))
			return nil
		}, Next: func(v *portal.Visit, _ any) string { return "/me?lang=" + v.Typed("lang") }},
	} {
		one.Back = back
		all = append(all, one.Pages()...)
	}
	return all
}

// chosen marks what a field begins with, where nothing was chosen yet.
func chosen(options []portal.Option, value string) []portal.Option {
	for _, o := range options {
		if o.Chosen {
			return options
		}
	}
	for i := range options {
		options[i].Chosen = options[i].Value == value
	}
	return options
}

// askContact names the contact that a question is about.
func (v *visit) askContact(q *portal.Question) error {
	list, err := v.people.Contacts(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.ID == v.R.PathValue("contact") {
			q.Facts = append(q.Facts, portal.Fact{Label: v.Say("reached.address"), Value: v.Code(text.ReadableAddress(c.Address))})
			return nil
		}
	}
	return problem.New(problem.NotFound, "contact-unknown")
}
