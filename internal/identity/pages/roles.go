package pages

import (
	"html/template"
	"slices"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
)

// rolesView is who holds which role.
type rolesView struct{ List template.HTML }

func (v *visit) roles() error {
	list := portal.List[identity.Grant]{
		Path: "/roles", StateKey: "roles.of.",
		Table: portal.Table[identity.Grant]{
			Caption: "roles.title", Headed: true, Empty: "roles.none",
			Columns: []portal.Column[identity.Grant]{
				{Key: "roles.account", Cell: func(v *portal.Visit, g identity.Grant) template.HTML { return who(v, g.Name, g.Account) }},
				{Key: "roles.role", Cell: roleAndScope},
				{Key: "roles.period", Kind: portal.When, Cell: period},
				{Key: "col.state", Cell: func(_ *portal.Visit, g identity.Grant) template.HTML { return v.state(g) }},
			},
		},
		Find: func(_ *portal.Visit, w portal.Wanted) (page.Page[identity.Grant], error) {
			return v.people.Grants(v.R.Context(), v.Actor, act.Role(w.State), w.After)
		},
	}
	for _, role := range identity.Given() {
		list.States = append(list.States, string(role))
	}
	shown, err := list.Part(v.Visit)
	if err != nil {
		return err
	}
	return v.Show("roles", v.Say("roles.title"), rolesView{shown})
}

// who is an account by the name that it was seen with and by what it is called at
// the identity provider.
func who(v *portal.Visit, name, account string) template.HTML {
	if name == "" {
		return v.Code(account)
	}
	return v.Name(name) + `<br>` + v.Code(account)
}

func roleAndScope(v *portal.Visit, g identity.Grant) template.HTML {
	said := portal.Escaped(v.Say("name.role." + string(g.Role)))
	for _, part := range scope(g.Scope) {
		said += `<br>` + portal.Escaped(v.Say("role.give."+part.name)) + `: ` + v.Code(part.value)
	}
	return said
}

type scopePart struct{ name, value string }

// scope are the parts that narrow a role, by the names of the fields.
func scope(s act.Scope) []scopePart {
	all := []scopePart{{"body", s.Body}, {"unit", s.Unit}, {"service", s.Service}, {"kind", s.Kind}, {"place", s.Place}}
	return slices.DeleteFunc(all, func(p scopePart) bool { return p.value == "" })
}

// period is said in days; a role that ends as a day begins is held to the day before.
func period(v *portal.Visit, g identity.Grant) template.HTML {
	if g.To.IsZero() {
		return portal.Escaped(v.Say("roles.from", "day", v.DayOf(g.From)))
	}
	return portal.Escaped(v.Say("roles.from-to", "from_day", v.DayOf(g.From), "to_day", v.DayOf(g.To.Add(-time.Microsecond))))
}

// state is what became of a role that was given, and what can be done about it.
func (v *visit) state(g identity.Grant) template.HTML {
	over := !g.To.IsZero() && !v.Now().Before(g.To)
	key := "roles.in-force"
	switch {
	case !g.TakenAt.IsZero():
		return portal.Tag(v.Say("roles.taken"), false) + `<br>` + portal.Escaped(v.DayOf(g.TakenAt))
	case over:
		return portal.Tag(v.Say("roles.over"), false)
	case g.ConfirmedAt.IsZero():
		key = "roles.waits"
	case v.Now().Before(g.From):
		key = "roles.later"
	}
	said := portal.Tag(v.Say(key), key == "roles.in-force")
	way := func(verb, says string) template.HTML {
		who := v.Name(g.Name)
		if g.Name == "" {
			who = v.Code(g.Account)
		}
		return `<span class="acts">` + portal.Anchor("/roles/"+g.ID+"/"+verb, portal.Escaped(v.Say(says))+`<span class="unseen">: `+who+`, `+portal.Escaped(v.Say("name.role."+string(g.Role)))+`</span>`) + `</span>`
	}
	if g.ConfirmedAt.IsZero() && g.GivenBy != v.Actor.Account && g.Account != v.Actor.Account {
		said += way("confirm", "roles.confirm")
	}
	return said + way("take", "roles.take")
}

// accountsView is to whom roles can be given.
type accountsView struct {
	Accounts []identity.Account
	Next     string
}

func (v *visit) accounts() error {
	list, err := v.people.Accounts(v.R.Context(), v.Actor, v.After())
	if err != nil {
		return err
	}
	return v.Show("accounts", v.Say("accounts.title"), accountsView{list.Items, v.More(list.Next)})
}

// askGive shows an account that was seen here by its name; another is typed.
func (v *visit) askGive(q *portal.Question) error {
	q.Links = append(q.Links, portal.Link{URL: "/roles/accounts", Text: v.Say("accounts.title")})
	account := v.Typed("account")
	known, err := v.people.Account(v.R.Context(), v.Actor, account)
	if err != nil {
		return err
	}
	if !known.SeenAt.IsZero() {
		v.settle(q, known)
	}
	return nil
}

// settle makes of the field for an account a fact that the form carries back.
func (v *visit) settle(q *portal.Question, a identity.Account) {
	q.Fields = slices.DeleteFunc(q.Fields, func(f portal.Field) bool { return f.Name == "account" })
	q.Facts = append(q.Facts, portal.Fact{ID: "account", Label: v.Say("roles.account"), Value: who(v.Visit, a.Name, a.Subject)})
	q.Hidden = append(q.Hidden, portal.Hidden{Name: "account", Value: a.Subject})
}

// askGrant shows the role that is to be confirmed or taken.
func (v *visit) askGrant(q *portal.Question) error {
	g, err := v.people.Grant(v.R.Context(), v.Actor, v.R.PathValue("grant"))
	if err != nil {
		return err
	}
	by := v.Code(g.GivenBy)
	if g.GivenBy == identity.Configuration {
		by = portal.Escaped(v.Say("roles.configuration"))
	}
	q.Facts = []portal.Fact{
		{Label: v.Say("roles.account"), Value: who(v.Visit, g.Name, g.Account)},
		{Label: v.Say("roles.role"), Value: roleAndScope(v.Visit, g)},
		{Label: v.Say("roles.period"), Value: period(v.Visit, g)},
		{Label: v.Say("roles.given-by"), Value: by},
	}
	return nil
}
