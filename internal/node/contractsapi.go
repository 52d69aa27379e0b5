package node

import (
	"context"
	"net/http"

	"dobosh/internal/act"
	"dobosh/internal/contracts"
	"dobosh/internal/identity"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
	"dobosh/internal/lab/registers"
	"dobosh/internal/registry"
)

// contractsAPI is the desk for engineers and information systems of the member:
// what an officer does on the pages, over HTTP.
type contractsAPI struct {
	desk    *contracts.Room
	systems tokens
}

func (n *Node) openContractsAPI() (http.Handler, error) {
	systems, err := readTokens(n.cfg.Contracts.Systems)
	if err != nil {
		return nil, err
	}
	a := contractsAPI{n.desk, systems}
	answers := map[string]registers.Answer{
		"POST /v1/proposals":                     a.propose,
		"GET /v1/proposals":                      a.proposals,
		"GET /v1/proposals/{proposal}":           a.proposal,
		"POST /v1/proposals/{proposal}/approve":  a.act(a.approve),
		"POST /v1/proposals/{proposal}/refuse":   a.act(a.refuse),
		"POST /v1/proposals/{proposal}/amend":    a.act(a.amend),
		"POST /v1/proposals/{proposal}/withdraw": a.act(a.withdraw),
		"POST /v1/proposals/{proposal}/end":      a.act(a.end),
		"GET /v1/contracts":                      a.contracts,
		"POST /v1/contracts/end":                 a.endContract,
	}
	return registers.Desk{Say: n.catalogue.Say, Log: n.log}.Routes(answers), nil
}

// contractForm is the body of every request that changes something.
type contractForm struct {
	ID       string             `json:"id"`       // of a proposal that is made: the same again is one; may be absent
	Version  int                `json:"version"`  // of the proposal, as it was read
	Contract *registry.Contract `json:"contract"` // to propose or amend
	Reason   string             `json:"reason"`   // to refuse or end
}

func (a contractsAPI) who(q *registers.Question) (act.Actor, error) {
	return a.systems.actor(q.Header("Authorization"), identity.Contracts)
}

func (a contractsAPI) propose(ctx context.Context, q *registers.Question) (any, error) {
	by, err := a.who(q)
	if err != nil {
		return nil, err
	}
	var form contractForm
	if err := q.Read(&form); err != nil {
		return nil, err
	}
	if form.ID == "" {
		form.ID = id.New()
	}
	p, err := a.desk.Propose(ctx, by, form.ID, form.contract())
	return registers.Created{Answer: p}, err
}

// contract is what was sent; without one, terms that are none.
func (f contractForm) contract() registry.Contract {
	if f.Contract == nil {
		return registry.Contract{}
	}
	return *f.Contract
}

// list is one page of a list.
type list[T any] struct {
	Items []T      `json:"items"`
	Next  page.Key `json:"next,omitempty"` // ask with ?after= for what follows
}

func (a contractsAPI) proposals(ctx context.Context, q *registers.Question) (any, error) {
	by, err := a.who(q)
	if err != nil {
		return nil, err
	}
	found, err := a.desk.Proposals(ctx, by, contracts.State(q.Query("state")), page.Key(q.Query("after")))
	return list[contracts.Proposal]{append([]contracts.Proposal{}, found.Items...), found.Next}, err
}

func (a contractsAPI) proposal(ctx context.Context, q *registers.Question) (any, error) {
	by, err := a.who(q)
	if err != nil {
		return nil, err
	}
	return a.desk.Proposal(ctx, by, q.Part("proposal"))
}

func (a contractsAPI) contracts(ctx context.Context, q *registers.Question) (any, error) {
	by, err := a.who(q)
	if err != nil {
		return nil, err
	}
	found, err := a.desk.Contracts(ctx, by, page.Key(q.Query("after")))
	return list[contracts.Standing]{append([]contracts.Standing{}, found.Items...), found.Next}, err
}

type contractAct func(ctx context.Context, by act.Actor, proposal string, form contractForm) (contracts.Proposal, error)

// act answers a request that moves one proposal on.
func (a contractsAPI) act(do contractAct) registers.Answer {
	return func(ctx context.Context, q *registers.Question) (any, error) {
		by, err := a.who(q)
		if err != nil {
			return nil, err
		}
		var form contractForm
		if err := q.Read(&form); err != nil {
			return nil, err
		}
		return do(ctx, by, q.Part("proposal"), form)
	}
}

func (a contractsAPI) approve(ctx context.Context, by act.Actor, proposal string, form contractForm) (contracts.Proposal, error) {
	return a.desk.Approve(ctx, by, proposal, form.Version)
}

func (a contractsAPI) refuse(ctx context.Context, by act.Actor, proposal string, form contractForm) (contracts.Proposal, error) {
	return a.desk.Refuse(ctx, by, proposal, form.Version, form.Reason)
}

func (a contractsAPI) amend(ctx context.Context, by act.Actor, proposal string, form contractForm) (contracts.Proposal, error) {
	return a.desk.Amend(ctx, by, proposal, form.Version, form.contract())
}

func (a contractsAPI) withdraw(ctx context.Context, by act.Actor, proposal string, form contractForm) (contracts.Proposal, error) {
	return a.desk.Withdraw(ctx, by, proposal, form.Version)
}

func (a contractsAPI) end(ctx context.Context, by act.Actor, proposal string, form contractForm) (contracts.Proposal, error) {
	p, err := a.desk.Proposal(ctx, by, proposal)
	if err != nil {
		return p, err
	}
	return p, a.desk.End(ctx, by, p.Contract.ID, form.Reason)
}

// endContract ends a contract that came to be without a proposal here, by its
// id.
func (a contractsAPI) endContract(ctx context.Context, q *registers.Question) (any, error) {
	by, err := a.who(q)
	if err != nil {
		return nil, err
	}
	var form struct {
		Contract string `json:"contract"`
		Reason   string `json:"reason"`
	}
	if err := q.Read(&form); err != nil {
		return nil, err
	}
	if err := a.desk.End(ctx, by, form.Contract, form.Reason); err != nil {
		return nil, err
	}
	return a.desk.Contract(ctx, by, form.Contract)
}
