package surge

import "math"

// week is how many reports a body has on each day of the week, Monday first, beside its average.
type week [7]float64

func (w *week) on(number int) float64 { return w[((number%7)+7)%7] }

// week is learned from all that the body had, and drawn towards an even week as if there had been one report
// more on each day.
func (b *body) week(today, back int) (w week) {
	var sums, days [7]float64
	total := 0.0
	for number := today - back; number < today; number++ {
		at, n := ((number%7)+7)%7, float64(b.all.on(number))
		sums[at] += n
		days[at]++
		total += n
	}
	average := (total + 1) / float64(back)
	for at := range w {
		w[at] = (sums[at] + average) / (days[at] + 1) / average
	}
	return w
}

// halved is after how many days a count weighs half.
const halved = 28.0

// expect is the average of a day, and how many reports it rests on.
func (c *counts) expect(today, back int, w week) (expected, known float64) {
	shape, rate := 0.5, 0.0 // what was never seen is expected once in a while
	for age := 1; age <= back; age++ {
		weight := math.Exp2(-float64(age) / halved)
		shape += weight * float64(c.on(today-age))
		rate += weight * w.on(today-age)
	}
	return w.on(today) * shape / max(rate, 1), shape
}

// spread is how much more counts vary than chance: their variance is mean + above/mean² times the square of the mean.
type spread struct{ above, squares float64 }

func (c *counts) spread(today, back int, w week) (s spread) {
	mean := 0.0
	for age := 1; age <= back; age++ {
		mean += float64(c.on(today - age))
	}
	mean /= float64(back)
	for age := 1; age <= back; age++ {
		m := mean * w.on(today-age)
		n := float64(c.on(today - age))
		s.above += (n-m)*(n-m)*float64(back)/float64(back-1) - m
		s.squares += m * m
	}
	return s
}

// varies is the spread of all of a kind together.
func (b *body) varies(kind Kind, today, back int, w week) (s spread) {
	for _, c := range b.days[kind] {
		one := c.spread(today, back, w)
		s.above += one.above
		s.squares += one.squares
	}
	return s
}

// trust is how much the spread of all counts beside that of one: as much as so many days of it.
const trust = 150.0

// shrunk is the dispersion of one, drawn towards that of all.
func (s spread) shrunk(all spread) float64 {
	common := 0.0
	if all.squares > 0 {
		common = max(all.above/all.squares, 0)
	}
	days := s.squares / past // of an average day
	if s.squares == 0 {
		return max(common, 0.01)
	}
	return max((s.above+trust*days*common)/(s.squares+trust*days), common/2, 0.01)
}

// tail is the chance of count or more where so many are expected, by the negative binomial distribution:
// variance mean + mean²/size.
func tail(count int, mean, size float64) float64 {
	if mean <= 0 || float64(count) <= mean {
		return 1
	}
	n := float64(count)
	gamma := func(x float64) float64 { g, _ := math.Lgamma(x); return g }
	first := math.Exp(gamma(n+size) - gamma(size) - gamma(n+1) + size*math.Log(size/(size+mean)) + n*math.Log(mean/(size+mean)))
	sum, term := 0.0, first
	for k := n; term > sum*1e-12 && k < n+100_000; k++ {
		sum += term
		term *= (k + size) / (k + 1) * mean / (size + mean)
	}
	return min(sum, 1)
}
