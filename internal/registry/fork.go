package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dobosh/internal/journal"

	"golang.org/x/mod/sumdb/tlog"
)

var (
	// ErrForked means that the authority signed a history that does not continue
	// the one this node knows. A node never recovers from it by itself.
	ErrForked = errors.New("the registry shows another history than before")
	// ErrBehind means that the authority shows a true but shorter history than
	// this node knows, as after a restore from a backup. It may catch up again.
	ErrBehind = errors.New("the registry shows less than before")
	// ErrWithheld means that the authority shows this node less than another
	// node has seen signed, for a while already.
	ErrWithheld = errors.New("the registry shows this node less than others")
	// ErrUnwitnessed means that too few witnesses have cosigned a checkpoint. It
	// is refused until they have.
	ErrUnwitnessed = errors.New("the checkpoint of the registry is not witnessed")
)

// Fork is the proof that the authority showed two histories: two checkpoints
// that it signed, of which at most one can be over the statements kept here.
type Fork struct {
	Ours, Theirs string    // signed notes
	At           time.Time // when it was found
}

// Forked is the proof that the authority showed two histories, if this node has
// one. Then the registry is not followed any more.
func (r *Registry) Forked() (Fork, bool) { return value(r.forked.Load(), r.forked.Load() != nil) }

// sighting is a checkpoint over more than is known here.
type sighting struct {
	journal.Checkpoint
	signed string
	at     time.Time
}

// Bounds of what is remembered about checkpoints over more than is known here.
const (
	maxAhead   = 16
	toleration = time.Minute // how long another node may know more than this one
)

// Compare looks at a checkpoint that another node was shown. One that the
// statements here contradict is ErrForked, and the registry is not followed any
// more; one over more than is known here is looked at again when it is. An error
// of another kind says that the checkpoint is none of the registry's.
func (r *Registry) Compare(ctx context.Context, checkpoint []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	signed, err := r.State().open(r.verifier, checkpoint)
	if err != nil {
		return err
	}
	seen := sighting{signed, string(checkpoint), r.now()}
	if signed.Size <= r.tree.size {
		return r.contradicts(ctx, seen)
	}
	for _, other := range r.ahead {
		if other.Size == seen.Size && other.Root != seen.Root {
			return r.isForked(ctx, other.signed, seen.signed)
		}
		if other.Size == seen.Size {
			return nil
		}
	}
	if len(r.ahead) < maxAhead {
		r.ahead = append(r.ahead, seen)
	}
	return nil
}

// contradicts compares a checkpoint over no more than is known here with the
// hashes kept. The caller holds mu.
func (r *Registry) contradicts(ctx context.Context, seen sighting) error {
	root, err := tlog.TreeHash(seen.Size, r.store.reader(ctx))
	if err != nil {
		return err
	}
	if root != seen.Root && r.State().excuses(seen.Size) {
		return nil // of a history that was given up
	}
	if root != seen.Root {
		return r.isForked(ctx, r.head.checkpoint, seen.signed)
	}
	return nil
}

// isForked keeps the proof of two histories. The caller holds mu.
func (r *Registry) isForked(ctx context.Context, ours, theirs string) error {
	fork := Fork{ours, theirs, r.now().UTC()}
	r.forked.CompareAndSwap(nil, &fork)
	return errors.Join(fmt.Errorf("%w: %d statements here", ErrForked, r.tree.size), r.store.saveFork(ctx, fork))
}

// catchUpWithOthers compares what other nodes were shown and is known here by
// now. The caller holds mu.
func (r *Registry) catchUpWithOthers(ctx context.Context) error {
	for _, seen := range r.ahead {
		if seen.Size > r.tree.size {
			continue
		}
		if err := r.contradicts(ctx, seen); err != nil {
			return err
		}
	}
	r.ahead = slices.DeleteFunc(r.ahead, func(s sighting) bool { return s.Size <= r.tree.size })
	return nil
}

// withheld reports whether others have known more than this node for longer
// than it takes to hear of it. The caller holds mu.
func (r *Registry) withheld() bool {
	return slices.ContainsFunc(r.ahead, func(s sighting) bool { return s.Size > r.tree.size && r.now().Sub(s.at) > toleration })
}
