package routing

import "math/bits"

// vocabulary numbers the features that were met: a table of open addressing, never more than half full.
type vocabulary struct {
	keys  []uint64 // by row
	slots []int32  // row+1, or 0
}

func newVocabulary(room int) vocabulary {
	return vocabulary{slots: make([]int32, 1<<bits.Len(uint(max(room, 8)*2-1)))}
}

// row gives the row of a feature, or -1.
func (v *vocabulary) row(key uint64) int32 {
	mask := uint64(len(v.slots) - 1)
	for at := key & mask; ; at = (at + 1) & mask {
		row := v.slots[at] - 1
		if row < 0 || v.keys[row] == key {
			return row
		}
	}
}

// add gives the row of a feature, which is new if it has none yet.
func (v *vocabulary) add(key uint64) int32 {
	if row := v.row(key); row >= 0 {
		return row
	}
	if 2*(len(v.keys)+1) > len(v.slots) {
		larger := vocabulary{keys: v.keys, slots: make([]int32, 2*len(v.slots))}
		for row := range v.keys {
			larger.put(int32(row))
		}
		*v = larger
	}
	v.keys = append(v.keys, key)
	v.put(int32(len(v.keys) - 1))
	return int32(len(v.keys) - 1)
}

func (v *vocabulary) put(row int32) {
	mask := uint64(len(v.slots) - 1)
	at := v.keys[row] & mask
	for v.slots[at] != 0 {
		at = (at + 1) & mask
	}
	v.slots[at] = row + 1
}
