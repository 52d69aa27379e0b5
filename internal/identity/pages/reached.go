package pages

import (
	"html/template"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
)

// ByContact is where people without an electronic identity sign in.
const ByContact = "/sign-in/contact"

const codePage = "/sign-in/code"

// reachedPages are the two questions of signing in by a contact. Both answers are forms: a
// link in a message signs in nobody, since programs open links before people do.
func (p *pages) reachedPages(of func(func(*visit) error) func(*portal.Visit) error) []portal.Page {
	return []portal.Page{
		{Pattern: "GET " + ByContact, Right: act.Anyone(), Do: of(func(v *visit) error { return v.askAddress(nil) })},
		{Pattern: "POST " + ByContact, Right: act.Anyone(), Do: of((*visit).sendCode)},
		{Pattern: "GET " + codePage, Right: act.Anyone(), Do: of(func(v *visit) error { return v.askCode(nil) })},
		{Pattern: "POST " + codePage, Right: act.Anyone(), Do: of((*visit).enterCode)},
	}
}

func (v *visit) askAddress(refused error) error {
	to := v.R.FormValue("to")
	title, label, complete := "reached.title", "reached.address", "email"
	if v.people.ByPhone() {
		title, label, complete = "reached.title-either", "reached.either", "username"
	}
	q := portal.Question{
		Title: v.Say(title), Lead: []string{v.Say("reached.lead")}, Action: ByContact, Button: v.Say("reached.button"),
		Hidden: []portal.Hidden{{Name: "to", Value: to}},
		Fields: []portal.Field{{Name: "address", Kind: "text", Label: v.Say(label), Mode: "email", Complete: complete, Most: 254}},
		Links:  []portal.Link{{URL: portal.SignInLink(to), Text: v.Say("reached.eid")}},
	}
	return v.put(q, refused)
}

// put shows a question; what is wrong with its answer stands beside it, what is no fault of
// the answer is a page of its own.
func (v *visit) put(q portal.Question, refused error) error {
	if refused != nil && !q.Refuse(v.Visit, refused) {
		return refused
	}
	return v.Ask(q)
}

func (v *visit) sendCode() error {
	v.Here = ByContact
	if err := v.people.AskCode(v.W, v.R, v.Typed("address"), v.R.PostFormValue("to"), v.Tag); err != nil {
		return v.askAddress(err)
	}
	return v.To(codePage)
}

func (v *visit) askCode(refused error) error {
	q := portal.Question{
		Title: v.Say("reached.code-title"), Lead: []string{v.Say("reached.code-lead"), v.Say("reached.code-few")}, Action: codePage, Button: v.Say("reached.code-button"),
		Fields: []portal.Field{{Name: "code", Kind: "text", Label: v.Say("reached.code"), Mode: "numeric", Complete: "one-time-code", Most: 40}},
		Links:  []portal.Link{{URL: ByContact, Text: v.Say("reached.again")}, {URL: portal.SignInLink("/"), Text: v.Say("reached.eid")}},
	}
	if joined := problem.Of(refused); refused != nil && len(joined.Fields) == 1 && joined.Fields[0].Code == "contact-joined" {
		q.Fields = append(q.Fields, portal.Field{
			Name: "anew", Kind: "ticks", Label: v.Say("reached.anew-label"), Options: []portal.Option{{Value: "yes", Label: v.Say("reached.anew")}},
		})
	}
	return v.put(q, refused)
}

func (v *visit) enterCode() error {
	v.Here = codePage
	to, err := v.people.EnterCode(v.W, v.R, v.Typed("code"), v.Typed("anew") == "yes")
	if err != nil {
		return v.askCode(err)
	}
	return v.To(to)
}

// welcome offers it on the first page to whoever is nobody here yet.
func (v *visit) welcome() (template.HTML, error) {
	if v.Known || !v.people.ByContact() {
		return "", nil
	}
	return v.Render("reached.html", ByContact)
}
