package catalogue

import (
	"maps"
	"slices"
	"strings"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/registry"
	"dobosh/internal/search"
)

// searchText is what of a service can be found; the index is changed where it
// changed.
type searchText struct {
	title, body, events, text, since string
}

// Refresh brings the index up to the registry's state. What did not change
// costs a comparison.
func (r *Room) Refresh() {
	r.refresh.Lock()
	defer r.refresh.Unlock()
	state := r.State()
	if state.Size == r.seen {
		return
	}
	var changed []search.Entry
	there := make(map[registry.ID]bool, len(r.indexed))
	for sv := range state.ServicesAfter(registry.ID{}) {
		there[sv.ID] = true
		body := state.Title(sv.ID.Owner())
		is := searchText{searchable(sv.Title), searchable(body), strings.Join(sv.Tags, " "), searchable(r.abstract[sv.Description]), sinceOf(sv)}
		if was, known := r.indexed[sv.ID]; !known || was != is {
			r.indexed[sv.ID] = is
			changed = append(changed, r.entry(sv, body, is.text))
		}
	}
	var gone []string
	maps.DeleteFunc(r.indexed, func(id registry.ID, _ searchText) bool {
		if !there[id] {
			gone = append(gone, id.String())
		}
		return !there[id]
	})
	r.index.Remove(gone...)
	r.index.Put(changed...)
	r.contracts.Store(indexContracts(state))
	r.seen = state.Size
}

func (r *Room) entry(sv registry.Service, body lang.Text, text string) search.Entry {
	e := search.Entry{ID: sv.ID.String(), Body: sv.ID.Owner().String(), Events: sv.Tags, Since: sinceOf(sv)}
	e.Texts[search.Title] = slices.Collect(maps.Values(sv.Title))
	e.Texts[search.Body] = slices.Collect(maps.Values(body))
	e.Texts[search.Code] = []string{sv.ID.Service, sv.ID.Subsystem}
	e.Texts[search.Text] = []string{text}
	for _, tag := range sv.Tags {
		title, _ := r.Event(tag)
		e.Texts[search.Event] = append(e.Texts[search.Event], searchable(title), tag)
	}
	return e
}

// sinceOf is the first day of the present version; empty where there is none.
func sinceOf(sv registry.Service) string {
	if sv.Since.IsZero() {
		return ""
	}
	return sv.Since.String()
}

// Found is a service that was found.
type Found struct {
	registry.Service
	Body lang.Text
	Text lang.Text // what it says of itself, where the description is here
	Why  []search.Field
}

// Find gives a page of the services that fit, the best first, and how many
// there are.
func (r *Room) Find(q search.Query, after page.Key) (page.Page[Found], int) {
	hits, total := r.index.Find(q, after, page.Size)
	state := r.State()
	r.refresh.Lock()
	defer r.refresh.Unlock()
	found := page.Page[Found]{Next: hits.Next}
	for _, hit := range hits.Items {
		id, err := registry.ParseID(hit.ID)
		if err != nil {
			continue // it was written by the registry
		}
		if sv, ok := state.Service(id); ok {
			found.Items = append(found.Items, Found{Service: sv, Body: state.Title(id.Owner()), Text: r.abstract[sv.Description], Why: hit.Found})
		}
	}
	return found, total
}

// Shelf is a body or a life event, with how many services it has.
type Shelf struct {
	ID    string
	Title lang.Text
	N     int
}

// Bodies lists the bodies that have services, in the order of their ids.
func (r *Room) Bodies() []Shelf {
	state := r.State()
	return shelves(r.index.Bodies(), func(id string) lang.Text {
		member, err := registry.ParseID(id)
		if err != nil {
			return nil
		}
		return state.Title(member)
	})
}

// Events lists the life events that services have to do with.
func (r *Room) Events() []Shelf {
	return shelves(r.index.Events(), func(code string) lang.Text {
		title, known := r.Event(code)
		if !known {
			return lang.Text{"sr": code, "en": code}
		}
		return title
	})
}

func shelves(counts []search.Count, title func(id string) lang.Text) []Shelf {
	all := make([]Shelf, len(counts))
	for i, c := range counts {
		all[i] = Shelf{c.ID, title(c.ID), c.N}
	}
	return all
}
