package routing

import (
	"cmp"
	"slices"
	"strings"
)

// The bounds of an answer.
const (
	MostProposals = 3
	mostWords     = 5 // that are named
	mostCases     = 3 // that are named
)

// Proposal is a category that a text may belong to.
type Proposal struct {
	Category    string
	Probability float64
	Words       []string // that spoke for it, as they were written, the strongest first
	Cases       []string // ids of past cases of this category that share those words, the closest first
}

// Answer is what a model says about a text.
type Answer struct {
	Proposals []Proposal // at most three, the likeliest first
	// Automatic says that the first may be followed without a person: what was as certain as this was right
	// in 95 of 100 cases that the model had not learned from.
	Automatic bool
}

// Propose sorts a text.
func (m *Model) Propose(text string) Answer {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s := m.scratch.Get().(*scratch)
	defer m.scratch.Put(s)

	scores := m.scores(s, text)
	softmax(scores, m.scale)
	s.order = s.order[:0]
	for k := range scores {
		s.order = append(s.order, k)
	}
	slices.SortStableFunc(s.order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	m.average(s)
	answer := Answer{Proposals: make([]Proposal, 0, MostProposals)}
	for _, k := range s.order[:min(len(s.order), MostProposals)] {
		p := Proposal{Category: m.categories[k], Probability: float64(scores[k])}
		p.Words = m.deciding(s, k)
		for _, e := range m.teachers(s, k, mostCases) {
			p.Cases = append(p.Cases, e.id)
		}
		answer.Proposals = append(answer.Proposals, p)
	}
	answer.Automatic = len(s.rows) > 0 && float64(scores[s.order[0]]) >= m.threshold && !m.record.suspended()
	return answer
}

// scores reads a text and says what speaks for each category.
func (m *Model) scores(s *scratch, text string) []float32 {
	if short := len(m.words.keys) - len(s.met); short > 0 {
		s.met = append(s.met, make([]int32, short)...)
	}
	s.at, s.rows, s.counts = s.at[:0], s.rows[:0], s.counts[:0]
	unknown := 0
	for _, f := range s.reader.Read(text) {
		row := m.words.row(f.Key)
		if row < 0 {
			unknown++
			s.at = append(s.at, -1)
			continue
		}
		at := s.met[row] - 1
		if at < 0 {
			at = int32(len(s.rows))
			s.met[row] = at + 1
			s.rows, s.counts = append(s.rows, row), append(s.counts, 0)
		}
		s.counts[at] = min(s.counts[at], 254) + 1
		s.at = append(s.at, at)
	}
	for _, row := range s.rows {
		s.met[row] = 0
	}
	s.values = slices.Grow(s.values[:0], len(s.rows))[:len(s.rows)]
	m.weigh(s.rows, s.counts, unknown, s.values)
	s.scores = slices.Grow(s.scores[:0], m.linear.stride)[:m.linear.stride]
	m.linear.score(s.rows, s.values, s.scores)
	return s.scores[:len(m.categories)]
}

// average says what each feature of the text weighs for a category on average.
func (m *Model) average(s *scratch) {
	s.average = s.average[:0]
	for _, row := range s.rows {
		var sum float32
		for _, w := range m.linear.of(row) { // beyond the last category stand zeros
			sum += w
		}
		s.average = append(s.average, sum/float32(len(m.categories)))
	}
}

// deciding names the words that spoke for a category: those whose features weigh more for it than for the
// others.
func (m *Model) deciding(s *scratch, category int) []string {
	s.words = slices.Grow(s.words[:0], s.reader.Len())[:s.reader.Len()]
	clear(s.words)
	s.speaks = s.speaks[:0]
	for at, row := range s.rows {
		s.speaks = append(s.speaks, m.rarity[row]*(m.linear.of(row)[category]-s.average[at]))
	}
	var all float32
	for i, f := range s.reader.Features() {
		if at := s.at[i]; at >= 0 {
			s.words[f.Word] += s.speaks[at]
			all += max(s.speaks[at], 0)
		}
	}
	var named []string
	for len(named) < mostWords {
		best := -1
		for word, speaks := range s.words {
			if speaks > 0.02*all && (best < 0 || speaks > s.words[best]) {
				best = word
			}
		}
		if best < 0 {
			break
		}
		s.words[best] = 0
		written := s.reader.Written(best)
		if !slices.ContainsFunc(named, func(other string) bool { return strings.EqualFold(other, written) }) {
			named = append(named, strings.Clone(written))
		}
	}
	return named
}

// scored is a past case, and how much of what decided it shares.
type scored struct {
	serial uint32
	score  float32
}

// teachers are past cases of the category that share what decided, at most so many, the closest first.
func (m *Model) teachers(s *scratch, category, most int) (all []*example) {
	s.cases = s.cases[:0]
	var strongest float32
	for i, row := range s.rows {
		strongest = max(strongest, s.values[i]*m.linear.of(row)[category])
	}
	few := 0 // of what decided most, so that a long text takes no longer
	for i, row := range s.rows {
		speaks := s.values[i] * m.linear.of(row)[category]
		if speaks <= 0.4*strongest || int(row) >= len(m.memory.posts) {
			continue
		}
		for _, serial := range m.memory.posts[row] {
			if serial == 0 {
				break
			}
			s.cases = append(s.cases, scored{serial, speaks})
		}
		if few++; few == 12 {
			break
		}
	}
	for _, c := range gathered(s.cases) {
		if at, known := m.memory.find(c.serial); known && int(m.memory.examples[at].category) == category && m.memory.examples[at].doubt == 0 {
			if all = append(all, m.memory.examples[at]); len(all) == most {
				break
			}
		}
	}
	return all
}
