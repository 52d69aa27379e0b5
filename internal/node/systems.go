package node

import (
	"errors"
	"sync"

	"dobosh/internal/exchange"
	"dobosh/internal/exchange/system"
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

// openPrograms puts the programs of the configuration behind the node.
func openPrograms(b base) (Brings, error) {
	var errs []error
	var remotes []*system.Remote
	brings := Brings{Systems: map[registry.ID]exchange.System{}, Close: func() error {
		for _, remote := range remotes {
			remote.Close()
		}
		return nil
	}}
	for _, s := range b.InformationSystems {
		remote, err := system.New(s.of(b.Member))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		remotes = append(remotes, remote)
		brings.Systems[s.of(b.Member).Service] = remote
	}
	return brings, errors.Join(errs...)
}
