package law

import (
	"io/fs"
	"maps"
	"slices"
)

// Load reads a pack, or returns [Findings] with everything that is wrong.
func Load(fsys fs.FS) (*Pack, error) { return &Pack{}, nil }

// Check lists what is wrong with a pack; nothing when it is sound.
func Check(fsys fs.FS) []Finding { return nil }

func keys[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func ordered[K ~string, V any](m map[K]V) []V {
	var list []V
	for _, k := range keys(m) {
		list = append(list, m[k])
	}
	return list
}
