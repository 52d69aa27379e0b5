package pages

import (
	"html/template"

	"dobosh/internal/catalogue"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
)

// announcedView is a version to come of a service that this member asks.
type announcedView struct {
	registry.Service
	Body     lang.Text
	URL      string
	Changes  string // where the two versions are compared
	Unread   bool   // the descriptions cannot be had now
	Concerns []concernView
}

func (v *visit) announcements() error {
	all, err := v.announced()
	if err != nil {
		return err
	}
	tabs, err := v.Piece("contract-tabs", "/desk/contracts/announced")
	if err != nil {
		return err
	}
	return v.Show("announced", v.Say("announced.title"), announcedListView{tabs, all})
}

// announced lists what is announced for this member.
func (v *visit) announced() (views []announcedView, err error) {
	all, err := v.DataServices.Announcements(v.R.Context(), v.Actor)
	for _, a := range all {
		views = append(views, v.announcedView(a))
	}
	return views, err
}

type announcedListView struct {
	Tabs      template.HTML // of the desk of contracts
	Announced []announcedView
}

// announcedCards are what is announced, on another room's page.
func (v *visit) announcedCards(any) (template.HTML, error) {
	all, err := v.announced()
	if err != nil {
		return "", err
	}
	return v.Render("announced-cards.html", all)
}

// announcedContract is what is announced about the service of one contract.
func (v *visit) announcedContract(about any) (template.HTML, error) {
	c, _ := about.(registry.Contract)
	coming := v.announcedFor(c)
	if coming == nil {
		return "", nil
	}
	return v.Render("announced-contract.html", coming)
}

func (v *visit) announcedView(a catalogue.Announcement) announcedView {
	view := announcedView{
		Service: a.Service, Body: a.Body, URL: serviceAddress(a.Service.ID, ""), Unread: !a.Read,
		Changes: serviceAddress(a.Service.ID, "/changes", "from", a.Service.Version, "to", a.Service.Next.Version),
	}
	for _, c := range a.Concerned {
		view.Concerns = append(view.Concerns, v.concernView(c))
	}
	return view
}

// announcedFor is what is announced about the service of one contract; nil for
// nothing.
func (v *visit) announcedFor(c registry.Contract) *announcedView {
	sv, err := v.DataServices.Service(c.Provider.With(c.Service))
	if err != nil || sv.Next == nil {
		return nil
	}
	a := catalogue.Announcement{Service: sv, Body: v.DataServices.Title(sv.ID.Owner()), Contracts: []registry.Contract{c}}
	if changes, err := v.DataServices.Changes(v.R.Context(), sv.ID, sv.Version, sv.Next.Version); err == nil {
		a.Read, a.Changes, a.Concerned = true, changes, catalogue.Concerns(a.Contracts, changes)
	}
	view := v.announcedView(a)
	return &view
}
