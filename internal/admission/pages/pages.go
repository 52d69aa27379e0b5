// Package pages is how the operators of an authority let nodes in, as pages: they
// offer a token, see which are open and which were used, and take one back.
//
// A token is shown on the answer to the form that made it and never again.
package pages

import (
	"context"
	"embed"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/admission"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

//go:embed templates
var templates embed.FS

// Office is where the authority lets nodes in: a token for each, shown once;
// [admission.Newcomers] is one.
type Office interface {
	Offer(ctx context.Context, by act.Actor, g admission.Grant) (text string, made admission.Made, err error)
	Tokens(ctx context.Context, by act.Actor, after page.Key) (page.Page[admission.Made], error)
	Withdraw(ctx context.Context, by act.Actor, token string) error
}

type pages struct{ office Office }

// visit is one request for one of the pages.
type visit struct {
	*portal.Visit
	*pages
}

// New brings the pages on which the operators of an authority let nodes in.
func New(office Office) portal.Room {
	p := &pages{office}
	operators := admission.RightToAdmit()
	page := func(pattern string, do func(*visit) error) portal.Page {
		return portal.Page{Pattern: pattern, Right: operators, Do: func(v *portal.Visit) error { return do(&visit{v, p}) }}
	}
	return portal.Room{
		Templates: templates,
		Pages: []portal.Page{
			page("GET /members/tokens/new", (*visit).askNewcomer),
			page("POST /members/tokens/new", (*visit).admitNewcomer),
			page("GET /members/tokens", (*visit).tokens),
			page("POST /members/tokens/{token}/withdraw", (*visit).withdrawToken),
		},
		Nav: []portal.Nav{{Path: "/members/tokens", Key: "nav.tokens", Order: 710, Setting: portal.Engineers, Whom: operators.Lets}},
	}
}

const (
	memberMost  = 200 // characters of an identifier
	systemsMost = 2000
)

func (v *visit) askNewcomer() error {
	return v.newcomerPage(nil)
}

func (v *visit) newcomerPage(refused error) error {
	code := func(name, label, hint, value string, most int, optional bool) portal.Field {
		return portal.Field{Name: name, Kind: "text", Label: label, Hint: hint, Value: v.Again(name, value), Complete: "off", Most: most, Optional: optional, Code: true}
	}
	q := portal.Question{
		Title: v.Say("newcomer.title"), Lead: []string{v.Say("newcomer.lead")}, Action: "/members/tokens/new", Button: v.Say("newcomer.button"),
		Fields: []portal.Field{
			code("member", v.Say("newcomer.member"), v.Say("newcomer.member-hint"), "", memberMost, false),
			{Name: "title", Kind: "text", Label: v.Say("newcomer.name"), Hint: v.Say("newcomer.name-hint"), Value: v.Again("title", ""), Complete: "off", Most: 200, Optional: true},
			code("node", v.Say("newcomer.node"), v.Say("newcomer.node-hint"), "n1", 64, false),
			code("subsystems", v.Say("newcomer.systems"), v.Say("newcomer.systems-hint"), "receipts", systemsMost, true),
			code("addresses", v.Say("newcomer.addresses"), v.Say("newcomer.addresses-hint"), "", 200, true),
		},
		Links: []portal.Link{{URL: "/members/tokens", Text: v.Say("tokens.title")}, {URL: "/members", Text: v.Say("nav.members")}},
	}
	if refused != nil && !q.Refuse(v.Visit, refused) {
		return refused
	}
	return v.Ask(q)
}

// newcomerView shows a token, for the only time.
type newcomerView struct {
	Node, Member string
	Command      string
	Until        time.Time
}

// admitNewcomer makes a token. The page that shows it is the answer to the form,
// since it is kept nowhere: who loads it anew makes another.
func (v *visit) admitNewcomer() error {
	v.Here = "/members/tokens/new"
	g, err := v.typedGrant()
	if err != nil {
		return v.newcomerPage(err)
	}
	text, made, err := v.office.Offer(v.R.Context(), v.Actor, g)
	if err != nil {
		return v.newcomerPage(err)
	}
	return v.Show("token", v.Say("newcomer.made"), newcomerView{g.Node, g.Member.String(), "dobosh join " + text, made.Until})
}

func (v *visit) typedGrant() (g admission.Grant, err error) {
	if g.Member, err = registry.ParseID(v.Typed("member")); err != nil {
		return g, problem.New(problem.Invalid, "form-incomplete").At("member", "member-form").Because(err)
	}
	g.Node, g.Addresses = v.Typed("node"), v.Typed("addresses")
	if title := v.Typed("title"); title != "" {
		g.Title = lang.Text{"sr": title}
		if v.Tag == lang.En {
			g.Title = lang.Text{"en": title}
		}
	}
	typed := v.Typed("subsystems")
	if len(typed) > systemsMost {
		return g, problem.New(problem.Invalid, "form-incomplete").At("subsystems", "subsystems-form")
	}
	g.Subsystems = strings.FieldsFunc(typed, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' })
	return g, nil
}

type tokensView struct {
	Open, Past []tokenView
	Next       string
}

type tokenView struct {
	admission.Made
	Used bool
}

func (v *visit) tokens() error {
	list, err := v.office.Tokens(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	view := tokensView{Next: v.More(list.Next)}
	for _, m := range list.Items {
		if m.Open(v.Now()) {
			view.Open = append(view.Open, tokenView{Made: m})
		} else {
			view.Past = append(view.Past, tokenView{m, !m.UsedAt.IsZero()})
		}
	}
	return v.Show("tokens", v.Say("tokens.title"), view)
}

func (v *visit) withdrawToken() error {
	v.Here = "/members/tokens"
	if err := v.office.Withdraw(v.R.Context(), v.Actor, v.R.PathValue("token")); err != nil {
		return err
	}
	return v.To("/members/tokens")
}
