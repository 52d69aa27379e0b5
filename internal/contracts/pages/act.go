package pages

import (
	"errors"
	"slices"

	"dobosh/internal/contracts"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// proposal shows what would leave, for what and by which provision, and
// what can be done about it.
func (v *visit) proposal() error { return v.showProposal(v.R.PathValue("id"), nil) }

func (v *visit) showProposal(id string, refused error) error {
	one, err := v.Contracts.Proposal(v.R.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	view := v.proposalView(one)
	if view.Turn && view.Signs && refused == nil {
		refused = v.Contracts.Check(v.R.Context(), one.Contract)
	}
	if p, ok := errors.AsType[*problem.Problem](refused); ok && p.Kind == problem.Invalid {
		for _, f := range p.Fields {
			view.Wrong = append(view.Wrong, portal.Wrong{Says: v.SaidProblem(f.Code, f.Args)})
		}
	} else if refused != nil {
		return refused
	}
	return v.Show("proposal", v.Plain(view.Purpose), view)
}

// approve signs. What speaks against it is said on the page itself.
func (v *visit) approve() error {
	id := v.R.PathValue("id")
	v.Here = proposalAddress(id)
	version, err := v.Version()
	if err != nil {
		return err
	}
	if _, err := v.Contracts.Approve(v.R.Context(), v.Actor, id, version); problem.HasCode(err, "contract-terms") {
		v.Status = problem.Invalid.Status()
		return v.showProposal(id, err)
	} else if err != nil {
		return err
	}
	return v.To(proposalAddress(id))
}

// endings are the pages that end something: they refuse and withdraw a proposal, and
// end a contract.
func (p *pages) endings() ([]portal.Page, error) {
	refuse, err := contracts.Refusal(p.Contracts)
	if err != nil {
		return nil, err
	}
	withdraw, err := contracts.Withdrawal(p.Contracts)
	if err != nil {
		return nil, err
	}
	end, err := contracts.Ending(p.Contracts)
	if err != nil {
		return nil, err
	}
	proposal := portal.Nav{Path: "/desk/contracts/proposals/{proposal}", Key: "contract.back"}
	answered := func(_ *portal.Visit, done any) string { return proposalAddress(done.(contracts.Proposal).ID) }
	return slices.Concat(
		portal.ActPage{Act: refuse, Back: proposal, Next: answered, Ask: func(v *portal.Visit, q *portal.Question) error {
			one, err := p.Contracts.Proposal(v.R.Context(), v.Actor, v.R.PathValue("proposal"))
			q.Lead = []string{v.Say("contract.refuse-lead", "other", v.Plain(p.other(one)))}
			return err
		}}.Pages(),
		portal.ActPage{Act: withdraw, Back: proposal, Next: answered}.Pages(),
		portal.ActPage{
			Act: end, Back: portal.Nav{Path: "/desk/contracts/in-force/{contract}", Key: "contract.back"},
			Next: func(*portal.Visit, any) string { return "/desk/contracts/in-force" },
			Ask: func(v *portal.Visit, q *portal.Question) error {
				s, err := p.Contracts.Contract(v.R.Context(), v.Actor, v.R.PathValue("contract"))
				q.Lead = []string{v.Say("contract.end-lead", "purpose", v.Plain(p.purpose(s.Contract)))}
				for i := range q.Fields {
					q.Fields[i].Hint = v.Say("contract.end-hint")
				}
				return err
			},
		}.Pages(),
	), nil
}

// groupsView are the groups with which contracts are made as a whole.
type groupsView struct {
	Tabs        []portal.Link
	Own, Others []registry.Group
	Signs       bool
}

func (v *visit) groups() error {
	own, others, err := v.Contracts.Groups(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	return v.Show("groups", v.Say("groups.title"), groupsView{v.tabs("/desk/contracts/groups"), own, others, contracts.RightToSign().Lets(v.Actor)})
}

// askGroup asks who is of a group, a new one or the one that the address names.
func (v *visit) askGroup() error {
	own, _, err := v.Contracts.Groups(v.R.Context(), v.Actor)
	if err != nil {
		return err
	}
	var g registry.Group
	for _, one := range own {
		if one.ID.Subsystem == v.R.URL.Query().Get("code") {
			g = one
		}
	}
	return v.groupPage(g, nil)
}

func (v *visit) groupPage(g registry.Group, refused error) error {
	q := portal.Question{
		Title: v.Say("groups.new"), Lead: []string{v.Say("groups.new-lead")}, Action: "/desk/contracts/groups/new", Button: v.Say("groups.save"),
		Fields: []portal.Field{
			{Name: "code", Kind: "text", Label: v.Say("groups.code"), Hint: v.Say("groups.code-hint"), Value: v.Again("code", g.ID.Subsystem), Complete: "off", Most: 60, Code: true},
			{Name: "title", Kind: "text", Label: v.Say("groups.name"), Value: v.Again("title", v.groupTitle(g)), Complete: "off", Most: 200},
			{Name: "members", Kind: "words", Label: v.Say("groups.members"), Hint: v.Say("groups.members-hint"), Value: v.Again("members", idList(g.Members, "\n")), Most: 20_000, Optional: true, Code: true},
		},
		Links: []portal.Link{{URL: "/desk/contracts/groups", Text: v.Say("contract.stop")}},
	}
	if refused != nil && !q.Refuse(v.Visit, refused) {
		return refused
	}
	return v.Ask(q)
}

func (v *visit) putGroup() error {
	v.Here = "/desk/contracts/groups/new"
	g, err := v.typedGroup()
	if err == nil {
		err = v.Contracts.PutGroup(v.R.Context(), v.Actor, g)
	}
	if err != nil {
		return v.groupPage(g, err)
	}
	return v.To("/desk/contracts/groups")
}

// groupTitle is the title of a group in the language of the page, if it has one.
func (v *visit) groupTitle(g registry.Group) string {
	if len(g.Title) == 0 {
		return ""
	}
	return v.Plain(g.Title)
}

// titled gives a group the title that was typed, in the language of the page. A
// title that was only shown in another script stays as it was.
func (v *visit) titled(group registry.ID, typed string) lang.Text {
	_, groups := v.Contracts.Askers()
	for _, g := range groups {
		if g.ID == group && v.groupTitle(g) == typed {
			return g.Title
		}
	}
	if v.Tag == lang.En {
		return lang.Text{"en": typed}
	}
	return lang.Text{"sr": typed}
}

func (v *visit) typedGroup() (g registry.Group, err error) {
	systems, _ := v.Contracts.Askers()
	code, err := v.Words("code", 60)
	if err != nil {
		return g, err
	}
	title, err := v.Words("title", 200)
	if err != nil {
		return g, err
	}
	if len(systems) > 0 {
		g.ID = systems[0].Owner()
	}
	g.ID.Subsystem = code
	g.Title = v.titled(g.ID, title)
	for _, line := range portal.Lines(v.Typed("members")) {
		id, err := registry.ParseID(line)
		if err != nil {
			return g, problem.New(problem.Invalid, "form-incomplete").At("members", "client-unknown", "client", line)
		}
		g.Members = append(g.Members, id)
	}
	return g, nil
}
