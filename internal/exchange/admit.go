package exchange

import (
	"slices"
	"strconv"

	"dobosh/internal/exchange/turnstile"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// covers reports whether the contract lets a method and path through, and the
// segments that its pattern names, where they are wanted.
func covers(c *registry.Contract, method, path string, wanted bool) (named map[string]string, ok bool) {
	if !slices.Contains(c.Methods, method) {
		return nil, false
	}
	segments, plain := cutPath(path)
	if !plain {
		return nil, false
	}
	for _, pattern := range c.Paths {
		if named, ok := matchSegments(pattern, segments, wanted); ok {
			return named, true
		}
	}
	return nil, false
}

// admit finds the contract that the request names and checks everything that
// it says but its quota, by the newest state of the registry: what ended a second ago
// has ended.
func (g *Gateway) admit(state *registry.State, q *RequestMeta, body []byte) (*terms, map[string]string, error) {
	if err := g.fresh(); err != nil {
		return nil, nil, err
	}
	if err := g.open(state); err != nil {
		return nil, nil, err
	}
	c, at, ok := state.Terms(q.Contract)
	if !ok || c.Provider != q.Service.System() || c.Service != q.Service.Service || !state.Lets(c, q.Client, q.Behalf) {
		return nil, nil, missing(q.Client, q.Service)
	}
	t := g.termsOf(c, at)
	named, covered := covers(c, q.Method, q.Path, t.inPath)
	if !covered {
		return t, nil, missing(q.Client, q.Service)
	}
	if err := agreedQuery(c, q.Query); err != nil {
		return t, nil, err
	}
	if service, known := state.Service(q.Service); known {
		if err := disabled(service); err != nil {
			return t, nil, err
		}
	}
	if err := g.standing(c); err != nil {
		return t, nil, err
	}
	if int64(len(body)) > limitOf(c) {
		return t, nil, problem.New(problem.TooLarge, "question-too-large")
	}
	if !g.rates.take(account(c, q), c.Rate, g.Now()) {
		return t, named, problem.New(problem.TooMany, "rate-exceeded", "contract", c.ID, "rate", strconv.Itoa(c.Rate), "seconds", "1")
	}
	return t, named, nil
}

// pass remembers a request, and counts it against the quota of its contract if it was
// admitted.
func (in *inboundRequest) pass() turnstile.Verdict {
	r := turnstile.Request{Member: in.Client.Owner().String(), ID: in.ID}
	if in.refused == nil {
		r.Account, r.Quota = account(in.terms.Contract, &in.RequestMeta), in.terms.Quota
	}
	return in.g.passes.Pass(r)
}

// account is on what a request is counted: under a contract with a group each of its
// members has rate and quota for itself.
func account(c *registry.Contract, q *RequestMeta) string {
	if c.Group == (registry.ID{}) {
		return c.ID
	}
	return c.ID + "\n" + q.Client.String()
}

// missing says that no contract lets the client ask the service this.
func missing(client, service registry.ID) error {
	return problem.New(problem.Forbidden, "contract-missing", "client", client.String(), "service", service.String())
}

// open refuses requests while no node of this member takes any, or this one
// does not.
func (g *Gateway) open(state *registry.State) error {
	for _, n := range state.Nodes(g.Member) {
		if n.Name == g.Node && !n.Serves() {
			return maintenance(n)
		}
	}
	return nil
}

// maintenance says that a node takes no requests, in its own words.
func maintenance(n registry.Node) error {
	return problem.New(problem.Unavailable, "node-maintenance", "body", n.Member.String(), "notice", n.Notice.In(lang.SrCyrl), "notice_en", n.Notice.In(lang.En))
}

// disabled says that a service answers nobody at present, in the words of its
// provider.
func disabled(s registry.Service) error {
	if len(s.Disabled) == 0 {
		return nil
	}
	return problem.New(problem.Unavailable, "service-disabled", "service", s.ID.String(), "notice", s.Disabled.In(lang.SrCyrl), "notice_en", s.Disabled.In(lang.En))
}

// hidden says until when the person concerned does not see a response under a
// contract. A delay whose provision is not in force hides nothing.
func (g *Gateway) hidden(c *registry.Contract) *Hidden {
	if c.Delay.Days == 0 {
		return nil
	}
	today := civil.Of(g.Now())
	if g.Law.InForce(c.Delay.Provision, today) != nil {
		return nil
	}
	return &Hidden{Until: today.AddDays(c.Delay.Days), Provision: c.Delay.Provision}
}
