package routing

import (
	"context"
	"slices"
)

// Figures say how well texts were sorted that the model had not learned from.
type Figures struct {
	Texts     int     `json:"texts"`
	Accuracy  float64 `json:"accuracy"`
	Top3      float64 `json:"top3"`      // the right one is among the three
	MacroF1   float64 `json:"macro_f1"`  // of all categories alike, the rare as the frequent
	ECE       float64 `json:"ece"`       // expected calibration error of the first proposal, in ten bins of equal width
	ECEOf3    float64 `json:"ece_of_3"`  // of all three
	Precision float64 `json:"precision"` // of what was decided alone
	Coverage  float64 `json:"coverage"`  // share that was decided alone
}

// Held is what a model said about a text that it had not learned from.
type Held struct {
	Answer   Answer
	Category string // the right one
	Index    int    // of the example
}

// bins add up probabilities and how often they came true.
type bins [10]struct {
	n          int
	said, came float64
}

func (b *bins) add(probability float64, right bool) {
	one := &b[min(int(probability*float64(len(b))), len(b)-1)]
	one.n++
	one.said += probability
	if right {
		one.came++
	}
}

func (b *bins) error() (sum float64) {
	n := 0
	for _, one := range b {
		n += one.n
		sum += max(one.said-one.came, one.came-one.said)
	}
	return sum / float64(max(n, 1))
}

// Measure makes figures of answers.
func Measure(all []Held) (f Figures) {
	type counts struct{ right, said, are int }
	per := map[string]*counts{}
	of := func(category string) *counts {
		if per[category] == nil {
			per[category] = new(counts)
		}
		return per[category]
	}
	var top, three bins
	right, among, automatic, automaticRight := 0, 0, 0, 0
	for _, h := range all {
		of(h.Category).are++
		for i, p := range h.Answer.Proposals {
			is := p.Category == h.Category
			three.add(p.Probability, is)
			if is {
				among++
			}
			if i > 0 {
				continue
			}
			top.add(p.Probability, is)
			of(p.Category).said++
			if h.Answer.Automatic {
				automatic++
			}
			if is {
				right++
				of(p.Category).right++
				if h.Answer.Automatic {
					automaticRight++
				}
			}
		}
	}
	n := float64(max(len(all), 1))
	f = Figures{Texts: len(all), Accuracy: float64(right) / n, Top3: float64(among) / n, ECE: top.error(), ECEOf3: three.error(), Coverage: float64(automatic) / n}
	f.Precision = float64(automaticRight) / float64(max(automatic, 1))
	kinds := 0
	for _, c := range per {
		if c.are > 0 {
			kinds++
			f.MacroF1 += 2 * float64(c.right) / float64(c.said+c.are)
		}
	}
	f.MacroF1 /= float64(max(kinds, 1))
	return f
}

func (r *record) figures() Figures {
	var all []Held
	for _, one := range r.last[:min(r.n, len(r.last))] {
		said, is := "", "other"
		if one.right {
			is = said
		}
		all = append(all, Held{Answer: Answer{Proposals: []Proposal{{Category: said, Probability: one.probability}}, Automatic: one.automatic}, Category: is})
	}
	f := Measure(all)
	f.Top3, f.MacroF1, f.ECEOf3 = 0, 0, 0 // not on record
	return f
}

// CrossValidate sorts every example by a model that was made without those of its fold, in five folds
// that keep groups together. Each model finds scale and threshold without the texts it is measured on.
func CrossValidate(ctx context.Context, examples []Example, seed uint64) (all []Held, err error) {
	samples, groups, categories := make([]sample, len(examples)), make([]uint64, len(examples)), map[string]int{}
	for i, e := range examples {
		if _, known := categories[e.Category]; !known {
			categories[e.Category] = len(categories)
		}
		samples[i].category = categories[e.Category]
		if groups[i] = hashed(e.Group); e.Group == "" {
			groups[i] = hashed(e.Text)
		}
	}
	fold := dealt(groups, samples, seed)
	for f := range folds {
		var rest []Example
		for i, e := range examples {
			if fold[i] != f {
				rest = append(rest, e)
			}
		}
		m, err := Train(ctx, rest, seed)
		if err != nil {
			return nil, err
		}
		for i, e := range examples {
			if fold[i] == f {
				all = append(all, Held{Answer: m.Propose(e.Text), Category: e.Category, Index: i})
			}
		}
	}
	slices.SortFunc(all, func(a, b Held) int { return a.Index - b.Index })
	return all, nil
}
