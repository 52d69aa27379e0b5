package registry

import (
	"context"
	"fmt"
	"strings"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// OpenCopy opens the copy that a node keeps, as it was left: nobody is asked
// whether there is more.
func OpenCopy(ctx context.Context, db *storage.DB, verifier note.Verifier, now clock.Now) (*Registry, error) {
	return open(ctx, db, verifier, now)
}

// Placed is a statement with its place in the log.
type Placed struct {
	Index int64
	Statement
}

// historyRows is how many statements one query of a walk reads.
const historyRows = 1024

// History walks over the statements from the first on that hold one of the words
// given, such as an identifier as it stands in JSON. It reads the whole log, which
// takes about a second for a country: it is for evidence, not for questions.
func (r *Registry) History(ctx context.Context, words []string, each func(Placed)) error {
	for from, size := int64(0), r.showing().size; from < size; from += historyRows {
		leaves, err := r.store.leaves(ctx, from, min(historyRows, size-from))
		if err != nil {
			return fmt.Errorf("read statements: %w", err)
		}
		for i, leaf := range leaves {
			if !holds(leaf, words) {
				continue
			}
			st, err := decodeLeaf([]byte(leaf))
			if err != nil {
				return fmt.Errorf("statement %d: %w", from+int64(i), err)
			}
			each(Placed{from + int64(i), st})
		}
	}
	return nil
}

func holds(leaf string, words []string) bool {
	for _, word := range words {
		if strings.Contains(leaf, word) {
			return true
		}
	}
	return false
}

// Proved is a statement with the proof that it stands under a checkpoint.
type Proved struct {
	Index int64
	Leaf  []byte
	Proof tlog.RecordProof
}

// ProveAll gives statements by their numbers, all proved under one checkpoint: the
// newest that is shown.
func (r *Registry) ProveAll(ctx context.Context, indexes []int64) (proved []Proved, checkpoint []byte, err error) {
	shown := r.showing()
	for _, index := range indexes {
		if index < 0 || index >= shown.size {
			return nil, nil, fmt.Errorf("statement %d of %d is not there", index, shown.size)
		}
		leaves, err := r.store.leaves(ctx, index, 1)
		if err != nil {
			return nil, nil, fmt.Errorf("read statement: %w", err)
		}
		proof, err := tlog.ProveRecord(shown.size, index, r.store.reader(ctx))
		if err != nil {
			return nil, nil, fmt.Errorf("prove statement: %w", err)
		}
		proved = append(proved, Proved{index, []byte(leaves[0]), proof})
	}
	return proved, []byte(shown.checkpoint), nil
}
