package registry

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"dobosh/internal/journal"
	"dobosh/internal/kit/problem"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// standing refuses to go on where others know more than is known here, or another
// history: whoever appended would begin a second one. The caller holds mu.
func (a *Authority) mayAppend(next *State) error {
	if key := next.keyAt(a.verifier, next.Size); key.Name() != a.signer.Name() || key.KeyHash() != a.signer.KeyHash() {
		return problem.New(problem.Conflict, "registry-kept-elsewhere")
	}
	if a.kept {
		return problem.New(problem.Conflict, "registry-kept-elsewhere")
	}
	if a.forked.Load() != nil {
		return problem.New(problem.Conflict, "registry-two-histories")
	}
	known := a.least
	for _, seen := range a.ahead {
		known = max(known, seen.Size)
	}
	if known > a.tree.size {
		return problem.New(problem.Conflict, "registry-lost", "here", strconv.FormatInt(a.tree.size, 10), "known", strconv.FormatInt(known, 10))
	}
	return nil
}

// Hear asks a node for the largest registry that it knows, before anything is
// appended here; what [Authority.Whole] says follows from it. An error says that
// the node said nothing that counts.
func (a *Authority) Hear(ctx context.Context, m Mirror) error {
	checkpoint, err := m.Checkpoint(ctx)
	if err != nil || len(checkpoint) == 0 {
		return err
	}
	err = a.Compare(ctx, checkpoint)
	if err == nil || errors.Is(err, ErrForked) {
		return nil
	}
	// Signed by another key: did the keys of recovery say that it counts?
	signed, why := m.continuations(ctx)
	if why != nil {
		return errors.Join(err, why)
	}
	state := a.State()
	for _, text := range signed {
		c, why := ReadContinuation(text)
		if why != nil || names(c.Key, a.own) || state.recovery != nil && state.recovery.authorized(text) != nil {
			continue
		}
		a.mu.Lock()
		a.kept = true
		a.mu.Unlock()
		return nil
	}
	return err
}

// AtLeast notes that a witness has cosigned so many statements.
func (a *Authority) AtLeast(size int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.least = max(a.least, size)
}

// Opening is a checkpoint of the registry as it is here, signed: that of nothing
// while it says nothing.
func (a *Authority) Opening() ([]byte, error) {
	if signed := a.newest().checkpoint; signed != "" {
		return []byte(signed), nil
	}
	root, err := tlog.TreeHash(0, nil)
	if err != nil {
		return nil, err
	}
	signed, err := a.sign(0, root)
	return []byte(signed), err
}

// Gather brings this copy to what a node knows, where that goes on from here, and
// otherwise gives the head of the other history that the node knows.
func (a *Authority) Gather(ctx context.Context, m Mirror) (other []Head, err error) {
	checkpoint, err := m.Checkpoint(ctx)
	if err != nil || len(checkpoint) == 0 {
		return nil, err
	}
	head, err := a.State().open(a.verifier, checkpoint)
	if err != nil {
		return nil, err
	}
	if head.Size <= a.newest().size {
		root, err := tlog.TreeHash(head.Size, a.store.reader(ctx))
		if err != nil || root == head.Root {
			return nil, err
		}
		return []Head{HeadOf(head)}, nil
	}
	w, err := a.read(ctx, m)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	same, err := w.extends(ctx, a.Registry)
	if err != nil || !same {
		return []Head{HeadOf(head)}, err
	}
	return nil, a.replace(ctx, w)
}

// Whole is nil while the registry here is all that others are known to know, and
// otherwise the problem "registry-lost", "registry-two-histories" or
// "registry-kept-elsewhere".
func (a *Authority) Whole() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.mayAppend(a.State())
}

// Restore takes the registry over from a node that follows it, as far as it is
// lost here, and gives how many statements came. Nothing of it has to be believed:
// the key of the registry has signed it. Where another history was begun here,
// that is "registry-two-histories"; then keys of recovery may give that one up.
func (a *Authority) Restore(ctx context.Context, from Mirror, reason string, recovery ...note.Signer) (added int64, err error) {
	w, err := a.read(ctx, from)
	if err != nil {
		return 0, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	same, err := w.extends(ctx, a.Registry)
	if err != nil {
		return 0, err
	}
	if same && a.forked.Load() == nil {
		if added = w.tree.size - a.tree.size; added <= 0 {
			return 0, nil
		}
		return added, a.replace(ctx, w)
	}
	if len(recovery) == 0 {
		return 0, problem.New(problem.Conflict, "registry-two-histories")
	}
	c, err := a.continuation(w.state, w.checkpoint, reason)
	if err != nil {
		return 0, err
	}
	if !same {
		given, err := journal.PeekCheckpoint([]byte(a.head.checkpoint))
		if err != nil {
			return 0, err
		}
		c.GivenUp = append(c.GivenUp, HeadOf(given))
	}
	if fork := a.forked.Load(); fork != nil {
		for _, text := range []string{fork.Ours, fork.Theirs} {
			if w.explains(text) == nil {
				continue
			}
			given, err := journal.PeekCheckpoint([]byte(text))
			if err != nil {
				return 0, err
			}
			c.GivenUp = append(c.GivenUp, HeadOf(given))
		}
	}
	signed, err := c.Sign(recovery...)
	if err != nil {
		return 0, err
	}
	if w, err = a.with(w, Statement{At: a.now(), Continuation: signed}); err != nil {
		return 0, err
	}
	return w.tree.size - a.tree.size, a.replace(ctx, w)
}

// with adds a statement to a log that was read, and signs it.
func (a *Authority) with(w whole, st Statement) (whole, error) {
	leaf, err := st.encode()
	if err != nil {
		return w, err
	}
	at := w.tree.size
	if err := w.tree.add(leaf); err != nil {
		return w, err
	}
	root, err := w.tree.root()
	if err != nil {
		return w, err
	}
	reading, err := read(st)
	if err != nil {
		return w, err
	}
	next, proofs := w.state.clone(), proofs{anchor: a.verifier, roots: w.tree.roots}
	if err := next.apply(reading, &proofs); err != nil {
		return w, fmt.Errorf("statement %d: %w", at, err)
	}
	w.leaves, w.state = append(w.leaves, string(leaf)), next
	w.checkpoint, err = a.sign(next.Size, root)
	return w, err
}

// continuation begins one by which this authority goes on from a head.
func (a *Authority) continuation(state *State, checkpoint, reason string) (Continuation, error) {
	c := Continuation{Checkpoint: checkpoint, Key: fmt.Sprint(a.own), Member: a.node.Member, Node: a.node.Name, Address: a.node.Address, Pin: a.node.TLS, Reason: reason, At: a.now().UTC()}
	if own, known := state.Node(a.node.Member, a.node.Name); known {
		c.Address, c.Pin = own.Address, own.TLS
	}
	if c.Address == "" {
		return c, problem.New(problem.Conflict, "node-unregistered")
	}
	return c, nil
}

// Kept says under which key, and on which node, this authority keeps the
// registry, for the continuations that it makes.
func (a *Authority) Kept(key note.Verifier, node Node) { a.own, a.node = key, node }

// Continue goes on with the history that is known here, by the key of this
// authority, and gives up the heads of others: the keys of recovery decide it.
func (a *Authority) Continue(ctx context.Context, reason string, givenUp []Head, recovery ...note.Signer) error {
	a.mu.Lock()
	state, checkpoint := a.State(), a.head.checkpoint
	a.mu.Unlock()
	c, err := a.continuation(state, checkpoint, reason)
	if err != nil {
		return err
	}
	c.GivenUp = givenUp
	signed, err := c.Sign(recovery...)
	if err != nil {
		return err
	}
	if err := a.append(ctx, func(*State) error { return nil }, Statement{Continuation: signed}); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forked.Store(nil)
	a.ahead, a.least, a.kept = nil, 0, false
	return a.store.endFork(ctx, a.now())
}
