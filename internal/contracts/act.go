package contracts

import (
	"context"
	"slices"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/journal"
	"dobosh/internal/kit/canonical"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/note"
)

// Propose signs a contract and offers it to the other side. token is the id of
// the proposal, made by whoever asks ([id.New]), so that a form that is sent
// twice is one. A contract without an id gets one; with the id of one that
// stands it amends that.
func (r *Room) Propose(ctx context.Context, by act.Actor, token string, c registry.Contract) (Proposal, error) {
	if err := r.maySign(by); err != nil {
		return Proposal{}, err
	}
	if !id.Valid(token) {
		return Proposal{}, problem.New(problem.Invalid, "token-malformed")
	}
	if p, err := r.proposal(ctx, token); !problem.HasCode(err, "proposal-unknown") {
		return p, err
	}
	mine := r.sides(c)
	if len(mine) == 0 {
		return Proposal{}, problem.New(problem.Forbidden, "contract-foreign")
	}
	if c.ID == "" {
		c.ID = id.Code("C", civil.Of(r.Now()).Year())
	}
	if err := r.Check(ctx, c); err != nil {
		return Proposal{}, err
	}
	text, err := c.Sign(r.Signer)
	if err != nil {
		return Proposal{}, err
	}
	now := r.Now()
	p := Proposal{ID: token, Contract: c, Author: mine[0], State: Open, Opened: now, text: text, digest: digestOf(c)}
	if len(mine) == 1 {
		p.peer = member(c, mine[0].Other())
	}
	return r.tell(ctx, by, p, Propose, mine[0], "")
}

// Amend answers an open proposal with another text, which this side signs; then
// it is the other side's turn.
func (r *Room) Amend(ctx context.Context, by act.Actor, proposal string, version int, c registry.Contract) (Proposal, error) {
	p, done, err := r.current(ctx, by, proposal, version, Amend)
	if err != nil || done {
		return p, err
	}
	asker, provider := p.Contract.Between()
	if a, b := c.Between(); c.ID != p.Contract.ID || a != asker || b != provider {
		return p, problem.New(problem.Invalid, "contract-terms").At("id", "contract-other-sides")
	}
	if c.Digest() == p.Contract.Digest() {
		return p, problem.New(problem.Invalid, "contract-terms").At("contract", "contract-unchanged", "contract", c.ID)
	}
	if err := r.Check(ctx, c); err != nil {
		return p, err
	}
	side := p.respondent()
	if p.text, err = c.Sign(r.Signer); err != nil {
		return p, err
	}
	p.Contract, p.digest = c, digestOf(c)
	return r.tell(ctx, by, p, Amend, side, "")
}

// Approve signs the very text that the other side signed and brings it to the
// registry.
func (r *Room) Approve(ctx context.Context, by act.Actor, proposal string, version int) (Proposal, error) {
	p, done, err := r.current(ctx, by, proposal, version, Approve)
	if err != nil || done {
		return p, err
	}
	if err := r.Check(ctx, p.Contract); err != nil {
		return p, err
	}
	if p.peer != (registry.ID{}) {
		// The other side must still stand by it: a key that was taken out since signs nothing.
		n, err := note.Open([]byte(p.text), r.keys(p.peer))
		if err != nil {
			return p, problem.New(problem.Conflict, "signature-stale").Because(err)
		}
		signed, err := note.Sign(n, r.Signer)
		if err != nil {
			return p, err
		}
		p.text = string(signed)
	}
	return r.tell(ctx, by, p, Approve, p.respondent(), "")
}

// Refuse ends a proposal; the other side reads the reason.
func (r *Room) Refuse(ctx context.Context, by act.Actor, proposal string, version int, reason string) (Proposal, error) {
	if !sayable(reason) {
		return Proposal{}, problem.New(problem.Invalid, "form-incomplete").At("reason", "reason-missing")
	}
	p, done, err := r.current(ctx, by, proposal, version, Refuse)
	if err != nil || done {
		return p, err
	}
	return r.tell(ctx, by, p, Refuse, p.respondent(), strings.TrimSpace(reason))
}

// Withdraw takes this side's own text back while the other has not answered.
func (r *Room) Withdraw(ctx context.Context, by act.Actor, proposal string, version int) (Proposal, error) {
	p, done, err := r.current(ctx, by, proposal, version, Withdraw)
	if err != nil || done {
		return p, err
	}
	return r.tell(ctx, by, p, Withdraw, p.Author, "")
}

// current reads the proposal that an officer acts on, in the version that they
// saw. done reports that they did this very act already: a doubled tap.
func (r *Room) current(ctx context.Context, by act.Actor, proposal string, version int, act Act) (p Proposal, done bool, err error) {
	if err := r.maySign(by); err != nil {
		return p, false, err
	}
	if p, err = r.proposal(ctx, proposal); err != nil {
		return p, false, err
	}
	side := p.respondent()
	if act == Withdraw {
		side = p.Author
	}
	if newest, _, err := r.stepAt(ctx, p.ID, p.step); err == nil && newest.Act == act && newest.Officer == by.Account && version < p.Version {
		return p, true, nil
	}
	if version != p.Version {
		return p, false, problem.New(problem.Conflict, "proposal-changed")
	}
	if _, ok := p.follows(act, side); !ok {
		return p, false, problem.New(problem.Conflict, "proposal-not-open")
	}
	if !slices.Contains(r.sides(p.Contract), side) {
		return p, false, problem.New(problem.Conflict, "proposal-not-your-turn")
	}
	return p, false, nil
}

// tell takes a step of this side: journaled first, then kept together with
// what has to be carried.
func (r *Room) tell(ctx context.Context, by act.Actor, p Proposal, act Act, side Side, reason string) (Proposal, error) {
	state, from := Open, p.Version
	if act != Propose {
		state, _ = p.follows(act, side)
	}
	p = p.after(act, side, state, reason)
	p.Changed = r.Now()
	p.Waits = r.waits(p)
	letter, err := r.write(ctx, p, act, side, reason)
	if err != nil {
		return p, err
	}
	if err := r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if act == Propose {
			if err := insertProposal(ctx, tx, p); err != nil {
				return err
			}
		} else if err := updateProposal(ctx, tx, p, from); err != nil {
			return err
		}
		step := Step{N: p.step, Act: act, Side: side, Officer: by.Account, Reason: reason, At: p.Changed}
		if err := putStep(ctx, tx, p.ID, step, letter); err != nil {
			return err
		}
		return r.send(ctx, tx, p, act, letter)
	}); err != nil {
		if act == Propose && storage.IsUnique(err) {
			return r.proposal(ctx, p.ID)
		}
		return p, err
	}
	return p, nil
}

// write writes down what this side does and journals it. An act that is then
// not kept, because somebody was faster, stands in the journal and was never
// told to anybody.
func (r *Room) write(ctx context.Context, p Proposal, act Act, side Side, reason string) (string, error) {
	l := Letter{Proposal: p.ID, N: p.step, Act: act, From: member(p.Contract, side), At: p.Changed, Reason: reason}
	if act.written() {
		l.Contract = p.text
	}
	if err := l.check(); err != nil {
		return "", problem.New(problem.Conflict, "proposal-not-open").Because(err)
	}
	signed, err := l.sign(r.Signer)
	if err != nil {
		return "", err
	}
	return signed, r.journal(ctx, l, p.Contract, signed)
}

// journal keeps a letter, ours or the other side's. It is about no person.
func (r *Room) journal(ctx context.Context, l Letter, c registry.Contract, signed string) error {
	asker, provider := c.Between()
	meta, err := canonical.Marshal(struct {
		Asker     string  `json:"asker"`
		Holder    string  `json:"holder"`
		Act       string  `json:"act"`
		Purpose   string  `json:"purpose"`
		Provision law.Ref `json:"provision"`
		Matter    string  `json:"matter"`
	}{asker.String(), provider.String(), "contract-" + string(l.Act), c.Purpose, c.Provision, c.ID})
	if err != nil {
		return err
	}
	entry := journal.Entry{Kind: "act", ID: l.Proposal, At: l.At, Meta: meta, Body: []byte(signed)}
	if _, err := r.Journal.Append(ctx, entry); err != nil {
		return problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	return nil
}

// send gives out what follows from an act.
func (r *Room) send(ctx context.Context, tx *storage.Tx, p Proposal, act Act, letter string) error {
	if p.peer != (registry.ID{}) {
		if err := r.errands.Add(ctx, tx, letterRef(p.ID, p.step), errand{Kind: carryLetter, Proposal: p.ID, Peer: p.peer.String(), Body: letter}); err != nil {
			return err
		}
	}
	if act != Approve {
		return nil
	}
	return r.errands.Add(ctx, tx, contractRef(p.ID), errand{Kind: carryContract, Proposal: p.ID, Body: p.text})
}
