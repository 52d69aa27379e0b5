package registry

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Prove gives a statement by its number with the proof that it stands under the
// newest checkpoint shown, for evidence that is read without the registry.
func (r *Registry) Prove(ctx context.Context, index int64) (leaf []byte, proof tlog.RecordProof, checkpoint []byte, err error) {
	shown := r.showing()
	if index < 0 || index >= shown.size {
		return nil, nil, nil, fmt.Errorf("statement %d of %d is not there", index, shown.size)
	}
	leaves, err := r.store.leaves(ctx, index, 1)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read statement: %w", err)
	}
	if proof, err = tlog.ProveRecord(shown.size, index, r.store.reader(ctx)); err != nil {
		return nil, nil, nil, fmt.Errorf("prove statement: %w", err)
	}
	return []byte(leaves[0]), proof, []byte(shown.checkpoint), nil
}

// ReadStatement reads one statement of a log, as [Registry.Prove] gives it.
func ReadStatement(leaf []byte) (Statement, error) { return decodeLeaf(leaf) }
