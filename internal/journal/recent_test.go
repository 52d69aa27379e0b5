package journal

import (
	"strconv"
	"testing"
)

func TestRecentEntriesAreRemembered(t *testing.T) {
	var r recent
	if _, known := r.of(0); known {
		t.Error("something is remembered before anything was")
	}
	const first, all = 7, 3 * recentEntries / 2
	for i := range int64(all) {
		r.note(first+i, []*request{{entries: []sealed{{glimpse: glimpse{strconv.Itoa(int(first + i)), 1}}}}})
	}
	for _, index := range []int64{-1, 0, first - 1, first, first + all - recentEntries - 1, first + all} {
		if g, known := r.of(index); known {
			t.Errorf("entry %d: %+v", index, g)
		}
	}
	for _, index := range []int64{first + all - recentEntries, first + all - 1} {
		if g, known := r.of(index); !known || g.kind != strconv.Itoa(int(index)) || g.subjects != 1 {
			t.Errorf("entry %d: %+v, %v", index, g, known)
		}
	}
}
