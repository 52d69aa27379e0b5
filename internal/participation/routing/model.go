package routing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"dobosh/internal/participation/wording"
)

// The bounds of a model. With them it takes at most some 150 MB, which only long texts in 200 categories
// would fill; 10,000 short letters in 16 categories took 8.
const (
	MostCategories = 200
	MostExamples   = 10_000
	MostFeatures   = 1 << 17
	mostRows       = 600 // of one example
	mostName       = 200 // bytes of the name of a category or of a case
)

// Example is a text whose category is known.
type Example struct {
	ID       string // of the case, by which it is shown and forgotten
	Text     string
	Category string
	// Group joins texts that say the same, as those of one campaign: when the model is measured they
	// stand on one side. Empty for a text of its own.
	Group string
}

func (e Example) check() error {
	switch {
	case e.ID == "" || len(e.ID) > mostName:
		return errors.New("routing: an example has no id, or too long a one")
	case e.Category == "" || len(e.Category) > mostName:
		return fmt.Errorf("routing: example %s has no category, or too long a name for it", e.ID)
	case len(e.Group) > mostName:
		return fmt.Errorf("routing: example %s has too long a group", e.ID)
	}
	return nil
}

// Model sorts texts into categories. Many goroutines may ask it while one teaches it.
type Model struct {
	mu         sync.RWMutex
	seed       uint64
	categories []string
	words      vocabulary
	seen       []uint32  // by row: in how many texts
	rarity     []float32 // by row: what that makes of it
	texts      uint32    // that were learned from
	linear     linear
	scale      float32 // by which scores are multiplied before they become probabilities
	threshold  float64 // from which the model decides alone; above 1 for never
	memory     memory
	record     record
	steps      uint64 // by which what is repeated is chosen
	scratch    sync.Pool
}

// Train makes a model of examples. The same examples and the same seed give the same model. An id that
// stands twice counts as it stands last.
func Train(ctx context.Context, examples []Example, seed uint64) (*Model, error) {
	m := empty(seed)
	for _, e := range examples {
		if err := e.check(); err != nil {
			return nil, err
		}
		if _, err := m.remember(e); err != nil {
			return nil, err
		}
	}
	return m, m.fit(ctx)
}

func empty(seed uint64) *Model {
	m := &Model{seed: seed, words: newVocabulary(1024), linear: newLinear(0, 1), scale: 1, threshold: never, memory: newMemory()}
	m.scratch.New = func() any { return new(scratch) }
	return m
}

// Retrain makes a model anew of what this one remembers, with what was learned since, and without what was
// forgotten. It may take a minute, during which this one goes on.
func (m *Model) Retrain(ctx context.Context) (*Model, error) {
	anew := empty(m.seed)
	m.mu.RLock()
	for _, e := range m.memory.examples {
		if e.doubt < muchDoubt {
			anew.adopt(m, e)
		}
	}
	m.mu.RUnlock()
	return anew, anew.fit(ctx)
}

// adopt takes over an example of another model.
func (m *Model) adopt(from *Model, e *example) {
	mine := &example{id: e.id, group: e.group, heard: e.heard, rows: make([]int32, 0, len(e.rows)), unknown: e.unknown}
	mine.category, _ = m.category(from.categories[e.category])
	for i, row := range e.rows {
		if len(m.words.keys) >= MostFeatures && m.words.row(from.words.keys[row]) < 0 {
			mine.unknown++
			continue
		}
		mine.rows = append(mine.rows, m.words.add(from.words.keys[row]))
		mine.counts = append(mine.counts, e.counts[i])
	}
	m.keep(mine)
}

// remember adds an example to memory and vocabulary. It teaches nothing yet.
func (m *Model) remember(e Example) (*example, error) {
	category, err := m.category(e.Category)
	if err != nil {
		return nil, err
	}
	s := m.scratch.Get().(*scratch)
	defer m.scratch.Put(s)
	kept := &example{id: e.ID, category: category, group: hashed(e.Group)}
	counts := map[int32]int{}
	for _, f := range s.reader.Read(e.Text) {
		row := m.words.row(f.Key)
		if row < 0 && len(m.words.keys) < MostFeatures {
			row = m.words.add(f.Key)
		}
		if row < 0 || counts[row] == 0 && len(kept.rows) == mostRows {
			kept.unknown++
			continue
		}
		if counts[row]++; counts[row] == 1 {
			kept.rows = append(kept.rows, row)
		}
	}
	for _, row := range kept.rows {
		kept.counts = append(kept.counts, uint8(min(counts[row], 255)))
	}
	if e.Group == "" {
		kept.group = m.fingerprint(kept)
	}
	m.keep(kept)
	return kept, nil
}

// keep puts an example into the memory, and counts in how many texts its features stand.
func (m *Model) keep(e *example) {
	rows := len(m.words.keys)
	m.seen = append(m.seen, make([]uint32, rows-len(m.seen))...)
	m.rarity = append(m.rarity, make([]float32, rows-len(m.rarity))...)
	m.texts++
	for _, row := range e.rows {
		m.seen[row]++
		m.rarity[row] = m.rare(m.seen[row])
	}
	m.memory.put(e, rows)
}

// category gives the number of a category, which is new if nobody has named it.
func (m *Model) category(name string) (uint16, error) {
	if at := slices.Index(m.categories, name); at >= 0 {
		return uint16(at), nil
	}
	if len(m.categories) == MostCategories {
		return 0, fmt.Errorf("routing: more than %d categories", MostCategories)
	}
	m.categories = append(m.categories, name)
	return uint16(len(m.categories) - 1), nil
}

func (m *Model) rare(seen uint32) float32 {
	return float32(1 + math.Log(float64(1+m.texts)/float64(1+seen)))
}

// sample weighs an example by how often and how rare its features are.
func (m *Model) sample(e *example) sample {
	s := sample{rows: e.rows, values: make([]float32, len(e.rows)), category: int(e.category), weight: 1}
	if e.heard {
		s.weight = heardWeight
	}
	m.weigh(e.rows, e.counts, e.unknown, s.values)
	return s
}

// weigh makes weights of counts. Features that the vocabulary lacks have no weight, but their share of
// the length: a text of which little is understood speaks softly.
func (m *Model) weigh(rows []int32, counts []uint8, unknown int, into []float32) {
	length := float64(unknown) * unknownShare * float64(m.rare(0)*m.rare(0))
	for i, row := range rows {
		value := m.rarity[row] * often(counts[i])
		into[i] = value
		length += float64(value * value)
	}
	if length == 0 {
		return
	}
	by := float32(1 / math.Sqrt(length))
	for i := range into {
		into[i] *= by
	}
}

const unknownShare = 0.5

// heardWeight is how much a lesson counts beside an example of the past: what holds now beside what once did.
const heardWeight = 2

// often is how much a feature counts that stands n times in a text.
func often(n uint8) float32 {
	if n == 1 {
		return 1
	}
	return float32(1 + math.Log(float64(n)))
}

// fit finds weights, probabilities and the threshold for what the memory holds.
func (m *Model) fit(ctx context.Context) error {
	if len(m.memory.examples) == 0 {
		return errors.New("routing: nothing to learn from")
	}
	for row, seen := range m.seen {
		m.rarity[row] = m.rare(seen)
	}
	samples := make([]sample, len(m.memory.examples))
	for i, e := range m.memory.examples {
		samples[i] = m.sample(e)
	}
	believed, err := m.calibrate(ctx, samples)
	if err != nil {
		return err
	}
	m.linear = newLinear(len(m.words.keys), len(m.categories))
	m.linear.fit(believed, len(m.categories), rand.New(rand.NewPCG(m.seed, 0)))
	return ctx.Err()
}

func hashed(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // a hash takes everything
	return h.Sum64()
}

// fingerprint is the same for texts of the same features.
func (m *Model) fingerprint(e *example) (h uint64) {
	for _, row := range e.rows {
		h += m.words.keys[row] // in any order
	}
	return h
}

// Categories are those that the model knows, in order of their names.
func (m *Model) Categories() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.SortedFunc(slices.Values(m.categories), cmp.Compare[string])
}

// scratch is what one question needs; it is used again.
type scratch struct {
	reader  wording.Reader
	at      []int32   // by feature of the text: which of rows, or -1 for none
	rows    []int32   // that the text has, each once
	met     []int32   // by row of the vocabulary: which of rows, counted from 1; all 0 between questions
	counts  []uint8   // by rows: how often
	values  []float32 // by rows
	average []float32 // by rows
	speaks  []float32 // by rows
	scores  []float32 // by category
	words   []float32 // by word of the text
	order   []int
	cases   []scored
}
