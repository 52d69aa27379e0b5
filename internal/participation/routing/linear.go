package routing

import (
	"math"
	"math/rand/v2"
)

// sample is a text as rows of the vocabulary with their weights, in one unit of length.
type sample struct {
	rows     []int32
	values   []float32
	category int
	weight   float32 // how much it counts
}

// linear is multinomial logistic regression: for each row of the vocabulary a weight for
// each category, which stand together. Products are rounded before they are added, so that no
// machine fuses the two and all come to the same weights. There is no weight for how frequent a category is: who
// gives many examples of one must not draw to it what fits nowhere.
type linear struct {
	weights []float32 // row by row, stride apart
	stride  int       // categories, up to the next multiple of eight
}

func newLinear(rows, categories int) linear {
	stride := (categories + 7) &^ 7
	return linear{weights: make([]float32, rows*stride), stride: stride}
}

// grown has room for so many rows and categories.
func (l linear) grown(rows, categories int) linear {
	if categories <= l.stride {
		if short := rows*l.stride - len(l.weights); short > 0 {
			l.weights = append(l.weights, make([]float32, short)...)
		}
		return l
	}
	wider := newLinear(rows, categories)
	for row := range len(l.weights) / l.stride {
		copy(wider.weights[row*wider.stride:], l.weights[row*l.stride:(row+1)*l.stride])
	}
	return wider
}

func (l linear) of(row int32) []float32 {
	at := int(row) * l.stride
	return l.weights[at : at+l.stride : at+l.stride]
}

// score adds up what speaks for each category.
func (l linear) score(rows []int32, values []float32, into []float32) {
	into = into[:l.stride]
	clear(into)
	for i, row := range rows {
		value, weights := values[i], l.of(row)
		for k := range into {
			into[k] += float32(value * weights[k])
		}
	}
}

// step moves the weights towards one sample; gradient has room for a stride.
func (l linear) step(s sample, categories int, rate, decay float32, gradient []float32) {
	l.score(s.rows, s.values, gradient)
	softmax(gradient[:categories], 1)
	for k := categories; k < l.stride; k++ {
		gradient[k] = 0
	}
	gradient[s.category]--
	for k := range gradient {
		gradient[k] *= rate
	}
	keep := 1 - float32(rate*decay)
	for i, row := range s.rows {
		value, weights := s.values[i], l.of(row)
		for k := range weights {
			weights[k] = float32(weights[k]*keep) - float32(value*gradient[k])
		}
	}
}

// How the weights are found. Measured on the set in testdata: docs/participation.md.
const (
	epochs = 12
	rate   = 1.0  // of the first epoch; it falls to a tenth
	decay  = 0.01 // what a step takes away of the weights it touches
	// What is rare counts more, and a category of which somebody gives very many examples counts less as a whole.
	evens = 1.5
)

// even says how much an example of each category counts, of so many of each.
func even(counts []float64) []float32 {
	sum, weights := 0.0, make([]float32, len(counts))
	for _, n := range counts {
		sum += n
	}
	for k, n := range counts {
		weights[k] = float32(min(math.Pow(sum/float64(len(counts))/max(n, 1), evens), 8))
	}
	return weights
}

// fit goes through the samples epochs times, each time in another order.
func (l linear) fit(samples []sample, categories int, by *rand.Rand) {
	counts := make([]float64, categories)
	for _, s := range samples {
		counts[s.category]++
	}
	weights := even(counts)
	gradient := make([]float32, l.stride)
	order := make([]int, len(samples))
	for i := range order {
		order[i] = i
	}
	for epoch := range epochs {
		by.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		now := rate * (1 - 0.9*float64(epoch)/epochs)
		for _, i := range order {
			l.step(samples[i], categories, float32(now)*weights[samples[i].category]*samples[i].weight, decay, gradient)
		}
	}
}

// softmax makes probabilities of scores, which it first multiplies by scale.
func softmax(scores []float32, scale float32) {
	most := float32(math.Inf(-1))
	for _, s := range scores {
		most = max(most, s)
	}
	var sum float64
	for i, s := range scores {
		e := math.Exp(float64((s - most) * scale))
		scores[i] = float32(e)
		sum += e
	}
	for i := range scores {
		scores[i] = float32(float64(scores[i]) / sum)
	}
}
