package routing

import (
	"cmp"
	"slices"
)

// Not every label is right: people err, and some mean harm. An example is doubted while those most like it say
// something else. What is in doubt teaches nothing, but stays, and is heard when others like it come.
const (
	asked      = 20   // neighbours that are asked
	leastAsked = 3    // fewer contradict nobody
	confirms   = 0.25 // share of what they say by which a label is believed whatever else they say
	denies     = 0.5  // share for another label by which it is not
	muchDoubt  = 1    // lessons that contradict an example, with which it is not taken into the next model
	certain    = 0.02 // of a neighbour: what shares less with a text says nothing about it
)

// neighbour is an example that shares rare features with another, and how much.
type neighbour struct {
	*example
	score float32
}

// neighbours are the newest examples that are most like one, without it and those of its group.
func (m *Model) neighbours(of *example, s sample) []neighbour {
	common := max(4*posted, m.texts/50) // what stands in more texts tells little, and only of the newest
	var shared []scored
	for i, row := range s.rows {
		if m.seen[row] > common {
			continue
		}
		for _, serial := range m.memory.posts[row] {
			if serial == 0 {
				break
			}
			shared = append(shared, scored{serial, s.values[i] * s.values[i]})
		}
	}
	var all []neighbour
	for _, c := range gathered(shared) {
		at, known := m.memory.find(c.serial)
		if !known || c.score < certain {
			continue
		}
		if e := m.memory.examples[at]; e != of && e.group != of.group {
			if all = append(all, neighbour{e, c.score}); len(all) == asked {
				break
			}
		}
	}
	return all
}

// gathered adds up what stands under one serial, the highest first, of equals the newest.
func gathered(all []scored) []scored {
	slices.SortFunc(all, func(a, b scored) int { return cmp.Compare(b.serial, a.serial) })
	merged := all[:0]
	for _, c := range all {
		if last := len(merged) - 1; last >= 0 && merged[last].serial == c.serial {
			merged[last].score += c.score
		} else {
			merged = append(merged, c)
		}
	}
	slices.SortStableFunc(merged, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	return merged
}

// contradicted says whether neighbours speak against a category: few for it, and most for one other.
func contradicted(all []neighbour, category uint16) bool {
	var sums [MostCategories]float32
	var sum, most float32
	for _, n := range all {
		sum += n.score
		sums[n.category] += n.score
		most = max(most, sums[n.category])
	}
	return len(all) >= leastAsked && sums[category] < confirms*sum && most >= denies*sum
}

// weighed says whether a lesson is believed. One that is brings those of its neighbours into doubt that made the
// model say something else, and those that agree out of it; one that is not waits in doubt itself.
func (m *Model) weighed(e *example, said int) bool {
	near := m.neighbours(e, m.sample(e))
	if contradicted(near, e.category) {
		e.doubt = 1
		return false
	}
	e.heard = true
	for _, n := range near {
		switch int(n.category) {
		case int(e.category):
			n.doubt, n.heard = 0, true
		case said:
			n.doubt = min(n.doubt, 254) + 1
		}
	}
	return true
}
