package pages

import (
	"slices"
	"strings"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/law"
	"dobosh/internal/portal"
)

// ownData is the life event to which belongs what people do with their own data.
const ownData = "own-data"

// lifeView are the events of a life: those for which there is something here, and the others.
type lifeView struct {
	Here  []lifeEvent
	Other []lifeEvent
}

// lifeEvent is something that happens to people, with what there is for it here.
type lifeEvent struct {
	law.LifeEvent
	Services []law.PublicService
	Deeds    []portal.Deed
	Help     portal.Help
}

// Names are the titles of what there is, in a line.
func (e lifeEvent) Names() (names []lang.Text) {
	for _, s := range e.Services {
		names = append(names, s.Title)
	}
	return names
}

// life lists the events of a life that hold today.
func (r *room) life(v *portal.Visit) (view lifeView) {
	for _, e := range r.pack.LifeEvents() {
		if !e.Holds(civil.Of(v.Now())) {
			continue
		}
		if one := r.lifeOf(v, e); len(one.Services)+len(one.Deeds) > 0 {
			view.Here = append(view.Here, one)
		} else {
			view.Other = append(view.Other, one)
		}
	}
	return view
}

// lifeOf gathers what there is for an event.
func (r *room) lifeOf(v *portal.Visit, e law.LifeEvent) lifeEvent {
	one := lifeEvent{LifeEvent: e, Help: v.Help}
	for _, s := range r.pack.Services() {
		if s.Holds(civil.Of(v.Now())) && slices.Contains(s.Life, e.ID) {
			one.Services = append(one.Services, s)
		}
	}
	if e.ID == ownData {
		for _, d := range v.Can() {
			if strings.HasPrefix(d.URL, "/looks") || strings.HasPrefix(d.URL, "/me") {
				one.Deeds = append(one.Deeds, d)
			}
		}
	}
	return one
}

// lifePage says what there is for one event, and where else to go.
func (r *room) lifePage(v *portal.Visit) error {
	e, ok := r.pack.LifeEvent(v.R.PathValue("event"))
	if !ok || !e.Holds(civil.Of(v.Now())) {
		return problem.New(problem.NotFound, "page-unknown")
	}
	return v.Show("life", v.Plain(e.Title), r.lifeOf(v, e))
}
