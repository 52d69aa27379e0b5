package routing

import (
	"cmp"
	"slices"
)

// example is what a model keeps of a text: no words, only rows of its vocabulary.
type example struct {
	id       string
	serial   uint32 // rises with each that is put
	category uint16
	group    uint64
	rows     []int32
	counts   []uint8
	unknown  int   // features that the vocabulary lacks
	heard    bool  // it is a lesson that was believed
	doubt    uint8 // 0 when it is believed; how often it was contradicted
}

// memory keeps examples, from which a model is made anew and with which it shows what taught it.
type memory struct {
	examples []*example // by serial
	byID     map[string]*example
	next     uint32
	posts    [][posted]uint32 // by row: serials of the newest examples that have it, the newest first; 0 for none
}

const posted = 16

func newMemory() memory { return memory{byID: map[string]*example{}, next: 1} }

// put keeps an example, in the place of another of its id. When there is no more room, the oldest of
// the category that has most goes, so that what is rare is not forgotten.
func (m *memory) put(e *example, rows int) {
	m.forget(e.id)
	if len(m.examples) >= MostExamples {
		m.forget(m.dispensable())
	}
	if m.next == 1<<32-1 { // in 4,000 million lessons; they are numbered anew
		m.renumber()
	}
	e.serial = m.next
	m.next++
	m.examples = append(m.examples, e)
	m.byID[e.id] = e
	m.post(e, rows)
}

func (m *memory) post(e *example, rows int) {
	if short := rows - len(m.posts); short > 0 {
		m.posts = append(m.posts, make([][posted]uint32, short)...)
	}
	for _, row := range e.rows {
		p := &m.posts[row]
		copy(p[1:], p[:posted-1])
		p[0] = e.serial
	}
}

func (m *memory) renumber() {
	m.posts, m.next = make([][posted]uint32, len(m.posts)), 1
	for _, e := range m.examples {
		e.serial = m.next
		m.next++
		m.post(e, len(m.posts))
	}
}

func (m *memory) forget(id string) bool {
	e, known := m.byID[id]
	if !known {
		return false
	}
	delete(m.byID, id)
	at, _ := m.find(e.serial)
	m.examples = slices.Delete(m.examples, at, at+1)
	return true
}

func (m *memory) find(serial uint32) (int, bool) {
	return slices.BinarySearchFunc(m.examples, serial, func(e *example, serial uint32) int { return cmp.Compare(e.serial, serial) })
}

// dispensable is the oldest example of the category that has most.
func (m *memory) dispensable() string {
	var counts [MostCategories]int
	largest := uint16(0)
	for _, e := range m.examples {
		if counts[e.category]++; counts[e.category] > counts[largest] {
			largest = e.category
		}
	}
	at := slices.IndexFunc(m.examples, func(e *example) bool { return e.category == largest })
	return m.examples[at].id
}
