package routing

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"dobosh/internal/lab/voices"
)

// halves divides examples by their groups.
func halves(all []Example, by *rand.Rand) (a, b []Example) {
	side := map[string]bool{}
	for _, e := range all {
		if _, known := side[e.Group]; !known {
			side[e.Group] = by.IntN(2) == 0
		}
		if side[e.Group] {
			a = append(a, e)
		} else {
			b = append(b, e)
		}
	}
	for _, half := range [][]Example{a, b} {
		by.Shuffle(len(half), func(i, j int) { half[i], half[j] = half[j], half[i] })
	}
	return a, b
}

func partition(all []Example, is func(Example) bool) (yes, no []Example) {
	for _, e := range all {
		if is(e) {
			yes = append(yes, e)
		} else {
			no = append(no, e)
		}
	}
	return yes, no
}

func rightFirst(m *Model, all []Example) float64 {
	right := 0
	for _, e := range all {
		if m.Propose(e.Text).Proposals[0].Category == e.Category {
			right++
		}
	}
	return float64(right) / float64(len(all))
}

func trained(t testing.TB, all []Example, seed uint64) *Model {
	t.Helper()
	m, err := Train(t.Context(), all, seed)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// of makes examples of the sentences of our own, filled in once more where more are needed.
func of(seeds ...uint64) (all []Example) {
	for _, seed := range seeds {
		for i, text := range voices.Texts(seed) {
			all = append(all, Example{ID: fmt.Sprint(seed, "-", i), Text: text.Words, Category: text.Category, Group: text.Sentence})
		}
	}
	return all
}

// thirds divides examples by their sentences.
func thirds(all []Example, by *rand.Rand) (parts [3][]Example) {
	part := map[string]int{}
	for _, e := range all {
		if _, known := part[e.Group]; !known {
			part[e.Group] = by.IntN(3)
		}
		parts[part[e.Group]] = append(parts[part[e.Group]], e)
	}
	for _, p := range parts {
		by.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] })
	}
	return parts
}

// fifty trains a model on a third of the sentences, teaches it fifty texts of a kind, each before one of another kind,
// of the second third, and says how often the right one is first in the next fifty, which are of the last
// third, and what that cost of the others.
func fifty(t *testing.T, kind, to string, known bool, seed uint64) (first, again, before, after, later float64) {
	t.Helper()
	by := rand.New(rand.NewPCG(seed, 1))
	parts := thirds(of(1, 2), by)
	past := parts[0]
	if !known {
		_, past = partition(past, func(e Example) bool { return e.Category == kind })
	}
	m := trained(t, past, 1)
	lessons, between := partition(parts[1], func(e Example) bool { return e.Category == kind })
	next, others := partition(parts[2], func(e Example) bool { return e.Category == kind })
	before = rightFirst(m, others)
	for i, e := range lessons[:50] {
		e.Category = to
		for _, e := range []Example{e, between[i]} {
			if err := m.Learn(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	next = slices.Clone(next[:50])
	for i := range next {
		next[i].Category = to
	}
	anew, err := m.Retrain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rightFirst(m, next), rightFirst(anew, next), before, rightFirst(m, others), rightFirst(anew, others)
}

// A kind that was always put elsewhere takes longer than one that is new: the body of a category is changed in the table of
// competence, not by teaching.
func TestAfterFiftyTheRightOneIsFirst(t *testing.T) {
	for name, try := range map[string]struct {
		known bool
		least float64
		moves [][2]string
	}{
		"a kind of which nothing was known": {false, 0.8, [][2]string{{"heating", "heating"}, {"parking", "parking"}, {"benefits", "benefits"}, {"noise", "noise"}}},
		"a kind that has gone elsewhere":    {true, 0.55, [][2]string{{"heating", "water"}, {"lighting", "roads"}, {"noise", "noise police"}, {"taxes", "another office"}}},
	} {
		sum, sumAgain := 0.0, 0.0
		for i, move := range try.moves {
			first, again, before, after, later := fifty(t, move[0], move[1], try.known, uint64(i))
			t.Logf("%s, %v: first in %.2f, made anew %.2f; others %.3f → %.3f, made anew %.3f", name, move, first, again, before, after, later)
			sum += first / float64(len(try.moves))
			sumAgain += again / float64(len(try.moves))
			if after < before-0.05 || later < before-0.02 {
				t.Errorf("%s, %v: what was known fell from %.3f to %.3f, made anew %.3f", name, move, before, after, later)
			}
		}
		if t.Logf("%s: %.3f, made anew %.3f", name, sum, sumAgain); sum < try.least || sumAgain < try.least {
			t.Errorf("%s: after fifty the right one is first in %.0f %% of the next fifty", name, 100*sum)
		}
	}
}

// hostile gives every tenth example a wrong category: any, or always the same.
func hostile(all []Example, to string, by *rand.Rand) []Example {
	labels := slices.Clone(all)
	for i, e := range all {
		if by.IntN(10) > 0 {
			continue
		}
		for labels[i].Category == e.Category {
			if labels[i].Category = to; to == "" || to == e.Category {
				labels[i].Category = all[by.IntN(len(all))].Category
			}
		}
	}
	return labels
}

func TestAHostileTenthCostsLittle(t *testing.T) {
	all, _ := labelled(t)
	for _, to := range []string{"", "taxes"} {
		var learned, taught float64
		const seeds = 3
		for seed := range uint64(seeds) {
			by := rand.New(rand.NewPCG(seed, 3))
			past, held := halves(all, by)
			good := trained(t, past, 1)
			bad := trained(t, hostile(past, to, by), 1)
			learned += (rightFirst(good, held) - rightFirst(bad, held)) / seeds

			// The same for what is learned case by case.
			first, second := past[:len(past)/2], past[len(past)/2:]
			a, b := trained(t, first, 1), trained(t, first, 1)
			for _, lesson := range []struct {
				m   *Model
				all []Example
			}{{a, second}, {b, hostile(second, to, by)}} {
				for _, e := range lesson.all {
					if err := lesson.m.Learn(e); err != nil {
						t.Fatal(err)
					}
				}
			}
			taught += (rightFirst(a, held) - rightFirst(b, held)) / seeds
		}
		t.Logf("to %q: costs %.2f points when trained, %.2f when taught", to, 100*learned, 100*taught)
		if learned >= 0.02 || taught >= 0.02 {
			t.Errorf("a hostile tenth to %q costs %.2f and %.2f points", to, 100*learned, 100*taught)
		}
	}
}
