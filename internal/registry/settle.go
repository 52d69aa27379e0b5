package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"dobosh/internal/journal"
	"dobosh/internal/kit/strict"
	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/tlog"
)

// ContinuationsPath is where a node shows the continuations that it knows: a node
// that follows no more hears there how the registry goes on.
const ContinuationsPath = Path + "/continuations"

// maxContinuations bounds the answer of a node, in bytes.
const maxContinuations = 4 << 20

// Continuations answers GET with the continuations of the log, oldest first, as
// they were signed.
func (r *Registry) Continuations() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		signed := []string{}
		for _, c := range r.State().continued {
			signed = append(signed, c.signed)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(signed) // the other node may have gone
	})
}

// errForeign means that a checkpoint is signed by a key that this node does not
// know as one of the registry. A continuation may explain it.
var errForeign = errors.New("the checkpoint is not signed by the key of the registry")

// whole is a log that was read from its beginning, and verified.
type whole struct {
	leaves     []string
	tree       *growth
	state      *State
	checkpoint string
}

// read fetches a log from its beginning and verifies all of it, by the key that
// this copy was told to believe.
func (r *Registry) read(ctx context.Context, from Mirror) (w whole, err error) {
	p, err := newRegistry(r.store, r.verifier, r.now).collect(ctx, from, 0, false)
	if err != nil {
		return w, err
	}
	w.leaves, w.checkpoint = p.leaves, p.checkpoint
	var root tlog.Hash
	if w.tree, root, err = p.intake.tree(); err != nil {
		return w, err
	}
	if w.state, err = p.intake.state(); err != nil {
		return w, err
	}
	head, err := w.state.open(r.verifier, []byte(w.checkpoint))
	if err != nil {
		return w, fmt.Errorf("read the registry: %w", err)
	}
	if head.Size != w.tree.size || head.Root != root {
		return w, errors.New("read the registry: the statements are not those that were signed")
	}
	return w, nil
}

// extends reports whether the log is the present one, or goes on from it. The
// caller holds mu of r.
func (w whole) extends(ctx context.Context, r *Registry) (bool, error) {
	least := min(w.tree.size, r.tree.size)
	ours, err := tlog.TreeHash(least, r.store.reader(ctx))
	if err != nil {
		return false, err
	}
	theirs, err := tlog.TreeHash(least, w.tree)
	return ours == theirs, err
}

// settle looks for a continuation that says how the registry goes on where this
// copy does not fit any more, and goes over to that history. It reports whether it
// did.
func (f *Follower) settle(ctx context.Context) (bool, error) {
	var errs []error
	for _, source := range f.known() {
		signed, err := source.continuations(ctx)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, text := range signed {
			if f.acceptable(text) != nil {
				continue
			}
			w, err := f.Registry.read(ctx, source)
			if err == nil {
				err = f.quorum.check(w.checkpoint)
			}
			if err == nil {
				err = f.adopt(ctx, w, text)
			}
			if err == nil {
				f.log.WarnContext(ctx, "the registry goes on by a continuation", "statements", w.state.Size)
				return true, nil
			}
			errs = append(errs, err)
		}
	}
	return false, errors.Join(errs...)
}

// acceptable refuses a continuation that this copy has already, or that is not
// signed by the keys of recovery which it knows.
func (f *Follower) acceptable(signed string) error {
	state := f.State()
	for _, c := range state.continued {
		if c.signed == signed {
			return fmt.Errorf("%w: is known", ErrContinuation)
		}
	}
	c, err := ReadContinuation(signed)
	if err != nil {
		return err
	}
	if _, err := state.open(f.verifier, []byte(c.Checkpoint)); err != nil {
		return fmt.Errorf("%w: %w", ErrContinuation, err)
	}
	if state.recovery == nil {
		return fmt.Errorf("%w: no keys of recovery are known", ErrContinuation)
	}
	return state.recovery.authorized(signed)
}

// adopt goes over to another history, if a continuation in it gives up what this
// copy has.
func (f *Follower) adopt(ctx context.Context, w whole, signed string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var by *continued
	for _, c := range w.state.continued {
		if c.signed == signed {
			by = &c
		}
	}
	if by == nil {
		return fmt.Errorf("%w: does not stand in the registry that shows it", ErrContinuation)
	}
	same, err := w.extends(ctx, f.Registry)
	if err != nil {
		return err
	}
	if same && w.tree.size < f.tree.size {
		return fmt.Errorf("%w: %d statements here, %d there", ErrBehind, f.tree.size, w.tree.size)
	}
	if !same {
		if err := f.givenUp(ctx, by.Continuation); err != nil {
			return err
		}
	}
	if fork := f.forked.Load(); fork != nil {
		for _, text := range []string{fork.Ours, fork.Theirs} {
			if err := w.explains(text); err != nil {
				return err
			}
		}
	}
	return f.replace(ctx, w)
}

// givenUp refuses a continuation that does not name the history which is known
// here. The caller holds mu.
func (r *Registry) givenUp(ctx context.Context, c Continuation) error {
	for _, h := range c.GivenUp {
		if h.Size >= r.tree.size {
			return nil
		}
		root, err := tlog.TreeHash(h.Size, r.store.reader(ctx))
		if err != nil {
			return err
		}
		if HeadOf(journal.Checkpoint{Size: h.Size, Root: root}) == h {
			return nil
		}
	}
	return fmt.Errorf("%w: does not give up the %d statements known here", ErrContinuation, r.tree.size)
}

// explains refuses a checkpoint that neither is of this history nor was given up.
func (w whole) explains(signed string) error {
	head, err := journal.PeekCheckpoint([]byte(signed))
	if err != nil {
		return err
	}
	if head.Size <= w.tree.size {
		root, err := tlog.TreeHash(head.Size, w.tree)
		if err != nil || root == head.Root {
			return err
		}
	}
	if !w.state.excuses(head.Size) {
		return fmt.Errorf("%w: does not name a head over %d statements", ErrContinuation, head.Size)
	}
	return nil
}

// replace makes another log this copy, durably, all or none. The caller holds mu.
func (r *Registry) replace(ctx context.Context, w whole) error {
	tree, err := w.tree.settled()
	if err != nil {
		return err
	}
	if err := r.store.replace(ctx, w.leaves, w.tree, w.checkpoint, r.now()); err != nil {
		return err
	}
	r.tree, r.head, r.ahead = tree, head{w.state.Size, w.checkpoint}, nil
	r.state.Store(w.state)
	r.early.Store(nil)
	r.forked.Store(nil)
	r.contact.Store(storage.Micros(r.now()))
	r.shown = r.head
	close(r.changed)
	r.changed = make(chan struct{})
	close(r.grew)
	r.grew = make(chan struct{})
	return nil
}

// Mirror is a node that shows the registry: the one that keeps it, or another that
// follows.
type Mirror struct {
	Registry   string // address of [Path] there
	Statements string // address of [StatementsPath] there; empty where none are taken
	Client     *http.Client
}

// Checkpoint asks for the newest checkpoint that the node shows; empty where it
// knows none.
func (s Mirror) Checkpoint(ctx context.Context) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Registry+"/checkpoint", nil)
	if err != nil {
		return nil, err
	}
	return Fetch(s.Client, req)
}

func (s Mirror) continuations(ctx context.Context) ([]string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Registry+"/continuations", nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.Client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask for continuations: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask for continuations: status %d", resp.StatusCode)
	}
	var signed []string
	if err := strict.Upto(maxContinuations).Read(resp.Body, &signed); err != nil {
		return nil, fmt.Errorf("ask for continuations: %w", err)
	}
	return signed, nil
}
