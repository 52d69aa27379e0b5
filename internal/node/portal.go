package node

import (
	"context"
	"net/http"

	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/journal/witness"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
	"dobosh/internal/web"
)

// titles names a data service or a member by the registry, or, before the
// registry is known, a member by the pack.
func titles(c centre, pack *law.Pack) func(registry.ID) lang.Text {
	return func(id registry.ID) lang.Text {
		state := c.State()
		if _, known := state.Member(id); known {
			return state.Title(id)
		}
		if body, ok := pack.Body(id.Owner().String()); ok {
			return body.Title
		}
		return state.Title(id)
	}
}

// portal puts the pages of all rooms into the frame.
func (n *Node) portal(frame portal.Config) (http.Handler, error) {
	var err error
	if frame.FormKey, err = n.key("forms.key"); err != nil {
		return nil, err
	}
	var rooms []portal.Room
	for _, b := range n.brought {
		if b.Kind != "" {
			frame.Kind = b.Kind
		}
		rooms = append(rooms, b.Pages...)
	}
	return portal.New(frame, rooms...)
}

// registryPages shows what the supervisor keeps.
type registryPages struct {
	*registry.Registry
	law     registry.Law
	witness *witness.Server // nil where this node is none
	words   *lang.Catalogue
	now     clock.Now
}

// Members implements web.Registry.
func (n registryPages) Members(context.Context) ([]web.Member, error) {
	state := n.State()
	var members []web.Member
	for _, m := range state.Members() {
		view := web.Member{ID: m.ID.String(), Title: m.Title, Systems: m.Subsystems}
		for _, node := range state.Nodes(m.ID) {
			view.Address = node.Address
		}
		members = append(members, view)
	}
	return members, nil
}

// Contracts implements web.Registry.
func (n registryPages) Contracts(context.Context) ([]web.Contract, error) {
	today := civil.Of(n.now())
	var contracts []web.Contract
	for _, c := range n.State().Contracts() {
		view := web.Contract{
			ID: c.ID, Consumer: c.Consumer.String(), Provider: c.Provider.String(), Service: c.Service, Fields: c.Fields,
		}
		if purpose, ok := n.law.Pack.Purpose(c.Purpose); ok {
			view.Purpose = purpose.Title
		}
		if provision, ok := n.law.Pack.Provision(c.Provision); ok {
			view.Cite = lang.Text{"sr": provision.Cite(lang.SrCyrl), "en": provision.Cite(lang.En)}
		}
		err := exchange.Standing(c, n.law, today)
		view.InForce = err == nil
		if err != nil {
			p := problem.Of(err)
			view.Why = lang.Text{}
			for source, tag := range map[string]lang.Tag{"sr": lang.SrCyrl, "en": lang.En} {
				view.Why[source] = n.words.Say(tag, "problem."+p.Code, problem.Pairs(p.Args)...)
			}
		}
		contracts = append(contracts, view)
	}
	return contracts, nil
}

// Logs implements web.Registry: the journals as the witness last saw them.
func (n registryPages) Logs(context.Context) ([]web.LogState, error) {
	if n.witness == nil {
		return nil, nil
	}
	state := n.State()
	var logs []web.LogState
	for _, m := range state.Members() {
		for _, node := range state.Nodes(m.ID) {
			key, err := journal.ParseKey(node.Log)
			if err != nil {
				return nil, err
			}
			newest, err := n.witness.Newest(key.Name())
			if err != nil {
				return nil, err
			}
			seen, err := journal.PeekCheckpoint(newest)
			if err != nil {
				continue // this witness has seen nothing of it yet
			}
			logs = append(logs, web.LogState{Origin: key.Name(), Size: seen.Size, At: n.witness.SeenAt(key.Name())})
		}
	}
	return logs, nil
}
