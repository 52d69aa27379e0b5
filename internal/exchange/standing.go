package exchange

import (
	"cmp"
	"slices"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// providers gives the nodes of the provider that take requests.
func providers(state *registry.State, a *Request) ([]registry.Node, error) {
	all := state.Nodes(a.Service)
	if len(all) == 0 || !state.HasSubsystem(a.Service.System()) {
		return nil, problem.New(problem.NotFound, "provider-unknown", "service", a.Service.String())
	}
	service, known := state.Service(a.Service)
	if !known {
		return nil, problem.New(problem.NotFound, "service-unknown", "service", a.Service.String())
	}
	if err := disabled(service); err != nil {
		return nil, err
	}
	if a.Node != "" {
		all = slices.DeleteFunc(all, func(n registry.Node) bool { return n.Name != a.Node })
		if len(all) == 0 {
			return nil, problem.New(problem.NotFound, "node-unknown", "node", a.Node, "body", a.Service.Owner().String())
		}
	}
	first := all[0]
	if all = slices.DeleteFunc(all, func(n registry.Node) bool { return !n.Serves() }); len(all) == 0 {
		return nil, maintenance(first)
	}
	return all, nil
}

// fresh refuses to go on with a registry that nobody has confirmed for long.
func (g *Gateway) fresh() error {
	if age := g.Now().Sub(g.Contact()); age > g.Stale {
		return problem.New(problem.Unavailable, "registry-outdated")
	}
	return nil
}

// registered refuses to ask when the registry does not have this node, or has
// another key under its name: nobody would answer it.
func (g *Gateway) registered(state *registry.State) error {
	if own, known := state.NodeByTLS(g.Credential.Pin()); !known || own.Member != g.Member || own.Name != g.Node {
		return problem.New(problem.Forbidden, "node-revoked", "node", g.Node)
	}
	return nil
}

// choose takes the first contract that lets the request through. Where none
// does, the error of the one that comes nearest says why.
func (g *Gateway) choose(state *registry.State, a *Request) (*registry.Contract, error) {
	var nearest error
	asker := a.Client
	if a.Behalf != (registry.ID{}) {
		asker = a.Behalf
	}
	for _, c := range state.Between(asker, a.Service) {
		if c.Service != a.Service.Service || a.Purpose != "" && c.Purpose != a.Purpose || !state.Lets(c, a.Client, a.Behalf) {
			continue
		}
		if _, covered := covers(c, a.Method, a.Path, false); !covered {
			continue
		}
		err := agreedQuery(c, a.Query)
		if err == nil {
			err = g.standing(c)
		}
		if err == nil {
			return c, nil
		}
		nearest = err
	}
	if nearest == nil {
		nearest = missing(a.Client, a.Service)
	}
	return nil, nearest
}

// Standing reports why a contract does not hold on a day: its own period, or
// the provision on which it rests.
func Standing(c registry.Contract, law Law, day civil.Day) error { return standing(&c, law, day) }

func standing(c *registry.Contract, law Law, day civil.Day) error {
	if day.Before(c.From) {
		return problem.New(problem.Forbidden, "contract-not-begun", "contract", c.ID, "day", c.From.String())
	}
	if !c.Holds(day) {
		return problem.New(problem.Forbidden, "contract-ended", "contract", c.ID, "day", c.To.String())
	}
	return law.InForce(c.Provision, day)
}

func (g *Gateway) standing(c *registry.Contract) error { return standing(c, g.Law, civil.Of(g.Now())) }

// limitOf is how many bytes one body may have under a contract.
func limitOf(c *registry.Contract) int64 { return cmp.Or(c.Limit, registry.DefaultLimit) }
