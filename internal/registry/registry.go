package registry

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the room.
func Migrations() fs.FS { return migrations }

// Registry is a node's copy of the log and the state that follows from it. It
// is safe for concurrent use.
type Registry struct {
	store    logStore
	verifier note.Verifier
	now      clock.Now
	state    atomic.Pointer[State]
	early    atomic.Pointer[State] // with revocations that no quorum of witnesses has cosigned yet; nil without any
	heard    atomic.Int64          // statements that early looked at
	contact  atomic.Int64          // microseconds of the last checkpoint that held
	forked   atomic.Pointer[Fork]
	answers  answers
	keeps    bool // of the authority: it is always current

	mu      sync.Mutex // held while the log grows; owns the fields below
	tree    tree
	head    head          // over all statements
	shown   head          // what others are told; behind head while witnesses are asked
	changed chan struct{} // closed and replaced when shown changes
	grew    chan struct{} // closed and replaced when head grows
	ahead   []sighting    // checkpoints over more than is known here
	hold    bool          // a change is shown by show, not at once
}

// head is a checkpoint and the number of statements that it is over.
type head struct {
	size       int64
	checkpoint string // signed note
}

// open loads the copy from storage, recomputes the state from its leaves, and
// makes sure that they are those of the checkpoint.
func open(ctx context.Context, db *storage.DB, verifier note.Verifier, now clock.Now) (*Registry, error) {
	r := newRegistry(store{db}, verifier, now)
	if err := r.load(ctx, store{db}); err != nil {
		return nil, fmt.Errorf("load registry: %w", err)
	}
	return r, nil
}

func newRegistry(kept logStore, verifier note.Verifier, now clock.Now) *Registry {
	r := &Registry{store: kept, verifier: verifier, now: now, changed: make(chan struct{}), grew: make(chan struct{})}
	r.state.Store(emptyState())
	return r
}

func (r *Registry) load(ctx context.Context, kept store) error {
	leaves, err := kept.leaves(ctx, 0, 1<<31)
	if err != nil {
		return err
	}
	checkpoint, at, err := kept.checkpoint(ctx)
	if err != nil {
		return err
	}
	grown, root, err := r.grown(leaves)
	if err != nil {
		return err
	}
	state, err := r.applied(leaves, grown, true)
	if err != nil {
		return err
	}
	if checkpoint != "" {
		signed, err := state.open(r.verifier, []byte(checkpoint))
		if err != nil {
			return err
		}
		if signed.Size != grown.size || signed.Root != root {
			return errors.New("the statements kept are not those of the checkpoint kept")
		}
	}
	if err := kept.mend(ctx, grown); err != nil {
		return err
	}
	fork, err := kept.fork(ctx)
	if err != nil {
		return err
	}
	if r.tree, err = grown.settled(); err != nil {
		return err
	}
	r.state.Store(state)
	r.contact.Store(at)
	r.forked.Store(fork)
	r.head = head{state.Size, checkpoint}
	r.shown = r.head
	return nil
}

// State is the present snapshot. A node that was taken out is not in it, also while
// too few witnesses have cosigned that ([Registry.Uncosigned]).
func (r *Registry) State() *State {
	if early := r.early.Load(); early != nil {
		return early
	}
	return r.state.Load()
}

// Uncosigned is how many statements the authority has signed and too few witnesses
// have cosigned yet. Of them only revocations count already.
func (r *Registry) Uncosigned() int64 {
	if r.early.Load() == nil {
		return 0
	}
	return r.heard.Load() - r.state.Load().Size
}

// Changed gives a channel that is closed when the state changes next, or others
// are shown more.
func (r *Registry) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// Contact is when the copy was last known to be current; zero for never.
func (r *Registry) Contact() time.Time {
	if us := r.contact.Load(); us != 0 {
		return storage.Instant(us)
	}
	return time.Time{}
}

// Checkpoint is the newest checkpoint that others are shown, a signed note.
func (r *Registry) Checkpoint() string { return r.showing().checkpoint }

// Key verifies the newest checkpoints of the registry.
func (r *Registry) Key() note.Verifier { return r.State().keyAt(r.verifier, math.MaxInt64) }

// Anchor verifies the checkpoints of its beginning: the key that this copy was
// told to believe.
func (r *Registry) Anchor() note.Verifier { return r.verifier }

func (r *Registry) showing() head {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shown
}

// Wait returns nil when the copy has more than size statements, as far as others
// are shown them; otherwise the error of ctx.
func (r *Registry) Wait(ctx context.Context, size int64) error {
	for {
		select {
		case <-r.past(size):
		case <-ctx.Done():
			return ctx.Err()
		}
		if r.showing().size > size {
			return nil
		}
	}
}

// past gives a channel that is closed when more than size statements are shown;
// it is already closed when they are.
func (r *Registry) past(size int64) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shown.size > size {
		return closed()
	}
	return r.changed
}

func closed() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// grown gives the tree that the leaves lead to, and its root. The caller holds
// mu.
func (r *Registry) grown(leaves []string) (*growth, tlog.Hash, error) {
	g := r.tree.grow()
	if err := g.addAll(leaves); err != nil {
		return nil, tlog.Hash{}, err
	}
	root, err := g.root()
	return g, root, err
}

// applied gives the state that the leaves lead to, which made the tree g. Leaves
// of the own storage are trusted: their signatures were verified before they got
// there. The caller holds mu.
func (r *Registry) applied(leaves []string, g *growth, trusted bool) (*State, error) {
	next, proofs := r.state.Load().clone(), proofs{trusted: trusted, anchor: r.verifier, roots: g.roots}
	if err := next.take(r.tree.size, leaves, &proofs); err != nil {
		return nil, err
	}
	return next, proofs.verify()
}

// commit makes the leaves part of the log, durably, all or none. The caller
// holds mu and knows that the checkpoint is over exactly what results.
func (r *Registry) commit(ctx context.Context, leaves []string, next *State, g *growth, checkpoint string) error {
	tree, err := g.settled()
	if err != nil {
		return err
	}
	if err := r.store.save(ctx, r.tree.size, leaves, g, checkpoint, r.now()); err != nil {
		return err
	}
	r.tree, r.head = tree, head{next.Size, checkpoint}
	r.state.Store(next)
	r.early.Store(nil)
	if len(leaves) > 0 {
		close(r.grew)
		r.grew = make(chan struct{})
	}
	if !r.hold {
		r.show(r.head)
	}
	return nil
}

// show tells others of a head. The caller holds mu.
func (r *Registry) show(h head) {
	if h == r.shown {
		return
	}
	more := h.size > r.shown.size
	r.shown = h
	if more {
		close(r.changed)
		r.changed = make(chan struct{})
	}
}
