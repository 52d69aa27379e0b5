package pages

import (
	"net/url"
	"strings"

	"dobosh/internal/catalogue"
	"dobosh/internal/catalogue/search"
	"dobosh/internal/contracts"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
)

// serviceAddress is where a data service stands; more is appended to the path.
func serviceAddress(id registry.ID, more string, query ...string) string {
	return "/catalogue/" + id.String() + more + queryOf(query...)
}

// queryOf writes names and values, leaving out what is empty.
func queryOf(pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

// serviceNamed is the data service in the address.
func (v *visit) serviceNamed() registry.ID {
	return registry.ID{Instance: v.R.PathValue("instance"), Class: v.R.PathValue("class"), Member: v.R.PathValue("member"),
		Subsystem: v.R.PathValue("subsystem"), Service: v.R.PathValue("service")}
}

// listView is what was found, and where else to look.
type listView struct {
	Words  string
	Body   string // identifier, where only one body's are shown
	Event  string
	Chosen lang.Text // name of that body or life event
	Found  []foundView
	Total  int
	Next   string
	Bodies []shelfView
	Events []shelfView
	Asked  bool // something was looked for
}

type foundView struct {
	catalogue.Found
	URL  string
	Tags []shelfView
}

type shelfView struct {
	catalogue.Shelf
	URL string
}

// wordsMost bounds what is looked for, in characters.
const wordsMost = 100

func (v *visit) list() error {
	asked := v.R.URL.Query()
	q := search.Query{Words: firstRunes(asked.Get("q"), wordsMost), Body: asked.Get("body"), Event: asked.Get("event")}
	found, total := v.DataServices.Find(q, v.After())
	view := listView{
		Words: q.Words, Body: q.Body, Event: q.Event, Total: total, Next: v.More(found.Next), Asked: q != search.Query{},
		Bodies: shelvesAt(v.DataServices.Bodies(), "body"), Events: shelvesAt(v.DataServices.Events(), "event"),
	}
	view.Chosen = chosenShelf(view.Bodies, q.Body, chosenShelf(view.Events, q.Event, nil))
	for _, f := range found.Items {
		view.Found = append(view.Found, foundView{f, serviceAddress(f.ID, ""), tagged(view.Events, f.Tags)})
	}
	return v.Show("services", v.Say("catalogue.title"), view)
}

// firstRunes cuts a text to at most n characters.
func firstRunes(s string, n int) string {
	runes := []rune(strings.ToValidUTF8(strings.TrimSpace(s), ""))
	return string(runes[:min(n, len(runes))])
}

func shelvesAt(shelves []catalogue.Shelf, name string) []shelfView {
	views := make([]shelfView, len(shelves))
	for i, s := range shelves {
		views[i] = shelfView{s, "/catalogue" + queryOf(name, s.ID)}
	}
	return views
}

func chosenShelf(shelves []shelfView, id string, otherwise lang.Text) lang.Text {
	for _, s := range shelves {
		if s.ID == id && id != "" {
			return s.Title
		}
	}
	return otherwise
}

func tagged(events []shelfView, tags []string) (views []shelfView) {
	for _, e := range events {
		for _, tag := range tags {
			if e.ID == tag {
				views = append(views, e)
			}
		}
	}
	return views
}

// mayAsk says whether the reader may ask for a contract here.
func (v *visit) mayAsk() bool {
	return v.Contracts && contracts.RightToSign().Lets(v.Actor)
}
