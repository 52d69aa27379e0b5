package search

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dobosh/internal/kit/page"
)

func entry(id, title string, more ...string) Entry {
	e := Entry{ID: id, Body: "RS/GOV/A"}
	e.Texts[Title] = []string{title}
	for i, text := range more {
		e.Texts[int(Event)+i] = []string{text}
	}
	return e
}

func ids(found page.Page[Hit]) string {
	var list []string
	for _, h := range found.Items {
		list = append(list, h.ID)
	}
	return strings.Join(list, " ")
}

func TestFindsInAnyScript(t *testing.T) {
	x := New()
	x.Put(entry("births", "Матична књига рођених"), entry("citizens", "Евиденција грађана"), entry("homes", "Џемат и њива"),
		entry("hungarian", "Születési anyakönyv, Őrség"), entry("korean", "출생신고 서비스"), entry("english", "Register of Births"))
	for query, want := range map[string]string{
		"рођених": "births", "rođenih": "births", "rodjenih": "births", "rodenih": "births", "РОЂЕНИХ": "births", "knjiga": "births", "књ": "births",
		"рођење": "births", "rođenje": "births", // another ending of the word
		"gradjana": "citizens", "gradana": "citizens", "građana": "citizens", "dzemat": "homes", "džemat": "homes", "njiva": "homes",
		"szuletesi": "hungarian", "SZÜLETÉSI": "hungarian", "orseg": "hungarian", "anyakonyv orseg": "hungarian",
		"출생": "korean", "신고": "korean", "서비스": "korean", "\u110e\u116e\u11af\u1109\u1162\u11bc": "korean", // the same in single letters
		"births": "english", "birth": "english", "birth register": "english",
		"водовод": "", "births водовод": "", "": "births citizens english homes hungarian korean", "!?": "births citizens english homes hungarian korean",
	} {
		found, total := x.Find(Query{Words: query}, "", 10)
		if ids(found) != want || total != len(found.Items) {
			t.Errorf("%q finds %q (%d), want %q", query, ids(found), total, want)
		}
	}
}

func TestRanksByPlaceThenFit(t *testing.T) {
	x := New()
	x.Put(
		entry("text", "Ж", "", "", "", "школа"), entry("code", "Ж", "", "", "школа"), entry("body", "Ж", "", "школа"), entry("event", "Ж", "школа"),
		entry("title", "школа"), entry("prefix", "школарина"), entry("akin", "школе и још"),
	)
	found, _ := x.Find(Query{Words: "школа"}, "", 10)
	if got := ids(found); got != "title event prefix body akin code text" {
		t.Errorf("order is %s", got)
	}
	if first := found.Items[0]; first.Score != 32 || !slices.Equal(first.Found, []Field{Title}) {
		t.Errorf("first is %+v", first)
	}
}

func TestNarrowsByBodyAndEvent(t *testing.T) {
	x := New()
	a, b := entry("a", "школа"), entry("b", "школа")
	a.Events, b.Body = []string{"school"}, "RS/GOV/B"
	x.Put(a, b)
	for _, test := range []struct {
		q    Query
		want string
	}{
		{Query{Words: "школа"}, "a b"}, {Query{Words: "школа", Body: "RS/GOV/B"}, "b"}, {Query{Event: "school"}, "a"}, {Query{Event: "school", Body: "RS/GOV/B"}, ""},
	} {
		if found, _ := x.Find(test.q, "", 10); ids(found) != test.want {
			t.Errorf("%+v finds %q, want %q", test.q, ids(found), test.want)
		}
	}
	if got := fmt.Sprint(x.Bodies(), x.Events()); got != "[{RS/GOV/A 1} {RS/GOV/B 1}] [{school 1}]" {
		t.Errorf("counts are %s", got)
	}
}

func TestChangesAreFound(t *testing.T) {
	x := New()
	x.Put(entry("a", "школа"), entry("b", "болница"))
	x.Put(entry("a", "вртић"))
	x.Remove("b", "never")
	for query, want := range map[string]string{"школа": "", "болница": "", "вртић": "a", "": "a"} {
		if found, _ := x.Find(Query{Words: query}, "", 10); ids(found) != want {
			t.Errorf("%q finds %q, want %q", query, ids(found), want)
		}
	}
}

// TestPagesHoldEachOnce: a page begins where the one before ended, with and
// without words.
func TestPagesHoldEachOnce(t *testing.T) {
	x := crowd(1000)
	for _, query := range []string{"", "школа"} {
		var seen []string
		after := page.Key("")
		for {
			found, _ := x.Find(Query{Words: query}, after, 33)
			for _, h := range found.Items {
				seen = append(seen, h.ID)
			}
			if after = found.Next; after == "" {
				break
			}
		}
		all, total := x.Find(Query{Words: query}, "", 1000)
		if len(seen) != total || len(all.Items) != total || strings.Join(seen, " ") != ids(all) {
			t.Errorf("%q: %d on pages, %d in all", query, len(seen), total)
		}
	}
}

// TestRebuiltIsTheSame: the many changes that make the index begin anew do not
// show.
func TestRebuiltIsTheSame(t *testing.T) {
	x, fresh := crowd(1500), crowd(1500)
	for range 3 {
		for i := range 1500 {
			x.Put(made(i))
		}
	}
	got, _ := x.Find(Query{Words: "школа"}, "", 2000)
	want, _ := fresh.Find(Query{Words: "школа"}, "", 2000)
	if ids(got) != ids(want) || len(x.entries) > 4000 {
		t.Errorf("%d found of %d kept, want %d", len(got.Items), len(x.entries), len(want.Items))
	}
}

func crowd(n int) *Index {
	x := New()
	all := make([]Entry, n)
	for i := range all {
		all[i] = made(i)
	}
	x.Put(all...)
	return x
}

// made is one of many services, the same each time.
func made(i int) Entry {
	r := rand.New(rand.NewPCG(1, uint64(i))) //nolint:gosec // a test wants the same numbers again
	kinds := []string{"школа", "болница", "Евиденција пребивалишта", "порез", "Register of births", "возила", "출생신고"}
	e := entry(fmt.Sprintf("RS/GOV/%05d/s/x", i), fmt.Sprintf("%s %d", kinds[r.IntN(len(kinds))], i), "рођење", fmt.Sprintf("Општина %d", i/9), "code", "Одговара на питања")
	return e
}

func BenchmarkFind(b *testing.B) {
	x := crowd(18_000)
	for _, query := range []string{"школа", "s", "opština 17 skola", "신고"} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				x.Find(Query{Words: query}, "", 25)
			}
		})
	}
}

func BenchmarkPutOne(b *testing.B) {
	x := crowd(18_000)
	for b.Loop() {
		x.Put(made(77))
	}
}

func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		crowd(18_000)
	}
}

// The newest first, page after page, with words and without.
func TestTheNewestComesFirst(t *testing.T) {
	x := New()
	want := []string{}
	for i := range 25 {
		e := Entry{ID: fmt.Sprintf("id-%02d", i), Since: fmt.Sprintf("2026-11-%02d", 1+i/2)}
		e.Texts[Title] = []string{"births"}
		x.Put(e)
		want = append(want, e.ID)
	}
	slices.SortFunc(want, func(a, b string) int {
		day := func(id string) int { n, _ := strconv.Atoi(id[3:]); return n / 2 }
		return cmp.Or(day(b)-day(a), strings.Compare(a, b))
	})
	for _, words := range []string{"", "birth"} {
		var got []string
		for after := page.Key(""); ; {
			found, total := x.Find(Query{Words: words, Newest: true}, after, 10)
			if total != len(want) {
				t.Errorf("%d in all", total)
			}
			for _, hit := range found.Items {
				got = append(got, hit.ID)
			}
			if after = found.Next; after == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", words, got, want)
		}
	}
}
