package pages

import (
	"html/template"
	"net/url"

	"dobosh/internal/contracts"
	"dobosh/internal/kit/page"
	"dobosh/internal/portal"
)

// tabs are the parts of the desk.
func (v *visit) tabs(here string) []portal.Link {
	var tabs []portal.Link
	for _, t := range []struct{ path, key string }{
		{"/desk/contracts", "contracts.tab-proposals"}, {"/desk/contracts/in-force", "contracts.tab-in-force"}, {"/desk/contracts/groups", "contracts.tab-groups"},
	} {
		tabs = append(tabs, portal.Link{URL: t.path, Text: v.Say(t.key), Here: t.path == here})
	}
	if v.Announced != nil {
		const path = "/desk/contracts/announced"
		tabs = append(tabs, portal.Link{URL: path, Text: v.Say("contracts.tab-announced", "n", v.Announced.Waiting()), Here: path == here})
	}
	return tabs
}

// listView is what is being agreed, and was.
type listView struct {
	Tabs    []portal.Link
	Waiting []proposalView
	Others  []proposalView
	Signs   bool
	Next    string // address of the next page of the list; empty on the last
}

func (v *visit) list() error {
	list, err := v.Contracts.Proposals(v.R.Context(), v.Actor, "", v.After())
	if err != nil {
		return err
	}
	view := listView{Tabs: v.tabs("/desk/contracts"), Next: v.More(list.Next), Signs: contracts.RightToSign().Lets(v.Actor)}
	for _, one := range list.Items {
		if shown := v.proposalView(one); one.Waits {
			view.Waiting = append(view.Waiting, shown)
		} else {
			view.Others = append(view.Others, shown)
		}
	}
	return v.Show("list", v.Say("contracts.title"), view)
}

type inForceView struct {
	Tabs []portal.Link
	List template.HTML
}

func (v *visit) inForce() error {
	const path = "/desk/contracts/in-force"
	total := 0
	list := portal.List[contracts.Standing]{
		Path: path, Search: "contracts.search", Hint: "contracts.search-hint", Sorts: []string{contracts.OrderStops, contracts.OrderNewest}, SortKey: "contracts.sort-",
		Find: func(_ *portal.Visit, w portal.Wanted) (found page.Page[contracts.Standing], err error) {
			found, total, err = v.Contracts.Contracts(v.R.Context(), v.Actor, contracts.Sought{Words: w.Words, Order: w.Sort}, w.After)
			return found, err
		},
		Count: func(_ *portal.Visit, _ portal.Wanted) (string, error) {
			return v.Say("contracts.count", "n", total), nil
		},
		Show: func(_ *portal.Visit, found []contracts.Standing) (template.HTML, error) {
			shown := make([]standingView, len(found))
			for i, one := range found {
				shown[i] = v.standingView(one)
			}
			return v.Render("contracts-in-force", shown)
		},
	}
	html, err := list.Part(v.Visit)
	if err != nil {
		return err
	}
	return v.Show("in-force", v.Say("contracts.in-force-title"), inForceView{v.tabs(path), html})
}

func (v *visit) standing() error {
	s, err := v.Contracts.Contract(v.R.Context(), v.Actor, v.R.PathValue("contract"))
	if err != nil {
		return err
	}
	view := v.standingView(s)
	view.Signs = contracts.RightToSign().Lets(v.Actor)
	if view.Coming, err = v.Piece("announced-contract", s.Contract); err != nil {
		return err
	}
	return v.Show("standing", v.Plain(view.Purpose), view)
}

// proposalAddress and contractAddress are where something stands.
func proposalAddress(id string) string { return "/desk/contracts/proposals/" + url.PathEscape(id) }
func contractAddress(id string) string { return "/desk/contracts/in-force/" + url.PathEscape(id) }
