package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dobosh/internal/kit/problem"

	"golang.org/x/mod/sumdb/note"
)

// Submitter brings statements that a member makes about its own matters into
// the registry, signed by the member's node.
type Submitter interface {
	// Submit returns when the statement stands and is part of the state here,
	// or a problem: statement-refused, -foreign, -forged or -late,
	// statements-too-many, or registry-away. A contract must carry the
	// signatures of both members; anything else is signed here. What the
	// registry says already is said by nobody twice.
	Submit(ctx context.Context, st Statement) error
}

// submitSkew is how far the clocks of a member and the authority may differ.
const submitSkew = 5 * time.Minute

// Submit takes a statement of a member about its own matters: its services, its
// groups, its nodes that are registered, contracts that both sides signed, and
// the end of a contract of its own. That it speaks for the member is proved by
// the caller. Errors are as for [Submitter].
func (a *Authority) Submit(ctx context.Context, by ID, st Statement) error {
	if !a.rates.take(by, a.now()) {
		return problem.New(problem.TooMany, "statements-too-many", "member", by.String())
	}
	if err := a.submittable(by, st); err != nil {
		return refusal(err)
	}
	if a.State().stands(st) {
		return nil
	}
	if err := a.mayMove(ctx, st.Node); err != nil {
		return err
	}
	return refusal(a.Append(ctx, st))
}

// submittable refuses what is not the member's to say, or not now.
func (a *Authority) submittable(by ID, st Statement) error {
	if n := st.parts(); n != 1 {
		return fmt.Errorf("%w: says %d things instead of one", ErrStatement, n)
	}
	if st.Contract != "" {
		c, err := peekContract(st.Contract)
		if sides := c.Signers(); err == nil && !slices.Contains(sides[:], by) {
			return fmt.Errorf("%w: %w", ErrStatement, ErrForeign)
		}
		return err
	}
	if st.By == "" || !slices.Contains(a.State().owners(st), by) {
		return fmt.Errorf("%w: %w", ErrStatement, ErrForeign)
	}
	// A member that spoke while the clocks were far ahead goes on from there: it cannot say less.
	expected := a.now()
	if m, ok := a.State().members.Get(by); ok && m.spoke.After(expected) {
		expected = m.spoke
	}
	if skew := expected.Sub(st.At).Abs(); skew > submitSkew {
		return fmt.Errorf("%w: %w: the clocks differ by %s", ErrStatement, ErrLate, skew.Round(time.Second))
	}
	return nil
}

// Reaching has a node that says another address connected back to there, before
// the registry has it. It is called before the first statement is taken.
func (a *Authority) Reaching(dial func(ctx context.Context, n Node) error) { a.dial = dial }

// mayMove refuses an address that another node has, or at which the node is not
// found by its key.
func (a *Authority) mayMove(ctx context.Context, n *Node) error {
	if n == nil || n.Address == "" {
		return nil
	}
	state := a.State()
	if was, known := state.Node(n.Member, n.Name); !known || was.Address == n.Address {
		return nil
	}
	if holder, taken := state.NodeAtAddress(n.Address); taken {
		return problem.New(problem.Conflict, "address-taken", "address", n.Address, "node", holder.Name, "member", holder.Member.String())
	}
	if a.dial == nil {
		return nil
	}
	if err := a.dial(ctx, *n); err != nil {
		return problem.New(problem.Conflict, "address-unreachable", "address", n.Address).Because(err)
	}
	return nil
}

// stands reports whether a statement would change nothing.
func (s *State) stands(st Statement) bool {
	if st.Contract == "" {
		return s.says(st)
	}
	c, err := peekContract(st.Contract)
	if err != nil {
		return false
	}
	have, there := s.Contract(c.ID)
	return there && have.digest() == c.digest()
}

// refusal says in the words of people why the registry does not take a
// statement.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	kind, code := problem.Unavailable, "registry-away"
	switch {
	case errors.Is(err, ErrForeign):
		kind, code = problem.Forbidden, "statement-foreign"
	case errors.Is(err, ErrForged):
		kind, code = problem.Invalid, "statement-forged"
	case errors.Is(err, ErrLate):
		kind, code = problem.Conflict, "statement-late"
	case errors.Is(err, ErrStatement), errors.Is(err, ErrContract):
		return problem.New(problem.Invalid, "statement-refused", "detail", err.Error()).Because(err)
	}
	return problem.New(kind, code).Because(err)
}

// direct submits at the authority itself.
type direct struct {
	*Authority
	member ID
	node   note.Signer
}

// Submitter is for the statements of the member whose node the authority is.
func (a *Authority) Submitter(member ID, node note.Signer) Submitter { return direct{a, member, node} }

// Submit implements [Submitter].
func (d direct) Submit(ctx context.Context, st Statement) error {
	st, err := d.signed(st, d.member, d.node)
	if err != nil {
		return err
	}
	return d.Authority.Submit(ctx, d.member, st)
}

// signed gives a statement of a member its time and signature, save a contract,
// which has its own. The time is not before that of what the member said last:
// the clocks of its nodes may differ.
func (r *Registry) signed(st Statement, member ID, node note.Signer) (Statement, error) {
	st.At = r.now().UTC().Truncate(time.Millisecond)
	if m, ok := r.State().members.Get(member); ok && m.spoke.After(st.At) {
		st.At = m.spoke
	}
	if st.Contract != "" {
		return st, nil
	}
	return st.Sign(node)
}
