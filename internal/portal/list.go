package portal

import (
	"html/template"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"dobosh/internal/kit/page"
)

// More is the address of the next page of the list at the present one.
func (v *Visit) More(next page.Key) string {
	if next == "" {
		return ""
	}
	query := v.R.URL.Query()
	query.Set("after", string(next))
	return local(v.R.URL.EscapedPath(), query)
}

// List is a page that shows what a room keeps, a piece at a time: which of it, by
// which words, in which order. What the address asks for and the list does not
// know is left out.
type List[T any] struct {
	Path        string // of the page
	Title, Lead string // sentences; there may be no lead

	States   []string // into which the list can be cut; none for one list of all
	StateKey string   // beginning of the sentences of the states, and of "all"
	Kept     []string // names of further values of the address that narrow the list, which Find reads itself
	Search   string   // sentence that asks for words; empty where the room finds nothing by words
	Hint     string   // sentence under it; may be empty
	Sorts    []string // orders, that of the room first; none where there is only one
	SortKey  string   // beginning of the sentences of the orders

	Table Table[T]
	Show  func(v *Visit, rows []T) (template.HTML, error) // instead of the table, where a row says more than fits into one; nil for the table
	Find  func(v *Visit, w Wanted) (page.Page[T], error)
	Count func(v *Visit, w Wanted) (says string, err error) // how many there are; nil where nobody counts
}

// Wanted is what somebody wants to see of a list.
type Wanted struct {
	State, Words, Sort string // each empty for the room's own choice
	After              page.Key
}

const searchMost = 100 // characters that are looked for

type listView struct {
	Tabs, Sorts []Link
	Search      *searchView
	Count       string
	Table       template.HTML
	Next        string
}

type searchView struct {
	Path, Label, Hint, Words string
	Kept                     []Hidden
}

// Do answers the page of the list.
func (l List[T]) Do(v *Visit) error {
	list, err := l.view(v)
	if err != nil {
		return err
	}
	page := struct {
		Title, Lead string
		List        listView
	}{Title: v.Say(l.Title), List: list}
	if l.Lead != "" {
		page.Lead = v.Say(l.Lead)
	}
	return v.Show("list", page.Title, page)
}

// Part makes the list as a part of a larger page.
func (l List[T]) Part(v *Visit) (template.HTML, error) {
	list, err := l.view(v)
	if err != nil {
		return "", err
	}
	return v.Render("list", list)
}

func (l List[T]) view(v *Visit) (view listView, err error) {
	w := l.wanted(v)
	found, err := l.Find(v, w)
	if err != nil {
		return view, err
	}
	if l.Count != nil {
		if view.Count, err = l.Count(v, w); err != nil {
			return view, err
		}
	}
	show := l.Show
	if show == nil {
		show = l.Table.Show
	}
	if view.Table, err = show(v, found.Items); err != nil {
		return view, err
	}
	view.Next = v.More(found.Next)
	if len(l.States) > 0 {
		all := w
		all.State = ""
		view.Tabs = []Link{{URL: l.address(v, all), Text: v.Say(l.StateKey + "all"), Here: w.State == ""}}
		for _, state := range l.States {
			one := w
			one.State = state
			view.Tabs = append(view.Tabs, Link{URL: l.address(v, one), Text: v.Say(l.StateKey + state), Here: state == w.State})
		}
	}
	for i, sort := range l.Sorts {
		by := w
		by.Sort = sort
		view.Sorts = append(view.Sorts, Link{URL: l.address(v, by), Text: v.Say(l.SortKey + sort), Here: sort == w.Sort || i == 0 && w.Sort == ""})
	}
	if l.Search != "" {
		view.Search = &searchView{Path: l.Path, Label: v.Say(l.Search), Words: w.Words}
		if l.Hint != "" {
			view.Search.Hint = v.Say(l.Hint)
		}
		for _, kept := range append([]Hidden{{"state", w.State}, {"sort", w.Sort}}, l.kept(v)...) {
			if kept.Value != "" {
				view.Search.Kept = append(view.Search.Kept, kept)
			}
		}
	}
	return view, nil
}

// wanted reads the address.
func (l List[T]) wanted(v *Visit) Wanted {
	query := v.R.URL.Query()
	w := Wanted{State: query.Get("state"), Sort: query.Get("sort"), After: v.After()}
	if !slices.Contains(l.States, w.State) {
		w.State = ""
	}
	if !slices.Contains(l.Sorts, w.Sort) {
		w.Sort = ""
	}
	if words := strings.TrimSpace(query.Get("q")); l.Search != "" && utf8.ValidString(words) && utf8.RuneCountInString(words) <= searchMost {
		w.Words = words
	}
	return w
}

// kept are the further values that narrow the list.
func (l List[T]) kept(v *Visit) (all []Hidden) {
	query := v.R.URL.Query()
	for _, name := range l.Kept {
		all = append(all, Hidden{name, query.Get(name)})
	}
	return all
}

// address is that of the first page of what is wanted.
func (l List[T]) address(v *Visit, w Wanted) string {
	query := url.Values{}
	for _, kept := range append([]Hidden{{"state", w.State}, {"sort", w.Sort}, {"q", w.Words}}, l.kept(v)...) {
		if kept.Value != "" {
			query.Set(kept.Name, kept.Value)
		}
	}
	return local(l.Path, query)
}

// Tile is a number of an overview that leads to what it counts.
type Tile struct {
	Count int
	Text  string
	URL   string
	Due   bool // somebody has to do something about it
}
