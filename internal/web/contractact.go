package web

import (
	"errors"

	"dobosh/internal/identity"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

const reasonMost = 2000 // characters; the room has the same bound

// proposalPage shows what would leave, for what and by which provision, and
// what can be done about it.
func (p *portal) proposalPage(v *visit) error { return v.showProposal(v.r.PathValue("id"), nil) }

func (v *visit) showProposal(id string, refused error) error {
	one, err := v.portal.Contracts.Proposal(v.r.Context(), v.actor, id)
	if err != nil {
		return err
	}
	view := v.proposalView(one)
	if view.Turn && view.Signs && refused == nil {
		refused = v.portal.Contracts.Check(v.r.Context(), one.Contract)
	}
	if p, ok := errors.AsType[*problem.Problem](refused); ok && p.Kind == problem.Invalid {
		for _, f := range p.Fields {
			view.Wrong = append(view.Wrong, wrong{Says: v.saidProblem(f.Code, f.Args)})
		}
	} else if refused != nil {
		return refused
	}
	return v.show("contract-proposal", v.plain(view.Purpose), view)
}

// approve signs. What speaks against it is said on the page itself.
func (p *portal) approve(v *visit) error {
	id := v.r.PathValue("id")
	v.here = proposalAddress(id)
	version, err := v.version()
	if err != nil {
		return err
	}
	if _, err := p.Contracts.Approve(v.r.Context(), v.actor, id, version); problem.HasCode(err, "contract-terms") {
		v.status = problem.Invalid.Status()
		return v.showProposal(id, err)
	} else if err != nil {
		return err
	}
	return v.to(proposalAddress(id))
}

func (p *portal) askRefuse(v *visit) error { return v.reasonPage("refuse", nil) }

func (p *portal) refuseProposal(v *visit) error {
	id := v.r.PathValue("id")
	v.here = proposalAddress(id)
	version, err := v.version()
	if err != nil {
		return err
	}
	reason, err := v.words("reason", reasonMost)
	if err == nil {
		_, err = p.Contracts.Refuse(v.r.Context(), v.actor, id, version, reason)
	}
	if problem.HasCode(err, "form-incomplete") {
		return v.reasonPage("refuse", err)
	}
	if err != nil {
		return err
	}
	return v.to(proposalAddress(id))
}

// reasonPage asks why a proposal is refused.
func (v *visit) reasonPage(act string, refused error) error {
	one, err := v.portal.Contracts.Proposal(v.r.Context(), v.actor, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	view := v.proposalView(one)
	q := question{
		Title: v.say("contract.refuse"), Lead: []string{v.say("contract.refuse-lead", "other", v.plain(view.Other))},
		Action: proposalAddress(one.ID) + "/" + act, Hidden: []hidden{{"version", v.again("version", countText(one.Version))}},
		Fields: []field{{Name: "reason", Kind: "words", Label: v.say("contract.reason"), Value: v.typed("reason"), Most: reasonMost}},
		Button: v.say("contract.refuse-button"), Links: []link{{URL: proposalAddress(one.ID), Text: v.say("contract.back")}},
	}
	if refused != nil {
		q.refuse(v, refused)
	}
	return v.ask(q)
}

func (p *portal) askWithdraw(v *visit) error {
	one, err := p.Contracts.Proposal(v.r.Context(), v.actor, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return v.ask(question{
		Title: v.say("contract.withdraw"), Lead: []string{v.say("contract.withdraw-lead")}, Action: proposalAddress(one.ID) + "/withdraw",
		Hidden: []hidden{{"version", countText(one.Version)}}, Button: v.say("contract.withdraw-button"), Links: []link{{URL: proposalAddress(one.ID), Text: v.say("contract.back")}},
	})
}

func (p *portal) withdraw(v *visit) error {
	version, err := v.version()
	if err != nil {
		return err
	}
	id := v.r.PathValue("id")
	v.here = proposalAddress(id)
	if _, err := p.Contracts.Withdraw(v.r.Context(), v.actor, id, version); err != nil {
		return err
	}
	return v.to(proposalAddress(id))
}

func (p *portal) askEnd(v *visit) error { return v.endPage(nil) }

func (v *visit) endPage(refused error) error {
	s, err := v.portal.Contracts.Contract(v.r.Context(), v.actor, v.r.PathValue("contract"))
	if err != nil {
		return err
	}
	view := v.standingView(s)
	q := question{
		Title: v.say("contract.end"), Lead: []string{v.say("contract.end-lead", "purpose", v.plain(view.Purpose))}, Action: view.Address + "/end",
		Fields: []field{{Name: "reason", Kind: "words", Label: v.say("contract.reason"), Hint: v.say("contract.end-hint"), Value: v.typed("reason"), Most: reasonMost}},
		Button: v.say("contract.end-button"), Links: []link{{URL: view.Address, Text: v.say("contract.back")}},
	}
	if refused != nil {
		q.refuse(v, refused)
	}
	return v.ask(q)
}

func (p *portal) endContract(v *visit) error {
	contract := v.r.PathValue("contract")
	v.here = contractAddress(contract)
	reason, err := v.words("reason", reasonMost)
	if err == nil {
		err = p.Contracts.End(v.r.Context(), v.actor, contract, reason)
	}
	if problem.HasCode(err, "form-incomplete") {
		return v.endPage(err)
	}
	if err != nil {
		return err
	}
	return v.to("/desk/contracts/in-force")
}

// groupsView are the groups with which contracts are made as a whole.
type groupsView struct {
	filter
	Own, Others []registry.Group
	Signs       bool
}

func (p *portal) groups(v *visit) error {
	own, others, err := p.Contracts.Groups(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	return v.show("contract-groups", v.say("groups.title"), groupsView{filter{Tabs: v.contractTabs("/desk/contracts/groups")}, own, others, v.actor.Has(identity.Contracts)})
}

// askGroup asks who is of a group, a new one or the one that the address names.
func (p *portal) askGroup(v *visit) error {
	own, _, err := p.Contracts.Groups(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	var g registry.Group
	for _, one := range own {
		if one.ID.Subsystem == v.r.URL.Query().Get("code") {
			g = one
		}
	}
	return v.groupPage(g, nil)
}

func (v *visit) groupPage(g registry.Group, refused error) error {
	q := question{
		Title: v.say("groups.new"), Lead: []string{v.say("groups.new-lead")}, Action: "/desk/contracts/groups/new", Button: v.say("groups.save"),
		Fields: []field{
			{Name: "code", Kind: "text", Label: v.say("groups.code"), Hint: v.say("groups.code-hint"), Value: v.again("code", g.ID.Subsystem), Complete: "off", Most: 60, Code: true},
			{Name: "title", Kind: "text", Label: v.say("groups.name"), Value: v.again("title", v.groupTitle(g)), Complete: "off", Most: 200},
			{Name: "members", Kind: "words", Label: v.say("groups.members"), Hint: v.say("groups.members-hint"), Value: v.again("members", idList(g.Members, "\n")), Most: 20_000, Optional: true, Code: true},
		},
		Links: []link{{URL: "/desk/contracts/groups", Text: v.say("contract.stop")}},
	}
	if refused != nil && !q.refuse(v, refused) {
		return refused
	}
	return v.ask(q)
}

func (p *portal) putGroup(v *visit) error {
	v.here = "/desk/contracts/groups/new"
	g, err := v.typedGroup()
	if err == nil {
		err = p.Contracts.PutGroup(v.r.Context(), v.actor, g)
	}
	if err != nil {
		return v.groupPage(g, err)
	}
	return v.to("/desk/contracts/groups")
}

// groupTitle is the title of a group in the language of the page, if it has one.
func (v *visit) groupTitle(g registry.Group) string {
	if len(g.Title) == 0 {
		return ""
	}
	return v.plain(g.Title)
}

// titled gives a group the title that was typed, in the language of the page. A
// title that was only shown in another script stays as it was.
func (v *visit) titled(group registry.ID, typed string) lang.Text {
	_, groups := v.portal.Contracts.Askers()
	for _, g := range groups {
		if g.ID == group && v.groupTitle(g) == typed {
			return g.Title
		}
	}
	if v.tag == lang.En {
		return lang.Text{"en": typed}
	}
	return lang.Text{"sr": typed}
}

func (v *visit) typedGroup() (g registry.Group, err error) {
	systems, _ := v.portal.Contracts.Askers()
	code, err := v.words("code", 60)
	if err != nil {
		return g, err
	}
	title, err := v.words("title", 200)
	if err != nil {
		return g, err
	}
	if len(systems) > 0 {
		g.ID = systems[0].Owner()
	}
	g.ID.Subsystem = code
	g.Title = v.titled(g.ID, title)
	for _, line := range lines(v.typed("members")) {
		id, err := registry.ParseID(line)
		if err != nil {
			return g, problem.New(problem.Invalid, "form-incomplete").At("members", "client-unknown", "client", line)
		}
		g.Members = append(g.Members, id)
	}
	return g, nil
}
