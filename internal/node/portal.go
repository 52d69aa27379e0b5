package node

import (
	"context"
	"net/http"

	"dobosh/internal/admission"
	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/portal"
	"dobosh/internal/receipts"
	receiptpages "dobosh/internal/receipts/pages"
	"dobosh/internal/registry"
	servicepages "dobosh/internal/services/pages"
	"dobosh/internal/web"
)

// portal plugs the rooms of this node into the pages.
func (n *Node) portalSurface() (http.Handler, error) {
	key, err := n.cfg.key("forms.key")
	if err != nil {
		return nil, err
	}
	cfg := portal.Config{
		Body: n.title(n.cfg.Member), Kind: "city", PublicURL: n.cfg.PublicURL, Help: portal.Help{Phone: n.cfg.Help.Phone, Counter: n.cfg.Help.Counter},
		Banner: n.demonstrates(), FormKey: key, Catalogue: n.catalogue, Now: n.now, Log: n.log,
	}
	if n.identity != nil {
		cfg.SignIn, cfg.Sessions = n.identity, n.identity
	}
	rooms := []portal.Room{receiptpages.NewDesk(n.system)}
	if n.services != nil {
		own := n.cfg.Member
		own.Subsystem = "portal"
		gathered := &receipts.Room{Portal: own, State: n.registry.State, Pack: n.pack, Asker: n.gateway, Words: n.described}
		rooms = append(rooms, servicepages.New(n.services, papers{n.services, n}, n.pack), receiptpages.New(gathered))
	}
	deps := web.Deps{Pack: n.pack, Contracts: n.desk, DataServices: n.described, Oversight: n.oversight, Conditions: conditions{n}, Events: n.events}
	if n.authority != nil {
		cfg.Kind = "supervisor"
		deps.Registry = registryPages{n}
	}
	if n.office != nil {
		deps.Newcomers = admission.Newcomers{Office: n.office}
	}
	rooms = append(rooms, web.New(deps))
	for _, b := range n.brought {
		if b.Kind != "" {
			cfg.Kind = b.Kind
		}
		rooms = append(rooms, b.Pages...)
	}
	return portal.New(cfg, rooms...)
}

// title names a data service or a member by the registry, or, before the
// registry is known, a member by the pack.
func (n *Node) title(id registry.ID) lang.Text {
	state := n.registry.State()
	if _, known := state.Member(id); known {
		return state.Title(id)
	}
	if body, ok := n.pack.Body(id.Owner().String()); ok {
		return body.Title
	}
	return state.Title(id)
}

// registryPages shows what the supervisor keeps.
type registryPages struct{ *Node }

// Members implements web.Registry.
func (n registryPages) Members(context.Context) ([]web.Member, error) {
	state := n.registry.State()
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
	for _, c := range n.registry.State().Contracts() {
		view := web.Contract{
			ID: c.ID, Consumer: c.Consumer.String(), Provider: c.Provider.String(), Service: c.Service, Fields: c.Fields,
		}
		if purpose, ok := n.pack.Purpose(c.Purpose); ok {
			view.Purpose = purpose.Title
		}
		if provision, ok := n.pack.Provision(c.Provision); ok {
			view.Cite = lang.Text{"sr": provision.Cite(lang.SrCyrl), "en": provision.Cite(lang.En)}
		}
		err := exchange.Standing(c, registry.Law{Pack: n.pack, State: n.registry.State}, today)
		view.InForce = err == nil
		if err != nil {
			p := problem.Of(err)
			view.Why = lang.Text{}
			for source, tag := range map[string]lang.Tag{"sr": lang.SrCyrl, "en": lang.En} {
				view.Why[source] = n.catalogue.Say(tag, "problem."+p.Code, problem.Pairs(p.Args)...)
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
	state := n.registry.State()
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
