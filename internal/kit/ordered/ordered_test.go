package ordered

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestMapIsAMap plays any changes on the tree and on a map of the language, and
// looks at every version at the end: none may have changed since.
func TestMapIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type version struct {
			tree Map[int, int]
			want map[int]int
		}
		versions := []version{{New[int, int](cmp.Compare), map[int]int{}}}
		for range rapid.IntRange(0, 200).Draw(t, "changes") {
			last := versions[len(versions)-1]
			next := version{last.tree, maps.Clone(last.want)}
			key := rapid.IntRange(0, 60).Draw(t, "key")
			if rapid.Bool().Draw(t, "put") {
				value := rapid.Int().Draw(t, "value")
				next.tree, next.want[key] = last.tree.With(key, value), value
			} else {
				next.tree = last.tree.Without(key)
				delete(next.want, key)
			}
			versions = append(versions, next)
		}
		for _, v := range versions {
			same(t, v.tree, v.want)
		}
	})
}

func same(t *rapid.T, tree Map[int, int], want map[int]int) {
	keys := slices.Sorted(maps.Keys(want))
	var have []int
	for k, v := range tree.All() {
		if v != want[k] {
			t.Fatalf("%d is %d, want %d", k, v, want[k])
		}
		have = append(have, k)
	}
	if !slices.Equal(have, keys) || tree.Len() != len(keys) {
		t.Fatalf("%v, %d of them, want %v", have, tree.Len(), keys)
	}
	for k := -1; k <= 61; k++ {
		value, ok := tree.Get(k)
		if other, there := want[k]; ok != there || value != other {
			t.Fatalf("%d: %d, %v", k, value, ok)
		}
		var after []int
		for later := range tree.After(k) {
			after = append(after, later)
			if len(after) == 3 {
				break
			}
		}
		at, there := slices.BinarySearch(keys, k)
		if there {
			at++
		}
		if rest := keys[at:]; !slices.Equal(after, rest[:min(3, len(rest))]) {
			t.Fatalf("after %d: %v, want %v", k, after, rest)
		}
	}
	even(t, tree.root)
}

// even checks that no branch is more than one longer than its neighbour.
func even(t *rapid.T, n *node[int, int]) {
	if n == nil {
		return
	}
	if d := n.left.tall() - n.right.tall(); d < -1 || d > 1 || n.height != max(n.left.tall(), n.right.tall())+1 {
		t.Fatalf("heights %d and %d", n.left.tall(), n.right.tall())
	}
	even(t, n.left)
	even(t, n.right)
}
