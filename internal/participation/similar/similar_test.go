package similar

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/script"
)

// texts by category, of the set of our own making.
func texts(t testing.TB) map[string][][2]string {
	t.Helper()
	raw, err := os.ReadFile("../routing/testdata/labelled.csv")
	if err != nil {
		t.Fatal(err)
	}
	in := csv.NewReader(strings.NewReader(string(raw)))
	in.Comment = '#'
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][][2]string{}
	for _, row := range rows[1:] {
		if row[3] != "english" && row[3] != "korean" {
			all[row[1]] = append(all[row[1]], [2]string{row[0], row[2]})
		}
	}
	return all
}

// report is one of several about one incident.
type report struct {
	Entry
	incident int
}

// town makes incidents at places and times by chance, each of a category and of one or more reports: within some 25 m, within
// days, in other words than the ones before where others is set.
func town(t testing.TB, seed uint64, incidents int, others bool) (all []report) {
	t.Helper()
	by := rand.New(rand.NewPCG(seed, 7))
	from := texts(t)
	var categories []string
	for _, category := range []string{"lighting", "roads", "waste", "water", "greenery", "noise", "animals", "parking", "building"} {
		if len(from[category]) == 0 {
			t.Fatalf("no texts about %s", category)
		}
		categories = append(categories, category)
	}
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for incident := range incidents {
		category := categories[by.IntN(len(categories))]
		at := begin.Add(time.Duration(by.IntN(60*24)) * time.Hour)
		// Four kilometres by four.
		place := Place{45.25 + by.Float64()*0.036, 19.84 + by.Float64()*0.051}
		text := from[category][by.IntN(len(from[category]))]
		for n := 0; n == 0 || by.Float64() < 0.45; n++ {
			if others && n > 0 {
				text = from[category][by.IntN(len(from[category]))]
			}
			all = append(all, report{incident: incident, Entry: Entry{
				ID: fmt.Sprint(incident, "-", n), Text: text[0], Category: category, At: at.Add(time.Duration(by.ExpFloat64()*48) * time.Hour * time.Duration(min(n, 1))),
				Place: &Place{place.Latitude + by.NormFloat64()*25/111195, place.Longitude + by.NormFloat64()*25/78000},
			}})
		}
	}
	slices.SortStableFunc(all, func(a, b report) int { return a.At.Compare(b.At) })
	return all
}

// Each report is looked for before it is put: what is shown of the three best must be of the same incident, and where
// there was one before it must be shown.
func TestDuplicatesNearBy(t *testing.T) {
	for _, otherWords := range []bool{false, true} {
		shown, right, had, found := 0, 0, 0, 0
		for seed := range uint64(3) {
			x := NewIndex()
			incident := map[string]int{}
			before := map[int]bool{}
			for _, r := range town(t, seed, 500, otherWords) {
				hit := false
				for _, m := range x.Find(Query{Text: r.Text, Category: r.Category, Place: r.Place, At: r.At}) {
					if m.Probability < Show {
						continue
					}
					if shown++; incident[m.ID] == r.incident {
						right++
						hit = true
					}
				}
				if before[r.incident] {
					if had++; hit {
						found++
					}
				}
				before[r.incident] = true
				incident[r.ID] = r.incident
				x.Put(r.Entry)
			}
		}
		precision, recall := float64(right)/float64(shown), float64(found)/float64(had)
		t.Logf("in other words: %v: of %d shown %.3f right, of %d duplicates %.3f found", otherWords, shown, precision, had, recall)
		if precision < 0.8 || recall < 0.8 {
			t.Errorf("in other words: %v: precision %.3f, recall %.3f", otherWords, precision, recall)
		}
	}
}

func TestOneTextInAnotherScriptIsTheSame(t *testing.T) {
	x := NewIndex()
	at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	all := texts(t)
	for i, text := range all["water"][:60] {
		x.Put(Entry{ID: fmt.Sprint(i), Text: text[0], At: at})
	}
	cyrillic := all["water"][0][0]
	for _, other := range []string{cyrillic, script.Latin(cyrillic), script.Fold(cyrillic)} {
		found := x.Find(Query{Text: other, At: at})
		if len(found) == 0 || found[0].ID != "0" || found[0].Likeness < 0.999 || found[0].Meters >= 0 || found[0].Probability < Merge {
			t.Errorf("%q: %+v", other, found)
		}
	}
}

func TestWhatIsFound(t *testing.T) {
	x := NewIndex()
	at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	here, corner, far := Place{45.2500, 19.8400}, Place{45.2503, 19.8404}, Place{45.2600, 19.8400}
	const text = "the street lamp outside the school is dark"
	x.Put(Entry{ID: "near", Text: "street lamp is dark", Category: "lighting", Place: &corner, At: at})
	x.Put(Entry{ID: "far", Text: text, Category: "lighting", Place: &far, At: at})
	x.Put(Entry{ID: "old", Text: text, Category: "lighting", Place: &here, At: at.AddDate(-1, 0, 0)})
	x.Put(Entry{ID: "other", Text: "a dog barks all night", Category: "noise", Place: &here, At: at})
	x.Put(Entry{ID: "answered", Text: text, Category: "lighting", Place: &far, At: at.AddDate(-1, 0, 0), Answered: true})
	ids := func(q Query) (ids []string) {
		q.Text, q.Category, q.Place, q.At = text, "lighting", &here, at
		for _, m := range x.Find(q) {
			if m.Probability >= Show {
				ids = append(ids, m.ID)
			}
		}
		return ids
	}
	if got := ids(Query{}); !slices.Equal(got, []string{"near"}) {
		t.Errorf("near by: %v", got)
	}
	if got := ids(Query{Meters: 2000}); !slices.Contains(got, "far") {
		t.Errorf("within two kilometres: %v", got)
	}
	if got := ids(Query{Answered: true}); !slices.Equal(got, []string{"answered"}) {
		t.Errorf("answered: %v", got)
	}
	if got := ids(Query{Except: "near"}); len(got) != 0 {
		t.Errorf("beside itself: %v", got)
	}
	x.Remove("near")
	x.Remove("never there")
	if got := ids(Query{}); len(got) != 0 || x.Len() != 4 {
		t.Errorf("removed: %v, %d", got, x.Len())
	}
}

func TestBoundsOfAnIndex(t *testing.T) {
	x := NewIndex()
	at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	place := Place{45, 19}
	for i := range MostEntries + 3000 {
		x.Put(Entry{ID: fmt.Sprint(i), Text: "lamp", Place: &place, At: at})
		if i%7 == 0 {
			x.Put(Entry{ID: fmt.Sprint(i), Text: "lamp again", Place: &place, At: at}) // in its own place
		}
	}
	if x.Len() != MostEntries {
		t.Errorf("%d entries", x.Len())
	}
	serials := 0
	for _, of := range x.posts {
		serials += len(of)
	}
	if most := 8 * 3 * MostEntries; serials > most {
		t.Errorf("%d serials are kept, more than %d", serials, most)
	}
	asked := &entry{Entry: Entry{Place: &place}}
	asked.keys, asked.counts = x.read("lamp")
	if n := len(x.candidates(asked)); n > MostCompared {
		t.Errorf("%d are compared", n)
	}
}

func TestDistance(t *testing.T) {
	for _, try := range []struct {
		a, b Place
		want float64
	}{{Place{45, 19}, Place{45, 19}, 0}, {Place{45, 19}, Place{45.001, 19}, 111.2}, {Place{45, 19}, Place{45, 19.001}, 78.6}, {Place{37.5, 127}, Place{37.5, 127.001}, 88.2}} {
		if got := distance(try.a, try.b); math.Abs(got-try.want) > 0.5 {
			t.Errorf("%v to %v: %.1f m", try.a, try.b, got)
		}
	}
	by := rand.New(rand.NewPCG(1, 1))
	for range 20_000 { // who lies within 250 m lies in a cell that touches
		a := Place{by.Float64()*118 - 59, by.Float64()*358 - 179}
		angle, far := by.Float64()*2*math.Pi, by.Float64()*249
		b := Place{a.Latitude + far*math.Sin(angle)/111195, a.Longitude + far*math.Cos(angle)/111195/math.Cos(a.Latitude*math.Pi/180)}
		if c, d := cellOf(a), cellOf(b); max(c.x-d.x, d.x-c.x) > 1 || max(c.y-d.y, d.y-c.y) > 1 {
			t.Fatalf("%v and %v: cells %v and %v", a, b, c, d)
		}
	}
}

// Pairs of Korean questions, of which people said whether they ask the same. They are not ours and not in the
// tree: DOBOSH_DATA names the folder.
func TestKoreanQuestions(t *testing.T) {
	folder := os.Getenv("DOBOSH_DATA")
	if folder == "" {
		t.Skip("DOBOSH_DATA is not set")
	}
	x := NewIndex()
	read := func(name string) [][]string {
		raw, err := os.ReadFile(filepath.Join(folder, "text", name))
		if err != nil {
			t.Skip(err)
		}
		rows, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows[1:]
	}
	for i, row := range read("kor_pair_train.csv") {
		x.Put(Entry{ID: fmt.Sprint(i, "a"), Text: row[3]})
		x.Put(Entry{ID: fmt.Sprint(i, "b"), Text: row[4]})
	}
	type pair struct {
		likeness float64
		same     bool
	}
	var pairs []pair
	for _, row := range read("kor_pair_test.csv") {
		a, b := new(entry), new(entry)
		a.keys, a.counts = x.read(row[1])
		b.keys, b.counts = x.read(row[2])
		pairs = append(pairs, pair{x.likeness(a, b, x.length(a)), row[3] == "0"})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.likeness, b.likeness) })
	ranks, same := 0.0, 0.0
	for i, p := range pairs {
		if p.same {
			ranks += float64(i + 1)
			same++
		}
	}
	other := float64(len(pairs)) - same
	area := (ranks - same*(same+1)/2) / (same * other)
	t.Logf("%d pairs, area under the curve %.3f", len(pairs), area)
	if area < 0.79 {
		t.Errorf("area under the curve %.3f", area)
	}
}

func TestCampaignsAreGrouped(t *testing.T) {
	c := NewCampaigns()
	const letter = "we ask the assembly not to cut the old lime trees along the river promenade because they give shade to children and old people and cool the whole quarter in summer"
	for i := range 30 {
		c.Put(fmt.Sprint("lime ", i), fmt.Sprintf("Dear sir or madam, my name is resident %d of house %d, %s. thank you, number %d", i, i*7, letter, i))
	}
	for category, all := range texts(t) {
		for i, text := range all[:20] {
			c.Put(fmt.Sprint(category, i), text[1]+" "+text[0]) // each begins in another way
		}
	}
	c.Put("cyrillic", "\u0444")
	groups := c.Groups(5)
	if len(groups) != 1 || len(groups[0]) != 30 {
		t.Fatalf("%d groups: %v", len(groups), groups)
	}
	c.Remove("lime 3")
	if groups := c.Groups(5); len(groups) != 1 || len(groups[0]) != 29 {
		t.Errorf("%v", groups)
	}
	for i := range MostTexts + 10 {
		c.Put(fmt.Sprint(i), fmt.Sprintf("one two three four five six seven eight nine ten eleven twelve %d", i))
	}
	if len(c.texts) != MostTexts || len(c.byID) != MostTexts {
		t.Errorf("%d texts", len(c.texts))
	}
}

func FuzzIndex(f *testing.F) {
	f.Add("lamp is dark", "the lamp", 45.0, 19.0, 45.001, 19.001)
	f.Add("", "\xff", math.NaN(), math.Inf(1), 91.0, -1e300)
	f.Fuzz(func(t *testing.T, a, b string, lat1, long1, lat2, long2 float64) {
		x := NewIndex()
		x.Put(Entry{ID: "a", Text: a, Place: &Place{lat1, long1}})
		x.Put(Entry{ID: "b", Text: b, Place: &Place{lat2, long2}})
		x.Put(Entry{ID: "c", Text: a})
		for _, m := range x.Find(Query{Text: b, Place: &Place{lat1, long2}, Limit: 5}) {
			if !(m.Probability >= 0 && m.Probability <= 1 && m.Likeness >= 0 && m.Likeness < 1.0001) {
				t.Fatalf("%+v", m)
			}
		}
		c := NewCampaigns()
		c.Put("a", a)
		c.Put("b", b)
		c.Groups(2)
	})
}

func BenchmarkFind(b *testing.B) {
	x := NewIndex()
	all := town(b, 1, 6000, true)
	for _, r := range all {
		x.Put(r.Entry)
	}
	for i := 0; b.Loop(); i++ {
		r := all[i%len(all)]
		x.Find(Query{Text: r.Text, Category: r.Category, Place: r.Place, At: r.At})
	}
}
