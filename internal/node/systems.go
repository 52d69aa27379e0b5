package node

import (
	"sync"

	"dobosh/internal/exchange"
	"dobosh/internal/registry"
)

// systems are the information systems behind the node, by the service that they
// give. It is safe for concurrent use; its zero value has none.
type systems struct {
	mu        sync.RWMutex
	byService map[registry.ID]exchange.System
}

func (s *systems) find(service registry.ID) (exchange.System, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	system, ok := s.byService[service]
	return system, ok
}

// put places a system behind a service and gives back the one that was there,
// nil for none.
func (s *systems) put(service registry.ID, system exchange.System) exchange.System {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byService == nil {
		s.byService = map[registry.ID]exchange.System{}
	}
	before := s.byService[service]
	s.byService[service] = system
	return before
}
