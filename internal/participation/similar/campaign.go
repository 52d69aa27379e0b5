package similar

import (
	"cmp"
	"hash/fnv"
	"slices"
	"sync"

	"dobosh/internal/participation/wording"
)

// The bounds of campaigns, and when two texts are of one.
const (
	MostTexts  = 20_000
	leastWords = 12 // what is shorter is alike by chance
	shingle    = 3  // words in a row
	bands      = 16
	rowsOfBand = 4
	alike      = 0.6 // share of rows of words that two texts of one campaign have in common, about
)

// Campaigns groups texts that many send alike, with a greeting or a name of their own. It keeps
// 64 numbers of each text, by which texts of which six rows of words in ten are the same are found with
// almost no miss (MinHash). Many goroutines may use it.
type Campaigns struct {
	mu    sync.Mutex
	texts []*signed // in the order in which they came
	byID  map[string]*signed
}

type signed struct {
	id  string
	sum [bands * rowsOfBand]uint32
}

// NewCampaigns has no texts.
func NewCampaigns() *Campaigns { return &Campaigns{byID: map[string]*signed{}} }

// Put takes a text, in the place of what it had of the same id. Short ones are passed over.
func (c *Campaigns) Put(id, text string) {
	c.Remove(id)
	var r wording.Reader
	r.Read(text)
	words := r.Words()
	if len(words) < leastWords {
		return
	}
	s := &signed{id: id}
	for i := range s.sum {
		s.sum[i] = 1<<32 - 1
	}
	for i := 0; i+shingle <= len(words); i++ {
		h := fnv.New64a()
		for _, word := range words[i : i+shingle] {
			_, _ = h.Write([]byte(word)) // a hash takes everything
			_, _ = h.Write([]byte{0})
		}
		mix := h.Sum64()
		for k := range s.sum {
			mix = mix*6364136223846793005 + 1442695040888963407
			s.sum[k] = min(s.sum[k], uint32(mix>>32))
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.texts) == MostTexts {
		delete(c.byID, c.texts[0].id)
		c.texts = slices.Delete(c.texts, 0, 1)
	}
	c.texts = append(c.texts, s)
	c.byID[id] = s
}

// Remove takes a text out.
func (c *Campaigns) Remove(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, known := c.byID[id]; known {
		delete(c.byID, id)
		c.texts = slices.DeleteFunc(c.texts, func(other *signed) bool { return other == s })
	}
}

// Groups gives the ids of at least so many texts that are alike, the largest group first.
func (c *Campaigns) Groups(least int) [][]string {
	c.mu.Lock()
	texts := slices.Clone(c.texts)
	c.mu.Unlock()

	leader := make([]int, len(texts)) // of each text an earlier one, or itself
	find := func(i int) int {
		for leader[i] != i {
			leader[i] = leader[leader[i]]
			i = leader[i]
		}
		return i
	}
	seen := map[[rowsOfBand + 1]uint32]int{}
	for i, s := range texts {
		leader[i] = i
		for band := range bands {
			key := [rowsOfBand + 1]uint32{rowsOfBand: uint32(band)}
			copy(key[:], s.sum[band*rowsOfBand:(band+1)*rowsOfBand])
			first, known := seen[key]
			if !known {
				seen[key] = i
			} else if s.like(texts[first]) {
				a, b := find(first), find(i)
				leader[max(a, b)] = min(a, b)
			}
		}
	}
	members := map[int][]string{}
	for i, s := range texts {
		members[find(i)] = append(members[find(i)], s.id)
	}
	var groups [][]string
	for _, ids := range members {
		if len(ids) >= max(least, 2) {
			groups = append(groups, ids)
		}
	}
	slices.SortFunc(groups, func(a, b []string) int { return cmp.Or(cmp.Compare(len(b), len(a)), slices.Compare(a, b)) })
	return groups
}

func (s *signed) like(other *signed) bool {
	same := 0
	for i, sum := range s.sum {
		if sum == other.sum[i] {
			same++
		}
	}
	return float64(same) >= alike*float64(len(s.sum))
}
