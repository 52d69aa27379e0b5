package portal

import (
	"html/template"
	"slices"
)

// welcomeView is what this portal is, for somebody who has no home here.
type welcomeView struct {
	Kind   string // of institution
	SignIn string // address, where there is one and nobody is signed in
	Known  bool   // signed in, but with nothing to do here
	Help   Help
	Parts  []template.HTML // of the rooms
}

// home leads everybody to what is theirs.
func (v *Visit) home() error {
	for _, h := range v.Portal.homes {
		if h.Whom(v.Actor) {
			v.room = h.room
			return h.Do(v)
		}
	}
	parts, err := v.Parts()
	if err != nil {
		return err
	}
	own := slices.ContainsFunc(v.nav, func(way Nav) bool { return way.Whom != nil && way.Whom(v.Actor) })
	view := welcomeView{Kind: v.Kind, Known: v.Known && !own, Help: v.Help, Parts: parts}
	if v.Portal.SignIn != nil && !v.Known {
		view.SignIn = SignInLink("/")
	}
	return v.Show("welcome", v.Say("welcome."+v.Kind+".title"), view)
}

// Parts are what rooms add to the first page.
func (v *Visit) Parts() ([]template.HTML, error) {
	return v.parts(func(r *room) []Part { return r.Welcome })
}

// Beside are what rooms add to a person's own page.
func (v *Visit) Beside() ([]template.HTML, error) {
	return v.parts(func(r *room) []Part { return r.Beside })
}

func (v *Visit) parts(of func(*room) []Part) (parts []template.HTML, err error) {
	for _, r := range v.rooms {
		for _, part := range of(r) {
			html, err := part(v.within(r))
			if err != nil {
				return nil, err
			}
			if html != "" {
				parts = append(parts, html)
			}
		}
	}
	return parts, nil
}

// Awaits are the cards of what waits for the reader, of all rooms.
func (v *Visit) Awaits() (cards []template.HTML, err error) {
	for _, r := range v.rooms {
		for _, waits := range r.Waits {
			some, err := waits(v.within(r))
			if err != nil {
				return nil, err
			}
			cards = append(cards, some...)
		}
	}
	return cards, nil
}

// Deed is something that one can do here.
type Deed struct{ URL, Title, How string }

// Can lists what the reader can do here.
func (v *Visit) Can() (deeds []Deed) {
	for _, way := range v.can {
		if way.Whom == nil || way.Whom(v.Actor) {
			deeds = append(deeds, Deed{way.Path, v.Say(way.Key), v.Say(way.Key + "-how")})
		}
	}
	return deeds
}

// Piece is what another room says about something on this page; empty where the
// node has no such room.
func (v *Visit) Piece(name string, about any) (template.HTML, error) {
	for _, r := range v.rooms {
		if piece, ok := r.Pieces[name]; ok {
			return piece(v.within(r), about)
		}
	}
	return "", nil
}

// within is the visit as another room sees it, with its own templates.
func (v *Visit) within(r *room) *Visit {
	other := *v
	other.room = r
	return &other
}
