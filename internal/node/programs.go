package node

import (
	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/catalogue"
	"dobosh/internal/contracts"
	"dobosh/internal/exchange/events"
	"dobosh/internal/identity"
	"dobosh/internal/kit/problem"
	"dobosh/internal/security"
	"dobosh/internal/services"
)

// programs serves acts to the member's own information systems.
type programs struct {
	base
	answers *api.Answers
	say     problem.Say
	watch   *security.Log
}

// contracts serves the acts on contracts to engineers and information systems of
// the member, which sign for it.
func (p programs) contracts(room *contracts.Room) (Brings, error) {
	acts, err := room.Acts()
	if err != nil {
		return Brings{}, err
	}
	who, err := api.Tokens(tokens(p.Contracts.Systems, identity.Contracts))
	if err != nil {
		return Brings{}, err
	}
	served, err := p.surface("contracts", "/contracts", acts, who).Handler()
	return Brings{API: []*api.Served{served}}, err
}

// catalogue serves the acts on the member's services to those programs that publish
// and describe them.
func (p programs) catalogue(room *catalogue.Room) (Brings, error) {
	acts, err := room.Acts()
	if err != nil {
		return Brings{}, err
	}
	who, err := api.Tokens(tokens(p.Catalogue.Systems, identity.Operator))
	if err != nil {
		return Brings{}, err
	}
	served, err := p.surface("catalogue", "/catalogue", acts, who).Handler()
	return Brings{API: []*api.Served{served}}, err
}

// counter serves the public services to the information systems of the member's
// own counters.
func (p programs) counter(room *services.Room, feed services.Feed, sectors *identity.Sectors) (Brings, error) {
	acts, err := room.CounterActs(feed, sectors)
	if err != nil {
		return Brings{}, err
	}
	who, err := api.Tokens(tokens(p.Services.Systems, identity.Officer))
	if err != nil {
		return Brings{}, err
	}
	served, err := p.surface("counter", "/services", acts, who).Handler()
	return Brings{API: []*api.Served{served}}, err
}

// events serves what publishes events and subscribes to them.
func (p programs) events(room *events.Room) (Brings, error) {
	known := make([]System, 0, len(p.Events.Systems))
	systems := map[string]events.System{}
	for _, s := range p.Events.Systems {
		known = append(known, s.System)
		systems[s.Name] = s.of(p.Member)
	}
	who, err := api.Tokens(tokens(known))
	if err != nil {
		return Brings{}, err
	}
	acts, err := room.Acts(systems)
	if err != nil {
		return Brings{}, err
	}
	surface := p.surface("events", "/events", acts, who)
	surface.Bodies = room.Bodies(systems)
	served, err := surface.Handler()
	return Brings{API: []*api.Served{served}}, err
}

func (p programs) surface(name, at string, acts []act.Act, who api.Who) api.Surface {
	return api.Surface{Name: name, At: at, Acts: acts, Who: who, Answers: p.answers, Say: p.say, Log: p.log, Watch: p.watch}
}

// tokens are the systems of the configuration with the roles that their token
// gives.
func tokens(systems []System, roles ...act.Role) (all []api.Program) {
	for _, s := range systems {
		all = append(all, api.Program{Name: s.Name, TokenFile: s.TokenFile, Grants: act.System(s.Name, roles...).Grants})
	}
	return all
}
