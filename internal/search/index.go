// Package search finds what has a title by word: data services, public services, the
// words of cases. The index lives in memory, is changed entry by entry, and finds a
// word in whichever script it was typed. It is made of what its owner has, and so is
// the same on both engines.
//
// A word finds an entry when the entry has a word that is the same, begins with
// it, or begins with it less its ending. An entry must be found by every word
// asked for. Where a word stands weighs most (the title before the life events,
// the body, the code and the text), then how well it fits; that is the whole
// ranking, and each [Hit] says where it was found.
package search

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Field is where in an entry a word stands.
type Field uint8

// The fields, the weightiest first.
const (
	Title Field = iota
	Event
	Body
	Code
	Text
	fields
)

// weight of a word found in the field.
func (f Field) weight() uint16 { return [fields]uint16{8, 4, 3, 2, 1}[f] }

// Entry is something that can be found. Of each field all texts are searched,
// in whatever languages they are.
type Entry struct {
	ID     string   // the order without a search, and the key of a page
	Body   string   // whose it is
	Events []string // codes of the life events it has to do with
	Since  string   // first day of its present state, as in ISO 8601; may be empty
	Texts  [fields][]string
}

// posting says that a word stands in a field of an entry.
type posting struct {
	number int32
	field  Field
}

// Index is safe for concurrent use; a change waits for the searches that run.
type Index struct {
	mu       sync.RWMutex // guards everything below
	entries  []Entry      // by number; those taken out have no ID
	numbers  map[string]int32
	order    []int32  // numbers in the order of their IDs
	words    []string // in order
	postings map[string][]posting
	dead     int // entries taken out whose postings are still there
}

// New makes an empty index.
func New() *Index { return &Index{numbers: map[string]int32{}, postings: map[string][]posting{}} }

// Len is the number of entries.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.order)
}

// Put adds entries, or puts them in place of those with the same ID.
func (x *Index) Put(entries ...Entry) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var fresh []string
	from := len(x.entries)
	for _, e := range entries {
		x.takeOut(e.ID)
		number := int32(len(x.entries)) //nolint:gosec // rebuilt long before
		x.entries = append(x.entries, e)
		x.numbers[e.ID] = number
		fresh = append(fresh, x.post(number, e)...)
	}
	x.words = merged(x.words, fresh, cmp.Compare[string])
	x.sort(from)
}

// Remove takes entries out.
func (x *Index) Remove(ids ...string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, id := range ids {
		x.takeOut(id)
	}
	x.sort(len(x.entries))
}

// takeOut leaves the postings; searches pass over them until there are too
// many. The caller holds mu.
func (x *Index) takeOut(id string) {
	if number, there := x.numbers[id]; there {
		x.entries[number] = Entry{}
		delete(x.numbers, id)
		x.dead++
	}
}

// post notes where words stand, and gives those that are new.
func (x *Index) post(number int32, e Entry) (fresh []string) {
	seen := map[string]Field{}
	for field := range fields {
		for _, text := range e.Texts[field] {
			for _, word := range Split(text) {
				for _, spelling := range spellings(word) {
					if _, weightier := seen[spelling]; !weightier {
						seen[spelling] = field
					}
				}
			}
		}
	}
	for word, field := range seen {
		if _, known := x.postings[word]; !known {
			fresh = append(fresh, word)
		}
		x.postings[word] = append(x.postings[word], posting{number, field})
	}
	return fresh
}

// sort puts the order right for the entries from a number on, and, when half of
// them are dead, the whole index. The caller holds mu.
func (x *Index) sort(from int) {
	if x.dead > 1000 && x.dead > len(x.numbers) {
		x.rebuild()
		return
	}
	var fresh []int32
	for number := from; number < len(x.entries); number++ {
		if x.entries[number].ID != "" { // it stood in the list twice
			fresh = append(fresh, int32(number)) //nolint:gosec // see Put
		}
	}
	x.order = slices.DeleteFunc(x.order, func(n int32) bool { return x.entries[n].ID == "" })
	x.order = merged(x.order, fresh, func(a, b int32) int { return strings.Compare(x.entries[a].ID, x.entries[b].ID) })
}

func (x *Index) rebuild() {
	alive := slices.DeleteFunc(x.entries, func(e Entry) bool { return e.ID == "" })
	x.entries, x.numbers, x.order, x.words, x.postings, x.dead = alive, map[string]int32{}, nil, nil, map[string][]posting{}, 0
	for i, e := range alive {
		x.numbers[e.ID] = int32(i) //nolint:gosec // as many as fit in memory
		x.words = append(x.words, x.post(int32(i), e)...)
	}
	slices.Sort(x.words)
	x.sort(0)
}

// merged puts fresh elements into a sorted list that has none of them.
func merged[T any](sorted, fresh []T, order func(a, b T) int) []T {
	slices.SortFunc(fresh, order)
	all := make([]T, 0, len(sorted)+len(fresh))
	for len(sorted) > 0 && len(fresh) > 0 {
		if order(sorted[0], fresh[0]) < 0 {
			all, sorted = append(all, sorted[0]), sorted[1:]
		} else {
			all, fresh = append(all, fresh[0]), fresh[1:]
		}
	}
	return append(append(all, sorted...), fresh...)
}
