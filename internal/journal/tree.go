package journal

import (
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// edge is the right edge of a Merkle tree: the roots of its complete subtrees plus everything added since the last settle. It is
// all that is needed to add leaves and to prove the leaves just added, so an append reads nothing from disk.
// It belongs to one goroutine.
type edge struct {
	size   int64
	levels [63]level
	tails  [64]tail // of the tree at size, valid after close
}

// level holds consecutive hashes of one level, from index first on.
type level struct {
	first  int64
	hashes []tlog.Hash
}

func (l *level) at(n int64) tlog.Hash { return l.hashes[n-l.first] }

// tail is the root of the leaves behind the last complete subtree of a level; there may be none.
type tail struct {
	some bool
	hash tlog.Hash
}

// restoreEdge reads the right edge of the tree of the given size from its stored hashes.
func restoreEdge(size int64, r tlog.HashReader) (*edge, error) {
	e := &edge{size: size}
	var indexes []int64
	var at []int
	for l := range e.levels {
		e.levels[l].first = size >> l
		if size>>l&1 == 1 {
			indexes = append(indexes, tlog.StoredHashIndex(l, size>>l-1))
			at = append(at, l)
		}
	}
	hashes, err := r.ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	for i, l := range at {
		e.levels[l] = level{first: size>>l - 1, hashes: []tlog.Hash{hashes[i]}}
	}
	return e, nil
}

// add puts a leaf into the tree and appends to stored what the tree stores for it, in the order of tlog.StoredHashIndex.
func (e *edge) add(stored []tlog.Hash, leaf tlog.Hash) []tlog.Hash {
	n, hash := e.size, leaf
	for l := 0; ; l++ {
		e.levels[l].hashes = append(e.levels[l].hashes, hash)
		stored = append(stored, hash)
		if n&1 == 0 {
			break
		}
		hash = tlog.NodeHash(e.levels[l].at(n-1), hash)
		n >>= 1
	}
	e.size++
	return stored
}

// close computes the tails and returns the root of the tree (RFC 6962, section 2.1; the root of no leaves is SHA-256 of nothing).
func (e *edge) close() tlog.Hash {
	e.tails[0] = tail{}
	top := bits.Len64(uint64(e.size))
	for l := range top {
		e.tails[l+1] = e.tails[l]
		if e.size>>l&1 == 0 {
			continue
		}
		left := e.levels[l].at(e.size>>l - 1)
		if e.tails[l].some {
			left = tlog.NodeHash(left, e.tails[l].hash)
		}
		e.tails[l+1] = tail{some: true, hash: left}
	}
	if e.size == 0 {
		return emptyRoot()
	}
	return e.tails[top].hash
}

// pathLength is the longest audit path of a leaf.
func (e *edge) pathLength() int { return bits.Len64(uint64(e.size)) }

// prove appends the audit path of leaf m, which was added since the last settle (RFC 6962, section 2.1.1). close comes first.
func (e *edge) prove(proof tlog.RecordProof, m int64) tlog.RecordProof {
	for l := 0; int64(1)<<l < e.size; l++ {
		sibling := (m >> l) ^ 1
		switch {
		case (sibling+1)<<l <= e.size:
			proof = append(proof, e.levels[l].at(sibling))
		case sibling<<l < e.size:
			proof = append(proof, e.tails[l].hash)
		}
	}
	return proof
}

// settle forgets everything but the right edge.
func (e *edge) settle() {
	for l := range e.levels {
		lv := &e.levels[l]
		count := e.size >> l
		keep := lv.hashes[len(lv.hashes)-int(count&1):]
		lv.first = count - int64(len(keep))
		lv.hashes = append(lv.hashes[:0], keep...)
	}
}
