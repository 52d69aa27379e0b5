package surge

import (
	"cmp"
	"slices"
	"sync"

	"dobosh/internal/kit/civil"
)

// Kind is what is counted.
type Kind uint8

// The kinds.
const (
	Category Kind = iota
	Place
	Word
	kinds
)

// Key is something of which reports are counted.
type Key struct {
	Body  string
	Kind  Kind
	Value string
}

// The bounds of what is watched.
const (
	MostKeys  = 100_000
	MostWords = 500 // of one body
	Least     = 14  // days that there must have been before anything is said

	past   = 56 // days that are looked back
	window = 64 // days that are kept
)

// How much must come together, beside being no chance, before it is called a surge.
const (
	leastCount = 5
	leastTimes = 2.0 // as expected
)

// budget is how many false alarms a body may have on a day, over all that is watched of it: one a week, of which
// some is left for what is only estimated.
const budget = 1.2 / 7

// Alarm is something of which more came than chance allows.
type Alarm struct {
	Key
	Count    int
	Expected float64
	Chance   float64 // of so many or more, if nothing had happened
	Level    int     // 1 attention, 2 warning, 3 alarm: each a hundred times less likely than the one before
}

// Watch counts. Many goroutines may use it.
type Watch struct {
	mu     sync.Mutex
	bodies map[string]*body
	keys   int
}

type body struct {
	first civil.Day // on which anything was counted
	days  [kinds]map[string]*counts
	all   counts
}

// counts of the last days, in a ring by the number of the day.
type counts struct {
	newest int // number of the newest day that is kept
	ring   [window]uint32
}

// numbered counts days from a Monday.
func numbered(day civil.Day) int { return civil.Date(2000, 1, 3).DaysUntil(day) }

// New watches nothing yet.
func New() *Watch { return &Watch{bodies: map[string]*body{}} }

// Add counts n reports to a body on a day: of a category, a place, with these words. What is empty is not
// counted. Days may come in any order; what is older than is kept is passed over.
func (w *Watch) Add(day civil.Day, to, category, place string, words []string, n int) {
	if n <= 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.bodies[to]
	if b == nil {
		if w.keys == MostKeys {
			return
		}
		w.keys++
		b = &body{first: day}
		for kind := range b.days {
			b.days[kind] = map[string]*counts{}
		}
		w.bodies[to] = b
	}
	if day.Before(b.first) {
		b.first = day
	}
	number := numbered(day)
	b.all.add(number, n)
	w.count(b, Category, category, number, n)
	w.count(b, Place, place, number, n)
	words = slices.Clone(words)
	slices.Sort(words)
	for _, word := range slices.Compact(words) {
		w.count(b, Word, word, number, n)
	}
}

func (w *Watch) count(b *body, kind Kind, value string, number, n int) {
	if value == "" || len(value) > 200 {
		return
	}
	c := b.days[kind][value]
	if c == nil {
		if kind == Word && len(b.days[Word]) >= MostWords {
			w.dropWord(b)
		}
		if w.keys >= MostKeys {
			return
		}
		w.keys++
		c = &counts{newest: number}
		b.days[kind][value] = c
	}
	c.add(number, n)
}

// dropWord makes room for a word: a tenth of those that were counted least go.
func (w *Watch) dropWord(b *body) {
	type total struct {
		word string
		n    int
	}
	var all []total
	for word, c := range b.days[Word] {
		sum := 0
		for _, n := range c.ring {
			sum += int(n)
		}
		all = append(all, total{word, sum})
	}
	slices.SortFunc(all, func(a, b total) int { return cmp.Or(cmp.Compare(a.n, b.n), cmp.Compare(a.word, b.word)) })
	for _, t := range all[:MostWords/10] {
		delete(b.days[Word], t.word)
		w.keys--
	}
}

func (c *counts) add(number, n int) {
	switch {
	case number > c.newest:
		for gap := min(number-c.newest, window); gap > 0; gap-- {
			c.ring[(number-gap+1)&(window-1)] = 0
		}
		c.newest = number
	case number <= c.newest-window:
		return
	}
	at := number & (window - 1)
	c.ring[at] = uint32(min(int(c.ring[at])+n, 1<<31))
}

func (c *counts) on(number int) int {
	if number > c.newest || number <= c.newest-window {
		return 0
	}
	return int(c.ring[number&(window-1)])
}

// Alarms says of which things more came on a day than chance allows, by body, the unlikeliest first. It may be
// asked while the day lasts: what is there already counts against the whole day.
func (w *Watch) Alarms(day civil.Day) []Alarm {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Alarm
	for name, b := range w.bodies {
		if b.first.DaysUntil(day) >= Least {
			all = append(all, b.alarms(name, day)...)
		}
	}
	slices.SortFunc(all, func(a, b Alarm) int {
		return cmp.Or(cmp.Compare(a.Body, b.Body), cmp.Compare(a.Chance, b.Chance), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value))
	})
	return all
}

func (b *body) alarms(name string, day civil.Day) (all []Alarm) {
	today := numbered(day)
	back := min(past, b.first.DaysUntil(day))
	week := b.week(today, back)
	for kind, values := range b.days {
		if len(values) == 0 {
			continue
		}
		allowed := budget / float64(kinds) / float64(len(values))
		varies := b.varies(Kind(kind), today, back, week)
		for value, c := range values {
			count := c.on(today)
			if count < leastCount {
				continue
			}
			expected, known := c.expect(today, back, week)
			if float64(count) < leastTimes*expected {
				continue
			}
			own := c.spread(today, back, week)
			chance := tail(count, expected, 1/(own.shrunk(varies)+1/known))
			if chance > allowed {
				continue
			}
			a := Alarm{Key: Key{name, Kind(kind), value}, Count: count, Expected: expected, Chance: chance, Level: 1}
			for limit := allowed / 100; a.Level < 3 && chance <= limit; limit /= 100 {
				a.Level++
			}
			all = append(all, a)
		}
	}
	return all
}
