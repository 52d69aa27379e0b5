package surge

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"dobosh/internal/kit/civil"
)

// poisson draws a count.
func poisson(by *rand.Rand, mean float64) int {
	if mean > 200 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*by.NormFloat64())))
	}
	n, product := 0, by.Float64()
	for limit := math.Exp(-mean); product > limit; n++ {
		product *= by.Float64()
	}
	return n
}

// varying draws a count that varies more than chance: its mean goes up and down by a tenth or two.
func varying(by *rand.Rand, mean, dispersion float64) int {
	return poisson(by, mean*math.Exp(math.Sqrt(dispersion)*by.NormFloat64()-dispersion/2))
}

// town makes the reports of a day as a city has them: few at weekends, most on Mondays, some categories large, most
// small, words and places beside them.
type town struct {
	by         *rand.Rand
	categories []float64
	places     []float64
	words      []float64
}

func weekly(number int) float64 {
	return (&week{1.35, 1.15, 1.1, 1.05, 1.05, 0.75, 0.55}).on(number)
}

func newTown(seed uint64) town {
	t := town{by: rand.New(rand.NewPCG(seed, 5))}
	draw := func(n int, least, most float64) (all []float64) {
		for range n {
			all = append(all, least*math.Pow(most/least, t.by.Float64()))
		}
		return all
	}
	t.categories, t.places, t.words = draw(16, 1, 40), draw(40, 0.3, 20), draw(200, 0.2, 15)
	return t
}

// add counts what came on a day; times multiplies what comes of one key.
func (t town) add(w *Watch, body string, day civil.Day, times map[Key]float64) {
	season := weekly(numbered(day))
	of := func(kind Kind, mean float64, value string) int {
		rise, risen := times[Key{body, kind, value}]
		if !risen {
			rise = 1
		}
		return varying(t.by, mean*season*rise, 0.03)
	}
	for i, mean := range t.categories {
		w.Add(day, body, fmt.Sprint("category ", i), "", nil, of(Category, mean, fmt.Sprint("category ", i)))
	}
	for i, mean := range t.places {
		w.Add(day, body, "", fmt.Sprint("place ", i), nil, of(Place, mean, fmt.Sprint("place ", i)))
	}
	for i, mean := range t.words {
		word := fmt.Sprint("word ", i)
		w.Add(day, body, "", "", []string{word}, of(Word, mean, word))
	}
}

func TestBudgetOfFalseAlarms(t *testing.T) {
	const bodies, weeks = 4, 30
	begin := civil.Date(2026, 1, 1)
	w := New()
	towns := map[string]town{}
	for i := range bodies {
		towns[fmt.Sprint("body ", i)] = newTown(uint64(i))
	}
	alarms := map[string]int{}
	total := 0
	for d := range past + 7*weeks {
		day := begin.AddDays(d)
		for i := range bodies {
			body := fmt.Sprint("body ", i)
			towns[body].add(w, body, day, nil)
		}
		if d < past {
			continue
		}
		for _, a := range w.Alarms(day) {
			alarms[a.Body]++
			total++
		}
	}
	t.Logf("%d alarms in %d weeks of %d bodies: %v", total, weeks, bodies, alarms)
	for body, n := range alarms { // one a week is allowed on average
		if n > weeks {
			t.Errorf("%s had %d false alarms in %d weeks", body, n, weeks)
		}
	}
}

func TestAThreefoldRiseIsFoundWithinADay(t *testing.T) {
	begin := civil.Date(2026, 1, 1)
	type band struct {
		kind  Kind
		usual int
	}
	found, tried := map[band]int{}, map[band]int{}
	for seed := range uint64(14) {
		town := newTown(100 + seed)
		w := New()
		day := begin.AddDays(int(seed % 7))
		for range past {
			town.add(w, "body", day, nil)
			day = day.AddDays(1)
		}
		// On one more day what is usual five times or more comes threefold.
		rises, bands := map[Key]float64{}, map[Key]band{}
		season := weekly(numbered(day))
		for kind, means := range [][]float64{town.categories, town.places, town.words} {
			for i, mean := range means {
				key := Key{"body", Kind(kind), fmt.Sprint([]string{"category ", "place ", "word "}[kind], i)}
				for _, usual := range []int{20, 12, 8, 5} {
					if mean*season >= float64(usual) {
						rises[key], bands[key] = 3, band{Kind(kind), usual}
						break
					}
				}
			}
		}
		town.add(w, "body", day, rises)
		for _, a := range w.Alarms(day) {
			found[bands[a.Key]]++
		}
		for _, b := range bands {
			tried[b]++
		}
	}
	for kind, least := range map[Kind]float64{Category: 0.9, Place: 0.85, Word: 0.7} {
		hit, all := 0, 0
		for _, usual := range []int{5, 8, 12, 20} {
			b := band{kind, usual}
			t.Logf("kind %d, usual %d and more: %d of %d", kind, usual, found[b], tried[b])
			if usual >= 12 {
				hit, all = hit+found[b], all+tried[b]
			}
		}
		if all < 40 || float64(hit) < least*float64(all) {
			t.Errorf("kind %d: %d of %d threefold rises of twelve or more were found on their day", kind, hit, all)
		}
	}
	if b := (band{Category, 20}); found[b] < tried[b] {
		t.Errorf("of categories with twenty a day %d of %d threefold rises were found", found[b], tried[b])
	}
}

func TestWhatIsKeptOfDays(t *testing.T) {
	var c counts
	c.newest = 100
	c.add(100, 3)
	c.add(90, 1)
	c.add(103, 2)
	c.add(100, 1)
	c.add(30, 9) // too old
	for number, want := range map[int]int{100: 4, 90: 1, 101: 0, 103: 2, 104: 0, 30: 0} {
		if got := c.on(number); got != want {
			t.Errorf("day %d: %d, want %d", number, got, want)
		}
	}
	c.add(500, 1)
	if c.on(100) != 0 || c.on(500) != 1 || c.on(500-window+1) != 0 {
		t.Error("old days are still there")
	}
}

func TestTailIsThatOfTheDistribution(t *testing.T) {
	for _, of := range []struct{ mean, size float64 }{{4, 3}, {20, 50}, {0.5, 1}} {
		sum, p := 0.0, math.Pow(of.size/(of.size+of.mean), of.size)
		for k := range 200 {
			if float64(k) > of.mean {
				if got := tail(k, of.mean, of.size); math.Abs(got-(1-sum)) > 1e-6*(1-sum)+1e-9 {
					t.Fatalf("%+v: %d or more have a chance of %g, not %g", of, k, got, 1-sum)
				}
			}
			sum += p
			p *= (float64(k) + of.size) / float64(k+1) * of.mean / (of.size + of.mean)
			if 1-sum < 1e-6 {
				break
			}
		}
	}
}

func TestBoundsOfAWatch(t *testing.T) {
	w := New()
	day := civil.Date(2026, 1, 1)
	for i := range 5 * MostWords {
		w.Add(day, "body", "", "", []string{fmt.Sprint("word ", i), "often"}, 1)
	}
	if n := len(w.bodies["body"].days[Word]); n > MostWords || w.bodies["body"].days[Word]["often"] == nil {
		t.Errorf("%d words", n)
	}
	if alarms := w.Alarms(day.AddDays(3)); len(alarms) > 0 {
		t.Errorf("of a body of three days it says %v", alarms)
	}
	for i := range MostKeys + 10 {
		w.Add(day, fmt.Sprint("body ", i), "c", "", nil, 1)
	}
	if w.keys > MostKeys {
		t.Errorf("%d keys", w.keys)
	}
}

func FuzzWatch(f *testing.F) {
	f.Add([]byte{1, 2, 3, 250, 5, 6})
	f.Fuzz(func(t *testing.T, steps []byte) {
		w := New()
		day := civil.Date(2026, 1, 1)
		for i, step := range steps[:min(len(steps), 2000)] {
			at := day.AddDays(int(step)*(i%5) - 100)
			w.Add(at, fmt.Sprint(step%3), fmt.Sprint(step%7), fmt.Sprint(step%5), []string{fmt.Sprint(step)}, int(step)-5)
			for _, a := range w.Alarms(at.AddDays(int(step % 9))) {
				if a.Count < leastCount || !(a.Chance >= 0 && a.Chance <= budget) || a.Expected <= 0 || a.Level < 1 || a.Level > 3 {
					t.Fatalf("%+v", a)
				}
			}
		}
	})
}
