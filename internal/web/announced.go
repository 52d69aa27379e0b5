package web

import (
	"context"

	"dobosh/internal/act"
	"dobosh/internal/catalogue"
	"dobosh/internal/kit/lang"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// Announcing tells those who have contracts what is about to change.
type Announcing interface {
	Announcements(ctx context.Context, by act.Actor) ([]catalogue.Announcement, error)
	Waiting() int
}

// announcedView is a version to come of a service that this member asks.
type announcedView struct {
	registry.Service
	Body     lang.Text
	URL      string
	Changes  string // where the two versions are compared
	Unread   bool   // the descriptions cannot be had now
	Concerns []concernView
}

func (p *pages) announcedPage(v *visit) error {
	all, err := v.announced()
	if err != nil {
		return err
	}
	return v.Show("desk-announced", v.Say("announced.title"), announcedListView{portal.Filter{Tabs: v.contractTabs("/desk/contracts/announced")}, all})
}

// announced lists what is announced for this member; nothing where there is no
// catalogue.
func (v *visit) announced() (views []announcedView, err error) {
	if v.DataServices == nil {
		return nil, nil
	}
	all, err := v.DataServices.Announcements(v.R.Context(), v.Actor)
	for _, a := range all {
		views = append(views, v.announcedView(a))
	}
	return views, err
}

type announcedListView struct {
	portal.Filter
	Announced []announcedView
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
	if v.DataServices == nil {
		return nil
	}
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
