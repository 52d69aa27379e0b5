package node

import (
	"net/http"

	"dobosh/internal/api"
	"dobosh/internal/exchange/events"
)

// serveEvents puts the interface of events on the surface of the systems.
func (n *Node) serveEvents(mux *http.ServeMux) error {
	known := make([]System, 0, len(n.cfg.Events.Systems))
	systems := map[string]events.System{}
	for _, s := range n.cfg.Events.Systems {
		known = append(known, s.System)
		systems[s.Name] = s.of(n.cfg.Member)
	}
	who, err := api.Tokens(programs(known))
	if err != nil {
		return err
	}
	acts, err := n.events.Acts(systems)
	if err != nil {
		return err
	}
	surface := n.surface("events", acts, who)
	surface.Bodies = n.events.Bodies(systems)
	handler, err := surface.Handler()
	if err != nil {
		return err
	}
	mux.Handle("/events", handler)
	mux.Handle("/events/", handler)
	mux.Handle("GET /events/openapi.json", http.StripPrefix("/events", handler))
	return nil
}
