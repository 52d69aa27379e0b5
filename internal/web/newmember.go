package web

import (
	"context"
	"strings"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/admission"
	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// Newcomers is how the supervisor lets nodes in: a token for each, shown once.
type Newcomers interface {
	Offer(ctx context.Context, by act.Actor, g admission.Grant) (text string, made admission.Made, err error)
	Tokens(ctx context.Context, by act.Actor, after page.Key) (page.Page[admission.Made], error)
	Withdraw(ctx context.Context, by act.Actor, token string) error
}

// admits says whether to offer the pages on which nodes are let in; the room
// decides what is allowed.
func (v *visit) admits() bool { return v.Newcomers != nil && v.known && v.actor.Has(identity.Operator) }

func (p *portal) newcomerRoutes() {
	p.signedIn("GET /members/new", p.askNewcomer)
	p.signedIn("POST /members/new", p.admitNewcomer)
	p.signedIn("GET /members/tokens", p.tokens)
	p.signedIn("POST /members/tokens/{token}/withdraw", p.withdrawToken)
}

const (
	memberMost  = 200 // characters of an identifier
	systemsMost = 2000
)

func (p *portal) askNewcomer(v *visit) error {
	if !v.admits() {
		return problem.New(problem.Forbidden, "not-yours")
	}
	return v.newcomerPage(nil)
}

func (v *visit) newcomerPage(refused error) error {
	code := func(name, label, hint, value string, most int, optional bool) field {
		return field{Name: name, Kind: "text", Label: label, Hint: hint, Value: v.again(name, value), Complete: "off", Most: most, Optional: optional, Code: true}
	}
	q := question{
		Title: v.say("newcomer.title"), Lead: []string{v.say("newcomer.lead")}, Action: "/members/new", Button: v.say("newcomer.button"),
		Fields: []field{
			code("member", v.say("newcomer.member"), v.say("newcomer.member-hint"), "", memberMost, false),
			{Name: "title", Kind: "text", Label: v.say("newcomer.name"), Hint: v.say("newcomer.name-hint"), Value: v.again("title", ""), Complete: "off", Most: 200, Optional: true},
			code("node", v.say("newcomer.node"), v.say("newcomer.node-hint"), "n1", 64, false),
			code("subsystems", v.say("newcomer.systems"), v.say("newcomer.systems-hint"), "receipts", systemsMost, true),
			code("addresses", v.say("newcomer.addresses"), v.say("newcomer.addresses-hint"), "", 200, true),
		},
		Links: []link{{URL: "/members/tokens", Text: v.say("tokens.title")}, {URL: "/members", Text: v.say("nav.members")}},
	}
	if refused != nil && !q.refuse(v, refused) {
		return refused
	}
	return v.ask(q)
}

// newcomerView shows a token, for the only time.
type newcomerView struct {
	Node, Member string
	Command      string
	Until        time.Time
}

// admitNewcomer makes a token. The page that shows it is the answer to the form,
// since it is kept nowhere: who loads it anew makes another.
func (p *portal) admitNewcomer(v *visit) error {
	v.here = "/members/new"
	g, err := v.typedGrant()
	if err != nil {
		return v.newcomerPage(err)
	}
	text, made, err := p.Newcomers.Offer(v.r.Context(), v.actor, g)
	if err != nil {
		return v.newcomerPage(err)
	}
	return v.show("member-token", v.say("newcomer.made"), newcomerView{g.Node, g.Member.String(), "dobosh join " + text, made.Until})
}

func (v *visit) typedGrant() (g admission.Grant, err error) {
	if g.Member, err = registry.ParseID(v.typed("member")); err != nil {
		return g, problem.New(problem.Invalid, "form-incomplete").At("member", "member-form").Because(err)
	}
	g.Node, g.Addresses = v.typed("node"), v.typed("addresses")
	if title := v.typed("title"); title != "" {
		g.Title = lang.Text{"sr": title}
		if v.tag == lang.En {
			g.Title = lang.Text{"en": title}
		}
	}
	typed := v.typed("subsystems")
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

func (p *portal) tokens(v *visit) error {
	list, err := p.Newcomers.Tokens(v.r.Context(), v.actor, v.after())
	if err != nil {
		return err
	}
	view := tokensView{Next: v.more(list.Next)}
	for _, m := range list.Items {
		if m.Open(v.Now()) {
			view.Open = append(view.Open, tokenView{Made: m})
		} else {
			view.Past = append(view.Past, tokenView{m, !m.UsedAt.IsZero()})
		}
	}
	return v.show("member-tokens", v.say("tokens.title"), view)
}

func (p *portal) withdrawToken(v *visit) error {
	v.here = "/members/tokens"
	if err := p.Newcomers.Withdraw(v.r.Context(), v.actor, v.r.PathValue("token")); err != nil {
		return err
	}
	return v.to("/members/tokens")
}
