package routing

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

const (
	folds = 5
	never = 2.0 // a threshold that no probability reaches
	sure  = 0.95
)

// calibrate measures the model on texts that it has not learned from: in five rounds, each time a fifth
// of the groups is held back. Examples that the others clearly contradict are found so, twice, and
// left out of what is learned. From the scores come the scale that makes probabilities of scores,
// and the threshold above which the first proposal is right often enough to be followed. It gives those that are believed.
func (m *Model) calibrate(ctx context.Context, samples []sample) (believed []sample, err error) {
	groups := make([]uint64, len(samples))
	for i, e := range m.memory.examples {
		groups[i], e.doubt = e.group, 0
	}
	fold := dealt(groups, samples, m.seed)
	var held [][]float32
	for range sifted {
		if held, err = m.heldBack(ctx, samples, fold); err != nil {
			return nil, err
		}
		for i, e := range m.memory.examples {
			scores := slices.Clone(held[i])
			softmax(scores, 1)
			e.doubt = 0
			if !e.heard && scores[samples[i].category] < contradicts*scores[first(scores)] {
				e.doubt = 1
			}
		}
	}
	if held, err = m.heldBack(ctx, samples, fold); err != nil {
		return nil, err
	}
	m.scale = scaleOf(held, samples)
	outcomes := make([]outcome, len(samples))
	for i, scores := range held {
		softmax(scores, m.scale)
		best := first(scores)
		outcomes[i] = outcome{probability: float64(scores[best]), right: best == samples[i].category}
	}
	m.threshold = thresholdOf(outcomes)
	m.record = record{}
	return m.believed(samples), nil
}

const (
	sifted      = 2
	contradicts = 0.15 // a label that is so much less likely than another, before probabilities are scaled
)

// heldBack gives the scores of each sample by a model that has not learned from its fold, nor from what is in doubt.
func (m *Model) heldBack(ctx context.Context, samples []sample, fold []int) ([][]float32, error) {
	categories := len(m.categories)
	held := make([][]float32, len(samples))
	for f := range folds {
		var rest []sample
		for i, s := range samples {
			if fold[i] != f && m.memory.examples[i].doubt == 0 {
				rest = append(rest, s)
			}
		}
		l := newLinear(len(m.words.keys), categories)
		l.fit(rest, categories, rand.New(rand.NewPCG(m.seed, uint64(f)+1)))
		for i, s := range samples {
			if fold[i] == f {
				held[i] = make([]float32, l.stride)
				l.score(s.rows, s.values, held[i])
				held[i] = held[i][:categories]
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return held, nil
}

// believed are the samples that are not in doubt; all, if there were none.
func (m *Model) believed(samples []sample) (all []sample) {
	for i, e := range m.memory.examples {
		if e.doubt == 0 {
			all = append(all, samples[i])
		}
	}
	if len(all) == 0 {
		return samples
	}
	return all
}

// dealt gives each sample a fold: samples of a group the same, groups of a category in turn.
func dealt(groups []uint64, samples []sample, seed uint64) []int {
	order := make([]int, len(samples))
	for i := range order {
		order[i] = i
	}
	mixed := func(group uint64) uint64 { return (group ^ seed) * 0x9e3779b97f4a7c15 }
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(samples[a].category, samples[b].category), cmp.Compare(mixed(groups[a]), mixed(groups[b])))
	})
	fold, of, next := make([]int, len(samples)), map[uint64]int{}, 0
	for _, i := range order {
		f, known := of[groups[i]]
		if !known {
			f = next % folds
			of[groups[i]] = f
			next++
		}
		fold[i] = f
	}
	return fold
}

// scaleOf finds the scale at which what happened was likeliest, by golden section.
func scaleOf(held [][]float32, samples []sample) float32 {
	scores := make([]float32, 0, MostCategories)
	surprise := func(log float64) (sum float64) {
		for i, one := range held {
			scores = append(scores[:0], one...)
			softmax(scores, float32(math.Exp(log)))
			sum -= math.Log(max(float64(scores[samples[i].category]), 1e-12))
		}
		return sum
	}
	const golden = 0.6180339887498949
	low, high := -3.0, 3.0
	a, b := high-golden*(high-low), low+golden*(high-low)
	atA, atB := surprise(a), surprise(b)
	for range 30 {
		if atA < atB {
			high, b, atB = b, a, atA
			a = high - golden*(high-low)
			atA = surprise(a)
		} else {
			low, a, atA = a, b, atB
			b = low + golden*(high-low)
			atB = surprise(b)
		}
	}
	return float32(math.Exp((low + high) / 2))
}

// outcome is what a model said, and whether it was right.
type outcome struct {
	probability float64
	right       bool
}

// thresholdOf finds the least probability from which on the share of those that were right is, as far
// as so few tell, at least what it should be: its lower bound by Wilson, once in ten too high.
func thresholdOf(outcomes []outcome) float64 {
	sorted := slices.SortedFunc(slices.Values(outcomes), func(a, b outcome) int { return cmp.Compare(b.probability, a.probability) })
	found, right := never, 0
	for i, o := range sorted {
		if o.right {
			right++
		}
		last := i+1 == len(sorted) || sorted[i+1].probability < o.probability
		if low, _ := wilson(right, i+1, 1.28); last && low >= sure {
			found = o.probability
		}
	}
	return found
}

// wilson gives the bounds of a share of which right of n were seen.
func wilson(right, n int, z float64) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	p, of := float64(right)/float64(n), float64(n)
	middle := (p + z*z/(2*of)) / (1 + z*z/of)
	half := z / (1 + z*z/of) * math.Sqrt(p*(1-p)/of+z*z/(4*of*of))
	return middle - half, middle + half
}

func first(scores []float32) int {
	best := 0
	for k, s := range scores {
		if s > scores[best] {
			best = k
		}
	}
	return best
}
