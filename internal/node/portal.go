package node

import (
	"dobosh/internal/api"
	apipages "dobosh/internal/api/pages"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/portal"
	"dobosh/internal/registry"
)

// titles names a data service or a member by the registry, or, before the
// registry is known, a member by the pack.
func titles(c centre, pack *law.Pack) func(registry.ID) lang.Text {
	return func(id registry.ID) lang.Text {
		state := c.State()
		if _, known := state.Member(id); known {
			return state.Title(id)
		}
		if body, ok := pack.Body(id.Owner().String()); ok {
			return body.Title
		}
		return state.Title(id)
	}
}

// portal puts the pages of all rooms into the frame.
func (n *Node) portal(frame portal.Config) (*portal.Portal, error) {
	var rooms []portal.Room
	var interfaces []api.Surface
	for _, b := range n.brought {
		if b.Kind != "" {
			frame.Kind = b.Kind
		}
		rooms = append(rooms, b.Pages...)
		for _, served := range b.API {
			interfaces = append(interfaces, served.Surface)
		}
	}
	if n.Listen.Systems != "" && len(interfaces) > 0 {
		rooms = append(rooms, apipages.New(interfaces...))
	}
	return portal.New(frame, rooms...)
}
