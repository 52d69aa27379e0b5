package events

import (
	"sync"

	"dobosh/internal/registry"
)

// concerned remembers which contracts give events to a subsystem or from it, as
// long as the registry stays the same: there may be many thousands, and they are
// asked about for every event. Its zero value is ready; it is safe for concurrent
// use.
type concerned struct {
	mu   sync.Mutex
	size int64 // of the registry that was looked at
	of   map[registry.ID][]registry.Contract
}

func (k *concerned) contracts(state *registry.State, subsystem registry.ID) []registry.Contract {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of == nil || k.size != state.Size {
		k.size, k.of = state.Size, map[registry.ID][]registry.Contract{}
	}
	list, known := k.of[subsystem]
	if !known {
		for c := range state.ContractsAfter("") {
			if len(c.Events) > 0 && (c.Provider == subsystem || state.Lets(&c, subsystem, registry.ID{})) {
				list = append(list, c)
			}
		}
		k.of[subsystem] = list
	}
	return list
}
