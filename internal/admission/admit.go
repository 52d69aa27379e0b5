package admission

import (
	"context"
	"crypto"
	"errors"
	"slices"
	"strconv"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// joinSkew is how far the clocks of a joiner and the authority may differ: a
// node whose clock is off by more could ask nobody.
const joinSkew = 5 * time.Minute

// admit takes in a node that brings a token: the token is used up, the node stands in
// the registry, and the answer has its certificate. pin is that of the TLS key with
// which it asks. A token that admitted nobody after all can be used again.
func (o *Office) admit(ctx context.Context, in joining, pin string) (Admitted, error) {
	if err := o.tokens.good(ctx, in.Secret); err != nil { // a stranger hears of nothing else
		return Admitted{}, err
	}
	off, code := in.At.Sub(o.Now()), "join-clock-ahead"
	if off < 0 {
		off, code = -off, "join-clock-behind"
	}
	if off > joinSkew { // said before the token is used up
		return Admitted{}, problem.New(problem.Invalid, code, "minutes", strconv.Itoa(int(off.Round(time.Minute)/time.Minute)))
	}
	key, err := requested(in.Request, pin)
	if err != nil {
		return Admitted{}, err
	}
	log, err := journal.ParseKey(in.Log)
	if err != nil {
		return Admitted{}, problem.New(problem.Invalid, "join-log-key").Because(err)
	}

	o.admitting.Lock() // nobody else takes the name or the address meanwhile
	defer o.admitting.Unlock()
	made, err := o.tokens.take(ctx, in.Secret, pin)
	if err != nil {
		return Admitted{}, err
	}
	g := made.Grant
	node := registry.Node{Member: g.Member, Name: g.Node, Address: in.Address, TLS: pin, Log: in.Log}
	if err := o.allowed(g, node, log.Name()); err != nil {
		return Admitted{}, errors.Join(err, o.tokens.giveBack(ctx, made.ID, pin))
	}
	if err := o.state(ctx, g, node, made.ID); err != nil {
		return Admitted{}, errors.Join(err, o.tokens.giveBack(ctx, made.ID, pin))
	}

	state := o.Registry.State()
	out := Admitted{Node: node}
	out.Member, _ = state.Member(node.Member)
	out.Index, _ = state.NodeAt(node.Member, node.Name)
	if out.Certificate, err = o.issue(key, node); err != nil {
		return Admitted{}, err
	}
	if o.Issuer != nil {
		out.Issuer = o.Issuer.Root()
	}
	return out, nil
}

// allowed checks what the joiner says about itself against the grant.
func (o *Office) allowed(g Grant, n registry.Node, log string) error {
	if err := g.admits(n.Address); err != nil {
		return err
	}
	if log != g.Member.String()+"/"+g.Node {
		return problem.New(problem.Forbidden, "join-other-member", "member", g.Member.String(), "node", g.Node)
	}
	if holder, taken := o.Registry.State().NodeAtAddress(n.Address); taken && (holder.Member != g.Member || holder.Name != g.Node) {
		return problem.New(problem.Conflict, "address-taken", "address", n.Address, "node", holder.Name, "member", holder.Member.String())
	}
	if there := nodeNamed(o.Registry.State(), g.Member, g.Node); there != nil && there.TLS != n.TLS {
		return problem.New(problem.Conflict, "node-name-taken", "node", g.Node)
	}
	return nil
}

// state says member and node in the registry, as far as it does not yet.
func (o *Office) state(ctx context.Context, g Grant, n registry.Node, token string) error {
	var say []registry.Statement
	state := o.Registry.State()
	member := g.member(state)
	if there, known := state.Member(g.Member); !known || !slices.Equal(there.Subsystems, member.Subsystems) {
		say = append(say, registry.Statement{Member: &member})
	}
	if there := nodeNamed(state, g.Member, g.Node); there == nil || there.Address != n.Address || there.Log != n.Log {
		say = append(say, registry.Statement{Node: &n})
	}
	if len(say) == 0 {
		return nil // asked again after an answer that was lost
	}
	if err := o.note(ctx, deed{What: "node-admitted", By: n.TLS, Member: g.Member, Node: g.Node, Token: token, Pin: n.TLS}); err != nil {
		return err
	}
	err := o.Registry.Append(ctx, say...)
	if errors.Is(err, registry.ErrStatement) {
		return problem.New(problem.Invalid, "join-refused").Because(err)
	}
	return err
}

// requested gives the key of a certificate request, which must be the one with
// one of the pins.
func requested(der []byte, pins ...string) (crypto.PublicKey, error) {
	key, err := credential.ReadRequest(der)
	if err != nil {
		return nil, problem.New(problem.Invalid, "certificate-request").Because(err)
	}
	pin, err := credential.PinOf(key)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(pins, pin) {
		return nil, problem.New(problem.Forbidden, "certificate-other-key")
	}
	return key, nil
}

// renew issues a certificate around a key of a node that the registry knows.
func (o *Office) renew(n registry.Node, in renewal) (renewed, error) {
	pins := []string{n.TLS}
	if n.Next != "" {
		pins = append(pins, n.Next)
	}
	key, err := requested(in.Request, pins...)
	if err != nil {
		return renewed{}, err
	}
	if o.Issuer == nil {
		return renewed{}, problem.New(problem.NotFound, "issuer-none")
	}
	der, err := o.issue(key, n)
	return renewed{Certificate: der}, err
}
