package portal

import (
	"slices"

	"dobosh/internal/kit/page"
)

// Filter is a list cut down to one state, with links to the other states.
type Filter struct {
	Tabs []Link
	Next string // address of the next page of the list; empty on the last
}

// Pick takes the state that the address names, or none when it names no known
// one, and makes the links to the others.
func Pick[S ~string](v *Visit, path, key string, states []S) (S, Filter) {
	state := S(v.R.URL.Query().Get("state"))
	if !slices.Contains(states, state) {
		state = ""
	}
	tabs := []Link{{URL: path, Text: v.Say(key + "all"), Here: state == ""}}
	for _, s := range states {
		tabs = append(tabs, Link{URL: path + "?state=" + string(s), Text: v.Say(key + string(s)), Here: s == state})
	}
	return state, Filter{Tabs: tabs}
}

// More is the address of the next page of the list at the present one.
func (v *Visit) More(next page.Key) string {
	if next == "" {
		return ""
	}
	query := v.R.URL.Query()
	query.Set("after", string(next))
	return local(v.R.URL.EscapedPath(), query)
}

// Tile is a number of an overview that leads to what it counts.
type Tile struct {
	Count int
	Text  string
	URL   string
	Due   bool // somebody has to do something about it
}
