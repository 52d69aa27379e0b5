package pages

import (
	"html/template"
	"net/url"
	"strings"

	"dobosh/internal/catalogue"
	"dobosh/internal/contracts"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
	"dobosh/internal/search"
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
	List   template.HTML
	Asked  bool // something was looked for
	Bodies []shelfView
	Events []shelfView
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

// query is what somebody looks for: words and order from the list, the body or the
// life event from the address.
func (v *visit) query(w portal.Wanted) search.Query {
	asked := v.R.URL.Query()
	return search.Query{Words: w.Words, Newest: w.Sort == "newest", Body: asked.Get("body"), Event: asked.Get("event")}
}

func (v *visit) list() error {
	bodies, events := shelvesAt(v.DataServices.Bodies(), "body"), shelvesAt(v.DataServices.Events(), "event")
	total, asked := 0, false
	list := portal.List[catalogue.Found]{
		Path: "/catalogue", Kept: []string{"body", "event"}, Search: "catalogue.words", Hint: "catalogue.words-hint", Sorts: []string{"best", "newest"}, SortKey: "catalogue.sort-",
		Find: func(_ *portal.Visit, w portal.Wanted) (found page.Page[catalogue.Found], err error) {
			q := v.query(w)
			asked = q.Words != "" || q.Body != "" || q.Event != ""
			found, total = v.DataServices.Find(q, w.After)
			return found, nil
		},
		Count: func(_ *portal.Visit, w portal.Wanted) (string, error) {
			q := v.query(w)
			says := v.Say("catalogue.found", "n", total)
			if chosen := chosenShelf(bodies, q.Body, chosenShelf(events, q.Event, nil)); chosen != nil {
				says = v.Plain(chosen) + ": " + says
			}
			return says, nil
		},
		Show: func(_ *portal.Visit, found []catalogue.Found) (template.HTML, error) {
			rows := make([]foundView, len(found))
			for i, f := range found {
				rows[i] = foundView{f, serviceAddress(f.ID, ""), tagged(events, f.Tags)}
			}
			return v.Render("catalogue-rows", struct {
				Found []foundView
				Asked bool
			}{rows, asked})
		},
	}
	html, err := list.Part(v.Visit)
	if err != nil {
		return err
	}
	return v.Show("services", v.Say("catalogue.title"), listView{html, asked, bodies, events})
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
