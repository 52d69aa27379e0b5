package registry

import (
	"bytes"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// tree is the right edge of the Merkle tree of the log: the roots of its
// complete subtrees, which is all that is needed to add leaves. The other
// hashes are in storage. A tree never changes; the zero tree has no leaves.
type tree struct {
	size int64
	edge map[int64]tlog.Hash // by index, as in package tlog
}

// growth is a tree with leaves added whose hashes are not stored yet. It
// belongs to one goroutine.
type growth struct {
	tree
	first int64               // index of the first hash added
	added []tlog.Hash         // in the order of their indexes
	roots map[int64]tlog.Hash // before each continuation, by its place
}

func (t tree) grow() *growth { return &growth{tree: t, first: tlog.StoredHashCount(t.size)} }

// continuationMark is found in a leaf that may be a continuation.
var continuationMark = []byte(`"continuation":"dobosh continuation v1`)

func (g *growth) add(leaf []byte) error {
	if bytes.Contains(leaf, continuationMark) {
		root, err := g.root()
		if err != nil {
			return err
		}
		if g.roots == nil {
			g.roots = map[int64]tlog.Hash{}
		}
		g.roots[g.size] = root
	}
	more, err := tlog.StoredHashesForRecordHash(g.size, tlog.RecordHash(leaf), g)
	if err != nil {
		return fmt.Errorf("hash statement: %w", err)
	}
	g.added = append(g.added, more...)
	g.size++
	return nil
}

func (g *growth) addAll(leaves []string) error {
	for _, leaf := range leaves {
		if err := g.add([]byte(leaf)); err != nil {
			return err
		}
	}
	return nil
}

func (g *growth) root() (tlog.Hash, error) { return tlog.TreeHash(g.size, g) }

// ReadHashes implements tlog.HashReader for the edge and what was added.
func (g *growth) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		h, ok := g.edge[at]
		if past := at - g.first; past >= 0 && past < int64(len(g.added)) {
			h, ok = g.added[past], true
		}
		if !ok {
			return nil, fmt.Errorf("no hash %d at the edge of %d statements", at, g.size)
		}
		out[i] = h
	}
	return out, nil
}

// settled is the tree with the leaves, without the hashes behind its edge.
func (g *growth) settled() (tree, error) {
	next := tree{size: g.size, edge: map[int64]tlog.Hash{}}
	for level := range bits.Len64(uint64(g.size)) {
		if g.size>>level&1 == 0 {
			continue
		}
		at := tlog.StoredHashIndex(level, g.size>>level-1)
		h, err := g.ReadHashes([]int64{at})
		if err != nil {
			return tree{}, err
		}
		next.edge[at] = h[0]
	}
	return next, nil
}
