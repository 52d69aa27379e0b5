package portal_test

import (
	"errors"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/testkit/pages"
)

// shelf is a list of numbers that is asked for what the address wants.
func shelf(rows []int, heard *[]portal.Wanted) portal.List[int] {
	return portal.List[int]{
		Path: "/shelf", Title: "home.title", Lead: "list.none", States: []string{"open", "accepted"}, StateKey: "offer.state.", Search: "list.find", Sorts: []string{"1", "2"}, SortKey: "weekday.",
		Table: portal.Table[int]{Caption: "home.title", Columns: []portal.Column[int]{
			{Key: "col.state", Cell: func(v *portal.Visit, n int) template.HTML {
				return portal.Anchor("/shelf?n="+strconv.Itoa(n), v.Code("<"+strconv.Itoa(n)+">"))
			}},
			{Key: "col.service", Kind: portal.Figures, Cell: func(v *portal.Visit, n int) template.HTML { return portal.Escaped(v.Number(n)) }},
			{Key: "col.node", Cell: func(*portal.Visit, int) template.HTML { return portal.Tag("<&>", true) }},
		}},
		Find: func(_ *portal.Visit, w portal.Wanted) (page.Page[int], error) {
			*heard = append(*heard, w)
			return page.Page[int]{Items: rows, Next: page.KeyOf("next")}, nil
		},
		Count: func(v *portal.Visit, _ portal.Wanted) (string, error) { return v.Say("list.none"), nil },
	}
}

func TestAListShowsWhatIsWanted(t *testing.T) {
	var heard []portal.Wanted
	h := pages.Open(t, config(t), portal.Room{Pages: []portal.Page{{Pattern: "GET /shelf", Right: act.Anyone(), Do: shelf([]int{7}, &heard).Do}}})
	html := pages.Says(t, h, pages.Request{Path: "/shelf?state=accepted&q=%20words%20&sort=2&after=k&x=y"}, 200,
		`href="/shelf?q=words&amp;sort=2"`, `href="/shelf?q=words&amp;sort=2&amp;state=accepted" aria-current="true"`, `href="/shelf?q=words&amp;sort=1&amp;state=accepted"`,
		`name="state" value="accepted"`, `name="sort" value="2"`, `value="words"`, `rel="next"`, "&lt;7&gt;", `data-label="`, `<span class="tag ok">&lt;&amp;&gt;</span>`)
	if strings.Count(html, "<tr") != 2 {
		t.Error("not one row for one thing")
	}
	pages.Says(t, h, pages.Request{Path: "/shelf?state=stolen&sort=9&q=" + strings.Repeat("x", 101)}, 200)
	if want := []portal.Wanted{{State: "accepted", Words: "words", Sort: "2", After: "k"}, {}}; !slices.Equal(heard, want) {
		t.Errorf("the room was asked for %+v, want %+v", heard, want)
	}
	pages.Walk(t, h, []pages.Expected{{Path: "/shelf", Status: 200}, {Path: "/shelf?state=open&q=a&sort=1", Status: 200}})
}

// What narrows a list besides goes along with every way through it, and a room may
// show its rows as it likes.
func TestAListKeepsWhatNarrowsIt(t *testing.T) {
	var heard []portal.Wanted
	list := shelf([]int{7, 8}, &heard)
	list.Kept, list.Hint = []string{"body"}, "list.none"
	list.Show = func(_ *portal.Visit, rows []int) (template.HTML, error) {
		return portal.Escaped("rows " + strconv.Itoa(len(rows))), nil
	}
	h := pages.Open(t, config(t), portal.Room{Pages: []portal.Page{{Pattern: "GET /shelf", Right: act.Anyone(), Do: list.Do}}})
	html := pages.Says(t, h, pages.Request{Path: "/shelf?state=open&body=A%26B&other=x"}, 200,
		`href="/shelf?body=A%26B&amp;sort=2&amp;state=open"`, `name="body" value="A&amp;B"`, `aria-describedby="q-hint"`, "rows 2")
	if strings.Contains(html, "<table") {
		t.Error("there is a table")
	}
}

func TestAnEmptyListSaysSo(t *testing.T) {
	var heard []portal.Wanted
	h := pages.Open(t, config(t), portal.Room{Pages: []portal.Page{{Pattern: "GET /shelf", Right: act.Anyone(), Do: shelf(nil, &heard).Do}}})
	pages.Says(t, h, pages.Request{Path: "/shelf"}, 200, `colspan="3"`)
}

func TestAListThatCannotBeReadIsAnError(t *testing.T) {
	var heard []portal.Wanted
	l := shelf([]int{1}, &heard)
	for name, spoil := range map[string]func(*portal.List[int]){
		"find": func(l *portal.List[int]) {
			l.Find = func(*portal.Visit, portal.Wanted) (page.Page[int], error) {
				return page.Page[int]{}, errors.New("away")
			}
		},
		"count": func(l *portal.List[int]) {
			l.Count = func(*portal.Visit, portal.Wanted) (string, error) { return "", errors.New("away") }
		},
	} {
		broken := l
		spoil(&broken)
		h := pages.Open(t, config(t), portal.Room{Pages: []portal.Page{{Pattern: "GET /shelf", Right: act.Anyone(), Do: broken.Do}}})
		if w := (pages.Request{Path: "/shelf"}).To(h); w.Code != 500 {
			t.Errorf("%s fails: status %d", name, w.Code)
		}
	}
}
