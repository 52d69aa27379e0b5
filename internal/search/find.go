package search

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"dobosh/internal/kit/page"
)

// Query is what somebody looks for. All of it may be empty.
type Query struct {
	Words string // at most eight are looked for
	Body  string // only of this body
	Event string // only with this life event

	Newest bool // what changed last comes first, instead of what fits best
}

// Hit is an entry that was found.
type Hit struct {
	ID    string
	Score int
	Since string  // first day of its present state; empty where that is not known
	Found []Field // where the words stand, one for each word asked for; none without words
}

// grades of how well a word fits.
const (
	same   = 4
	begins = 2
	akin   = 1
)

const maxAsked = 8

// Find gives a page of what fits, the best first and else in the order of the
// ids, and how many there are in all.
func (x *Index) Find(q Query, after page.Key, size int) (found page.Page[Hit], total int) {
	asked := Split(q.Words)
	asked = asked[:min(len(asked), maxAsked)]
	x.mu.RLock()
	defer x.mu.RUnlock()
	hits := x.matching(q, asked)
	total = len(hits)
	order, key := better, func(h Hit) page.Key { return page.KeyOf(strconv.Itoa(h.Score), h.ID) }
	if q.Newest {
		order, key = newer, func(h Hit) page.Key { return page.KeyOf(h.Since, h.ID) }
	}
	if columns := after.Columns(2); columns != nil {
		score, _ := strconv.Atoi(columns[0]) // zero where it is a day, and not looked at
		last := Hit{ID: columns[1], Score: score, Since: columns[0]}
		hits = slices.DeleteFunc(hits, func(h Hit) bool { return order(h, last) <= 0 })
	}
	if len(asked) > 0 || q.Newest {
		slices.SortFunc(hits, order)
	}
	return page.Of(hits[:min(len(hits), size+1)], size, key), total
}

func better(a, b Hit) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.ID, b.ID))
}

func newer(a, b Hit) int {
	return cmp.Or(strings.Compare(b.Since, a.Since), strings.Compare(a.ID, b.ID))
}

func (q Query) takes(e Entry) bool {
	return e.ID != "" && (q.Body == "" || e.Body == q.Body) && (q.Event == "" || slices.Contains(e.Events, q.Event))
}

// matching gives what fits. Without words that is in the order of the ids.
func (x *Index) matching(q Query, asked []string) []Hit {
	var hits []Hit
	if len(asked) == 0 {
		for _, number := range x.order {
			if e := x.entries[number]; q.takes(e) {
				hits = append(hits, Hit{ID: e.ID, Since: e.Since})
			}
		}
		return hits
	}
	best := make([][]mark, len(asked))
	for i, word := range asked {
		best[i] = x.marks(word)
	}
	for number := range x.entries {
		if slices.ContainsFunc(best, func(marks []mark) bool { return marks[number].score == 0 }) {
			continue
		}
		if e := x.entries[number]; q.takes(e) {
			hit := summed(e.ID, best, number)
			hit.Since = e.Since
			hits = append(hits, hit)
		}
	}
	return hits
}

// mark is how well one word fits an entry; zero for not at all.
type mark struct {
	score uint16
	field Field
}

func summed(id string, best [][]mark, number int) Hit {
	hit := Hit{ID: id}
	for _, marks := range best {
		hit.Score += int(marks[number].score)
		hit.Found = append(hit.Found, marks[number].field)
	}
	return hit
}

// marks tells how well a word fits each entry, by number.
func (x *Index) marks(word string) []mark {
	marks := make([]mark, len(x.entries))
	take := func(list []posting, grade uint16) {
		for _, p := range list {
			if score := grade * p.field.weight(); score > marks[p.number].score {
				marks[p.number] = mark{score, p.field}
			}
		}
	}
	for _, other := range x.beginning(word) {
		if other == word {
			take(x.postings[other], same)
		} else {
			take(x.postings[other], begins)
		}
	}
	if root := stem(word); root != word {
		for _, other := range x.beginning(root) {
			take(x.postings[other], akin)
		}
	}
	return marks
}

// beginning gives the words of the vocabulary that begin with a prefix.
func (x *Index) beginning(prefix string) []string {
	from, _ := slices.BinarySearch(x.words, prefix)
	to := from
	for to < len(x.words) && strings.HasPrefix(x.words[to], prefix) {
		to++
	}
	return x.words[from:to]
}

// Count is how many entries something has.
type Count struct {
	ID string
	N  int
}

// Bodies counts the entries of each body, in the order of their ids.
func (x *Index) Bodies() []Count {
	return x.counted(func(e Entry) []string { return []string{e.Body} })
}

// Events counts the entries of each life event, in the order of their codes.
func (x *Index) Events() []Count { return x.counted(func(e Entry) []string { return e.Events }) }

func (x *Index) counted(of func(Entry) []string) []Count {
	x.mu.RLock()
	defer x.mu.RUnlock()
	counts := map[string]int{}
	for _, number := range x.order {
		for _, id := range of(x.entries[number]) {
			counts[id]++
		}
	}
	list := make([]Count, 0, len(counts))
	for id, n := range counts {
		list = append(list, Count{id, n})
	}
	slices.SortFunc(list, func(a, b Count) int { return strings.Compare(a.ID, b.ID) })
	return list
}
