package routing

import "math/rand/v2"

// How one lesson is learned: its text is taken several times, each time with some of the past, so that
// what was known is not forgotten for it; and again, until it has the upper hand.
const (
	leastRounds = 2
	mostRounds  = 6
	repeated    = 8
	lessonRate  = 0.6
	repeatRate  = 0.3
)

// Learn takes what became of a case: the category under which somebody answered it, whether it had been
// proposed or was found by transfers. What the model would have said is first put on record. A lesson that
// contradicts what the newest cases like it say waits until others say the same.
func (m *Model) Learn(e Example) error {
	if err := e.check(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	said := m.note(e)
	learned, err := m.remember(e)
	if err != nil {
		return err
	}
	m.linear = m.linear.grown(len(m.words.keys), len(m.categories))
	m.steps++
	if !m.weighed(learned, said) {
		return nil
	}
	by := rand.New(rand.NewPCG(m.seed, m.steps))
	gradient := make([]float32, m.linear.stride)
	lesson, categories := m.sample(learned), len(m.categories)
	counts := make([]float64, categories)
	for _, e := range m.memory.examples {
		counts[e.category]++
	}
	weights := even(counts)
	for round := range mostRounds {
		m.linear.step(lesson, categories, lessonRate*min(weights[lesson.category], 2), decay, gradient)
		for range repeated {
			old := m.memory.examples[by.IntN(len(m.memory.examples))]
			if old.doubt == 0 {
				m.linear.step(m.sample(old), categories, repeatRate*min(weights[old.category], 2), decay, gradient)
			}
		}
		m.linear.score(lesson.rows, lesson.values, gradient)
		if softmax(gradient[:categories], m.scale); round+1 >= leastRounds && gradient[lesson.category] > 0.5 {
			break
		}
	}
	return nil
}

// note puts on record what the model would have said, and says it; -1 for nothing.
func (m *Model) note(e Example) int {
	if len(m.categories) == 0 {
		return -1
	}
	s := m.scratch.Get().(*scratch)
	defer m.scratch.Put(s)
	scores := m.scores(s, e.Text)
	softmax(scores, m.scale)
	best := first(scores)
	m.record.add(outcome{probability: float64(scores[best]), right: m.categories[best] == e.Category}, float64(scores[best]) >= m.threshold)
	return best
}

// Forget takes the example of a case out of the memory. What it taught goes when the model is made anew.
func (m *Model) Forget(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.memory.forget(id)
}

// record is how the model did on the last cases before it learned from them.
type record struct {
	last [500]struct {
		outcome
		automatic bool
	}
	n int // in all
}

func (r *record) add(o outcome, automatic bool) {
	at := r.n % len(r.last)
	r.last[at].outcome, r.last[at].automatic = o, automatic
	r.n++
}

// suspended says that what the model was sure of turned out wrong too often to be chance: then a person
// decides everything, until the model is made anew.
func (r *record) suspended() bool {
	right, all := 0, 0
	for _, one := range r.last[:min(r.n, len(r.last))] {
		if one.automatic {
			if all++; one.right {
				right++
			}
		}
	}
	_, high := wilson(right, all, 1.96)
	return all > 0 && high < sure
}

// Standing is how a model does.
type Standing struct {
	Examples  int     // that it remembers
	Threshold float64 // from which it decides alone; above 1 for never
	Suspended bool    // it was sure and wrong too often, and decides nothing alone
	Lately    Figures // of the last 500 cases, each before it was learned from
}

// Standing says how the model does.
func (m *Model) Standing() Standing {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return Standing{Examples: len(m.memory.examples), Threshold: m.threshold, Suspended: m.record.suspended(), Lately: m.record.figures()}
}
