package similar

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"

	"dobosh/internal/participation/wording"
)

// The bounds of an index.
const (
	MostEntries  = 20_000
	MostCompared = 1_500
	mostKept     = 200 // features of one text
	rarest       = 14  // features by which others are looked for
	mostOfOne    = 64  // newest entries that one feature or one cell leads to
)

// From these probabilities on a match is worth showing.
const (
	Show  = 0.5 // to who writes: "is it this?"
	Merge = 0.8 // to an officer
)

// Place is a point in degrees.
type Place struct{ Latitude, Longitude float64 }

// onEarth gives the place, or nil when it is none.
func (p *Place) onEarth() *Place {
	if p == nil || !(math.Abs(p.Latitude) <= 90 && math.Abs(p.Longitude) <= 180) {
		return nil
	}
	return p
}

// Entry is a case as it is compared.
type Entry struct {
	ID       string
	Text     string
	Category string
	Place    *Place // nil when nobody said
	At       time.Time
	Answered bool // an answer that may help, not a case to join
}

// Query is what is looked for.
type Query struct {
	Text     string
	Category string
	Place    *Place
	At       time.Time
	Answered bool
	Meters   float64       // how far; 0 for 250
	Within   time.Duration // how long ago; 0 for twelve weeks; of no matter for what is answered
	Limit    int           // 1 to 20; 0 for 3
	Except   string        // the id of the case itself
}

// Match is a case that may be about the same.
type Match struct {
	ID          string
	Probability float64
	Likeness    float64 // of the texts, 0 to 1
	Meters      float64 // between the places; -1 when one is not known
}

// Index finds similar cases. Many goroutines may ask it while one changes it.
type Index struct {
	mu      sync.RWMutex
	entries []*entry // by serial
	byID    map[string]*entry
	next    int64
	posts   map[uint32][]int64 // by feature: serials of those that have it, some of which may be gone
	cells   map[cell][]int64
	gone    int
	readers sync.Pool
}

type entry struct {
	Entry
	serial int64
	keys   []uint32 // sorted
	counts []uint8
}

// cell is a square of some 250 m on a side, in which 8 neighbours surround it.
type cell struct{ y, x int32 }

const cellMeters = 250

func cellOf(p Place) cell {
	// Wide enough at every latitude up to 60 degrees: two places 250 m apart lie in cells that touch.
	const meters = 111_195
	return cell{int32(math.Floor(p.Latitude * meters / cellMeters)), int32(math.Floor(p.Longitude * meters / 2 / cellMeters))}
}

// NewIndex makes an empty index.
func NewIndex() *Index {
	x := &Index{byID: map[string]*entry{}, posts: map[uint32][]int64{}, cells: map[cell][]int64{}}
	x.readers.New = func() any { return new(wording.Reader) }
	return x
}

// Len is how many cases it holds.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.entries)
}

// Put takes a case, in the place of what it had of the same id.
func (x *Index) Put(e Entry) {
	kept := &entry{Entry: e}
	kept.keys, kept.counts = x.read(e.Text)
	kept.Text, kept.Place = "", e.Place.onEarth()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.takeOut(e.ID)
	if len(x.entries) >= MostEntries {
		x.takeOut(x.entries[0].ID)
	}
	if x.gone > len(x.entries)+1000 {
		x.sweep()
	}
	kept.serial = x.next
	x.next++
	x.entries = append(x.entries, kept)
	x.byID[e.ID] = kept
	x.post(kept)
}

// Remove takes a case out.
func (x *Index) Remove(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.takeOut(id)
}

func (x *Index) takeOut(id string) {
	e, known := x.byID[id]
	if !known {
		return
	}
	delete(x.byID, id)
	if at, ok := x.find(e.serial); ok {
		x.entries = slices.Delete(x.entries, at, at+1)
	}
	x.gone++
}

func (x *Index) find(serial int64) (int, bool) {
	return slices.BinarySearchFunc(x.entries, serial, func(e *entry, serial int64) int { return cmp.Compare(e.serial, serial) })
}

func (x *Index) post(e *entry) {
	for _, key := range e.keys {
		x.posts[key] = append(x.posts[key], e.serial)
	}
	if e.Place != nil {
		at := cellOf(*e.Place)
		x.cells[at] = append(x.cells[at], e.serial)
	}
}

// sweep forgets the serials of what is gone.
func (x *Index) sweep() {
	x.posts, x.cells, x.gone = map[uint32][]int64{}, map[cell][]int64{}, 0
	for _, e := range x.entries {
		x.post(e)
	}
}

// read gives the features of a text, sorted, with how often each stands in it.
func (x *Index) read(text string) (keys []uint32, counts []uint8) {
	r := x.readers.Get().(*wording.Reader)
	defer x.readers.Put(r)
	for _, f := range r.Read(text) {
		keys = append(keys, uint32(f.Key>>32))
	}
	slices.Sort(keys)
	distinct := keys[:0]
	for _, key := range keys {
		if len(distinct) > 0 && distinct[len(distinct)-1] == key {
			counts[len(counts)-1] = min(counts[len(counts)-1]+1, 254)
			continue
		}
		if len(distinct) == mostKept {
			break // the order of hashes is as good as chance
		}
		distinct, counts = append(distinct, key), append(counts, 1)
	}
	return slices.Clone(distinct), counts
}

// Find gives the most probable matches, the best first.
func (x *Index) Find(q Query) []Match {
	if q.Meters <= 0 {
		q.Meters = 250
	}
	if q.Within <= 0 {
		q.Within = 12 * 7 * 24 * time.Hour
	}
	if q.Limit <= 0 || q.Limit > 20 {
		q.Limit = 3
	}
	q.Place = q.Place.onEarth()
	asked := &entry{Entry: Entry{Category: q.Category, Place: q.Place, At: q.At, Answered: q.Answered}}
	asked.keys, asked.counts = x.read(q.Text)

	x.mu.RLock()
	defer x.mu.RUnlock()
	var found []Match
	length := x.length(asked)
	for _, serial := range x.candidates(asked) {
		at, there := x.find(serial)
		if !there {
			continue
		}
		e := x.entries[at]
		if e.ID == q.Except || e.Answered != q.Answered {
			continue
		}
		m := Match{ID: e.ID, Likeness: x.likeness(asked, e, length), Meters: -1}
		if q.Place != nil && e.Place != nil {
			m.Meters = distance(*q.Place, *e.Place)
		}
		apart := max(q.At.Sub(e.At), e.At.Sub(q.At))
		if !q.Answered && (apart > q.Within || m.Meters > q.Meters) {
			continue
		}
		m.Probability = probability(m, apart, q.Category != "" && q.Category == e.Category, q.Answered)
		found = append(found, m)
	}
	slices.SortFunc(found, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Probability, a.Probability), cmp.Compare(a.ID, b.ID))
	})
	return found[:min(len(found), q.Limit)]
}

// candidates are the serials of what is worth comparing, each once.
func (x *Index) candidates(asked *entry) []int64 {
	var all []int64
	newest := func(serials []int64) {
		all = append(all, serials[max(0, len(serials)-mostOfOne):]...)
	}
	keys := slices.Clone(asked.keys)
	keys = slices.DeleteFunc(keys, func(key uint32) bool { return len(x.posts[key]) == 0 })
	slices.SortStableFunc(keys, func(a, b uint32) int { return cmp.Compare(len(x.posts[a]), len(x.posts[b])) })
	for _, key := range keys[:min(len(keys), rarest)] {
		newest(x.posts[key])
	}
	if asked.Place != nil {
		at := cellOf(*asked.Place)
		for y := at.y - 1; y <= at.y+1; y++ {
			for c := at.x - 1; c <= at.x+1; c++ {
				newest(x.cells[cell{y, c}])
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return all[max(0, len(all)-MostCompared):]
}

// weight is how much a feature counts: the rarer, the more.
func (x *Index) weight(key uint32, count uint8) float64 {
	often := 1.0
	if count > 1 {
		often += math.Log(float64(count))
	}
	return often * (1 + math.Log(float64(1+len(x.entries)+x.gone)/float64(1+len(x.posts[key]))))
}

func (x *Index) length(e *entry) (sum float64) {
	for i, key := range e.keys {
		w := x.weight(key, e.counts[i])
		sum += w * w
	}
	return math.Sqrt(sum)
}

// likeness is the cosine of two texts.
func (x *Index) likeness(a, b *entry, lengthA float64) float64 {
	var common float64
	for i, j := 0, 0; i < len(a.keys) && j < len(b.keys); {
		switch {
		case a.keys[i] < b.keys[j]:
			i++
		case a.keys[i] > b.keys[j]:
			j++
		default:
			common += x.weight(a.keys[i], a.counts[i]) * x.weight(b.keys[j], b.counts[j])
			i++
			j++
		}
	}
	if common == 0 {
		return 0
	}
	return common / (lengthA * x.length(b))
}

// probability weighs what is known. Where both places are known, place and category say most of it, as two people
// find different words for one thing; without places the words must.
func probability(m Match, apart time.Duration, same, answered bool) float64 {
	days := apart.Hours() / 24
	var z float64
	switch {
	case answered:
		z = -3 + 9*m.Likeness
	case m.Meters < 0:
		z = -4.5 + 11*m.Likeness - 0.03*days
	default:
		z = -5 + 7*m.Likeness + 4.6*math.Exp(-m.Meters/80) - 0.08*days
		if same {
			z++
		}
	}
	if same {
		z += 1.5
	}
	return 1 / (1 + math.Exp(-z))
}

// distance in metres between two places that are not far apart.
func distance(a, b Place) float64 {
	const meters, radian = 111_195, math.Pi / 180
	dy := (a.Latitude - b.Latitude) * meters
	dx := (a.Longitude - b.Longitude) * meters * math.Cos((a.Latitude+b.Latitude)/2*radian)
	return math.Hypot(dx, dy)
}
