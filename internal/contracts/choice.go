package contracts

import (
	"context"
	"iter"
	"slices"
	"strings"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/script"
	"dobosh/internal/registry"
)

// Choice is a data service that may be asked for.
type Choice struct {
	ID    registry.ID `json:"id"`
	Title lang.Text   `json:"title"`
	Body  lang.Text   `json:"body"` // who gives it
}

// Services finds the data services whose title, body or id holds every word, in
// either script; without words it lists all. more reports that there are
// further ones than limit.
func (r *Room) Services(words string, limit int) (found []Choice, more bool) {
	for c := range r.choices(words, registry.ID{}) {
		if len(found) == limit {
			return found, true
		}
		found = append(found, c)
	}
	return found, false
}

// choices are the services that hold every word and come after one.
func (r *Room) choices(words string, after registry.ID) iter.Seq[Choice] {
	state, wanted := r.State(), strings.Fields(plain(words))
	return func(yield func(Choice) bool) {
		for s := range state.ServicesAfter(after) {
			c := Choice{ID: s.ID, Title: state.Title(s.ID), Body: state.Title(s.ID.Owner())}
			text := plain(strings.Join([]string{c.Title["sr"], c.Title["en"], c.Body["sr"], c.Body["en"], c.ID.String()}, " "))
			if !slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(text, w) }) && !yield(c) {
				return
			}
		}
	}
}

// plain is text as it is compared: Latin, without capitals and marks.
func plain(s string) string {
	return strings.NewReplacer("č", "c", "ć", "c", "š", "s", "ž", "z", "đ", "dj").Replace(strings.ToLower(script.Latin(s)))
}

// Askers are who may ask on behalf of this member: its subsystems, and the
// groups that it owns.
func (r *Room) Askers() (systems []registry.ID, groups []registry.Group) {
	state := r.State()
	m, _ := state.Member(r.Member)
	for _, name := range m.Subsystems {
		system := r.Member
		system.Subsystem = name
		systems = append(systems, system)
	}
	for _, g := range state.Groups() {
		if g.ID.Owner() == r.Member {
			groups = append(groups, g)
		}
	}
	return systems, groups
}

// Known reports whether a subsystem or a service stands in the registry.
func (r *Room) Known(id registry.ID) bool {
	if id.Service == "" {
		return r.State().HasSubsystem(id)
	}
	_, known := r.State().Service(id)
	return known
}

// Title is what a service or a member is called.
func (r *Room) Title(id registry.ID) lang.Text { return r.State().Title(id) }

// Operations lists what a service answers; false where nobody described it.
func (r *Room) Operations(ctx context.Context, service registry.ID) ([]Operation, bool) {
	if r.Descriptions == nil {
		return nil, false
	}
	return r.Descriptions.Operations(ctx, service)
}
