package contracts

import (
	"cmp"
	"context"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
	"dobosh/internal/registry"
)

// reasonMost is the longest reason for a refusal or an end, in characters.
const reasonMost = 2000

// asked is what the acts on contracts ask for, each a part of it.
type asked struct {
	Proposal, ID, Contract, Reason, State string
	Words, Order, Service                 string
	After                                 page.Key
	Version                               int
	Text                                  registry.Contract
	Nobody                                bool // the answers are about no person
}

// Acts are what is done here, by officers on pages and by information systems of
// the member.
func (r *Room) Acts() ([]act.Act, error) {
	sign, read := RightToSign(), RightToRead()
	proposal, version, reason := ofProposal(), ofVersion(), ofReason()
	text := act.OfStructure("contract", func(in *asked) *registry.Contract { return &in.Text }, readText, act.Optional())
	after := act.OfCode("after", func(in *asked) *page.Key { return &in.After }, act.Optional(), act.Most(512))

	terms := Terms{Choices: r, Pack: r.Law, Now: r.Now, Whole: true}
	ask := append([]act.Field[asked]{act.OfConsent("nobody", func(in *asked) *bool { return &in.Nobody }, act.Optional(), act.Says("contract.person-nobody"))},
		act.Part(func(in *asked) *registry.Contract { return &in.Text }, terms.Fields()...)...)

	return act.All(append(r.choosing(read),
		act.Def[asked, Proposal]{
			Name: "contract.ask", Route: "POST /v1/contracts", Right: sign, Made: true, Fields: append(ask, ofID("id", func(in *asked) *string { return &in.ID }, act.Optional())),
			Do: func(ctx context.Context, by act.Actor, in asked) (Proposal, error) {
				if in.Text.From.IsZero() {
					in.Text.From = civil.Of(r.Now())
				}
				if err := terms.Complete(in.Text, in.Nobody); err != nil {
					return Proposal{}, err
				}
				return r.Propose(ctx, by, cmp.Or(in.ID, act.Token(ctx)), in.Text)
			},
		}.Act,
		act.Def[asked, Proposal]{
			Name: "contract.propose", Route: "POST /v1/proposals", Right: sign, Made: true,
			Fields: []act.Field[asked]{ofID("id", func(in *asked) *string { return &in.ID }, act.Optional()), text},
			Do: func(ctx context.Context, by act.Actor, in asked) (Proposal, error) {
				return r.Propose(ctx, by, cmp.Or(in.ID, act.Token(ctx)), in.Text)
			},
		}.Act,
		act.Def[asked, api.List[Proposal]]{
			Name: "contract.proposals", Route: "GET /v1/proposals", Right: read,
			Fields: []act.Field[asked]{act.OfCode("state", func(in *asked) *string { return &in.State }, act.Optional()), after},
			Do: func(ctx context.Context, by act.Actor, in asked) (api.List[Proposal], error) {
				return api.ListOf(r.Proposals(ctx, by, State(in.State), in.After))
			},
		}.Act,
		act.Def[asked, Proposal]{
			Name: "contract.proposal", Route: "GET /v1/proposals/{proposal}", Right: read, Fields: []act.Field[asked]{proposal},
			Do: func(ctx context.Context, by act.Actor, in asked) (Proposal, error) {
				return r.Proposal(ctx, by, in.Proposal)
			},
		}.Act,
		act.Def[asked, Proposal]{
			Name: "contract.approve", Route: "POST /v1/proposals/{proposal}/approve", Right: sign, Fields: []act.Field[asked]{proposal, version},
			Do: func(ctx context.Context, by act.Actor, in asked) (Proposal, error) {
				return r.Approve(ctx, by, in.Proposal, in.Version)
			},
		}.Act,
		act.Def[asked, Proposal]{
			Name: "contract.amend", Route: "POST /v1/proposals/{proposal}/amend", Right: sign, Fields: []act.Field[asked]{proposal, version, text},
			Do: func(ctx context.Context, by act.Actor, in asked) (Proposal, error) {
				return r.Amend(ctx, by, in.Proposal, in.Version, in.Text)
			},
		}.Act,
		func() (act.Act, error) { return Refusal(r) },
		func() (act.Act, error) { return Withdrawal(r) },
		act.Def[asked, Proposal]{
			Name: "contract.end-proposed", Route: "POST /v1/proposals/{proposal}/end", Right: sign, Fields: []act.Field[asked]{proposal, reason},
			Do: func(ctx context.Context, by act.Actor, in asked) (Proposal, error) {
				p, err := r.Proposal(ctx, by, in.Proposal)
				if err != nil {
					return p, err
				}
				return p, r.End(ctx, by, p.Contract.ID, in.Reason)
			},
		}.Act,
		act.Def[asked, api.List[Standing]]{
			Name: "contract.contracts", Route: "GET /v1/contracts", Right: read,
			Fields: []act.Field[asked]{
				act.OfLine("words", func(in *asked) *string { return &in.Words }, act.Optional(), act.Most(100), act.Says("contracts.search")),
				act.OfChoice("order", func(in *asked) *string { return &in.Order }, act.Optional(), act.Of("contracts.sort-", "", OrderStops, OrderNewest)), after,
			},
			Do: func(ctx context.Context, by act.Actor, in asked) (api.List[Standing], error) {
				found, _, err := r.Contracts(ctx, by, Sought{Words: in.Words, Order: in.Order}, in.After)
				return api.ListOf(found, err)
			},
		}.Act,
		act.Def[asked, Standing]{
			Name: "contract.contract", Route: "GET /v1/contracts/{contract}", Right: read, Fields: []act.Field[asked]{act.OfCode("contract", func(in *asked) *string { return &in.Contract }, act.InPath())},
			Do: func(ctx context.Context, by act.Actor, in asked) (Standing, error) {
				return r.Contract(ctx, by, in.Contract)
			},
		}.Act,
		func() (act.Act, error) { return Ending(r) },
		act.Def[asked, Standing]{
			Name: "contract.end-named", Route: "POST /v1/contracts/end", Right: sign,
			Fields: []act.Field[asked]{act.OfCode("contract", func(in *asked) *string { return &in.Contract }), reason}, Do: ending(r),
		}.Act,
	)...)
}

// Ends are what the acts need that end something: a proposal, or a contract.
type Ends interface {
	Proposal(ctx context.Context, by act.Actor, id string) (Proposal, error)
	Refuse(ctx context.Context, by act.Actor, id string, version int, reason string) (Proposal, error)
	Withdraw(ctx context.Context, by act.Actor, id string, version int) (Proposal, error)
	Contract(ctx context.Context, by act.Actor, id string) (Standing, error)
	End(ctx context.Context, by act.Actor, contract, reason string) error
}

// Refusal says no to a proposal of the other side, and why.
func Refusal(r Ends) (act.Act, error) {
	return act.Def[asked, Proposal]{
		Name: "contract.refuse", Route: "POST /v1/proposals/{proposal}/refuse", Page: "/desk/contracts/proposals/{proposal}/refuse", Right: RightToSign(),
		Fields: []act.Field[asked]{ofProposal(), ofVersion(), ofReason()}, Begin: begin(r),
		Do: func(ctx context.Context, by act.Actor, in asked) (Proposal, error) {
			return r.Refuse(ctx, by, in.Proposal, in.Version, in.Reason)
		},
	}.Act()
}

// Withdrawal takes back a proposal that the other side has not answered.
func Withdrawal(r Ends) (act.Act, error) {
	return act.Def[asked, Proposal]{
		Name: "contract.withdraw", Route: "POST /v1/proposals/{proposal}/withdraw", Page: "/desk/contracts/proposals/{proposal}/withdraw", Right: RightToSign(),
		Fields: []act.Field[asked]{ofProposal(), ofVersion()}, Begin: begin(r),
		Do: func(ctx context.Context, by act.Actor, in asked) (Proposal, error) {
			return r.Withdraw(ctx, by, in.Proposal, in.Version)
		},
	}.Act()
}

// Ending takes a contract out of force, however it came to be.
func Ending(r Ends) (act.Act, error) {
	return act.Def[asked, Standing]{
		Name: "contract.end", Route: "POST /v1/contracts/{contract}/end", Page: "/desk/contracts/in-force/{contract}/end", Right: RightToSign(),
		Fields: []act.Field[asked]{act.OfCode("contract", func(in *asked) *string { return &in.Contract }, act.InPath()), ofReason()}, Do: ending(r),
	}.Act()
}

func ofProposal() act.Field[asked] {
	return ofID("proposal", func(in *asked) *string { return &in.Proposal }, act.InPath())
}

// ofID is the id of a proposal, in small letters or in the capitals in which others
// write a ULID.
func ofID(name string, at func(in *asked) *string, bounds ...act.Bound) act.Field[asked] {
	return act.OfOwn(name, act.Code, func(_ context.Context, in *asked, values []string) error {
		*at(in) = one(values)
		if parsed, ok := id.Parse(one(values)); ok {
			*at(in) = parsed
		}
		return nil
	}, func(in *asked) []string { return some(*at(in)) }, bounds...)
}

func ofVersion() act.Field[asked] {
	return act.OfVersion("version", func(in *asked) *int { return &in.Version })
}

func ofReason() act.Field[asked] {
	return act.OfText("reason", func(in *asked) *string { return &in.Reason }, act.Most(reasonMost), act.Says("contract.reason"))
}

// begin fills in the version of a proposal, against which an answer is taken.
func begin(r Ends) func(context.Context, act.Actor, *asked) error {
	return func(ctx context.Context, by act.Actor, in *asked) error {
		p, err := r.Proposal(ctx, by, in.Proposal)
		in.Version = p.Version
		return err
	}
}

func ending(r Ends) func(context.Context, act.Actor, asked) (Standing, error) {
	return func(ctx context.Context, by act.Actor, in asked) (Standing, error) {
		if err := r.End(ctx, by, in.Contract, in.Reason); err != nil {
			return Standing{}, err
		}
		return r.Contract(ctx, by, in.Contract)
	}
}

// readText reads the text of a contract as a program sends it.
func readText(raw []byte, into *registry.Contract) error {
	if err := strict.Upto(len(raw)).Decode(raw, into); err != nil {
		return problem.New(problem.Invalid, "body-malformed").Because(err)
	}
	return nil
}
