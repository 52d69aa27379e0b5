package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// memory is a tree built by the library alone, to compare with.
type memory struct {
	hashes []tlog.Hash
	size   int64
}

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(m.hashes)) {
			return nil, fmt.Errorf("hash %d is not stored", index)
		}
		list[i] = m.hashes[index]
	}
	return list, nil
}

func (m *memory) add(t *rapid.T, leaf tlog.Hash) {
	added, err := tlog.StoredHashesForRecordHash(m.size, leaf, m)
	if err != nil {
		t.Fatal(err)
	}
	m.hashes = append(m.hashes, added...)
	m.size++
}

func (m *memory) root(t *rapid.T) tlog.Hash {
	root, err := tlog.TreeHash(m.size, m)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func numberedLeaf(n int64) tlog.Hash {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// The edge agrees with the library about stored hashes, roots and proofs, whatever the batches are, and wherever it is restored.
func TestEdgeAgreesWithTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reference, tree := &memory{}, &edge{}
		for _, batch := range rapid.SliceOfN(rapid.IntRange(0, 40), 1, 12).Draw(t, "batches") {
			first := tree.size
			var stored []tlog.Hash
			for range batch {
				leaf := numberedLeaf(tree.size)
				stored = tree.add(stored, leaf)
				reference.add(t, leaf)
			}
			root := tree.close()
			if reference.size > 0 && root != reference.root(t) {
				t.Fatalf("root of %d entries differs", tree.size)
			}
			if !slices.Equal(stored, reference.hashes[tlog.StoredHashCount(first):]) {
				t.Fatalf("stored hashes of entries from %d on differ", first)
			}
			for m := first; m < tree.size; m++ {
				if err := tlog.CheckRecord(tree.prove(nil, m), tree.size, root, m, numberedLeaf(m)); err != nil {
					t.Fatalf("proof of %d in %d: %v", m, tree.size, err)
				}
			}
			tree.settle()
			if rapid.Bool().Draw(t, "restart") {
				restored, err := restoreEdge(tree.size, reference)
				if err != nil {
					t.Fatal(err)
				}
				tree = restored
			}
		}
	})
}

func TestEmptyTree(t *testing.T) {
	tree := &edge{}
	if got, want := tree.close(), tlog.Hash(sha256.Sum256(nil)); got != want {
		t.Errorf("root of nothing = %v, want %v", got, want)
	}
}

func TestConsistencyProofsOfARunningLog(t *testing.T) {
	l := openLog(t, testConfig(t.TempDir()))
	roots := map[int64]tlog.Hash{}
	for i := range 33 {
		s := appendOne(t, l, testEntry(i))
		c, err := OpenCheckpoint(s.Checkpoint, l.Key())
		if err != nil {
			t.Fatal(err)
		}
		roots[c.Size] = c.Root
	}
	for old := int64(1); old <= 33; old++ {
		for size := old; size <= 33; size++ {
			proof, err := l.ProveConsistency(old, size)
			if err != nil {
				t.Fatal(err)
			}
			if old < size && tlog.CheckTree(proof, size, roots[size], old, roots[old]) != nil {
				t.Errorf("%d is not proved consistent with %d", old, size)
			}
		}
	}
	for _, bad := range [][2]int64{{-1, 3}, {4, 3}, {1, 34}} {
		if _, err := l.ProveConsistency(bad[0], bad[1]); err == nil {
			t.Errorf("proof for %v was given", bad)
		}
	}
	for _, bad := range [][2]int64{{-1, 3}, {3, 3}, {1, 34}} {
		if _, err := l.ProveInclusion(bad[0], bad[1]); err == nil {
			t.Errorf("inclusion proof for %v was given", bad)
		}
	}
}
