package storage

import (
	"maps"
	"slices"
	"sync"
)

// signals wakes those who wait for writes of a certain kind.
type signals struct {
	mu     sync.Mutex
	byName map[string]map[chan struct{}]struct{} // guarded by mu
}

// Signal wakes all who listen for name once the transaction is durable, in this
// process at once and in others on the same database soon.
func (tx *Tx) Signal(name string) {
	tx.AfterCommit(func() {
		tx.db.signals.send(name)
		tx.db.engine.announce(name)
	})
}

// Listen returns a channel that receives after a transaction with Signal(name)
// committed through this DB or, on PostgreSQL, another process; several commits may
// come as one, and a wake-up may come for nothing. Call stop at the end.
func (db *DB) Listen(name string) (wake <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	db.signals.add(name, ch)
	return ch, func() { db.signals.remove(name, ch) }
}

func (s *signals) add(name string, ch chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byName == nil {
		s.byName = map[string]map[chan struct{}]struct{}{}
	}
	if s.byName[name] == nil {
		s.byName[name] = map[chan struct{}]struct{}{}
	}
	s.byName[name][ch] = struct{}{}
}

func (s *signals) remove(name string, ch chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byName[name], ch)
}

func (s *signals) send(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ch := range s.byName[name] {
		select {
		case ch <- struct{}{}:
		default: // a wake-up already waits there
		}
	}
}

// sendAll wakes everybody.
func (s *signals) sendAll() {
	s.mu.Lock()
	names := slices.Collect(maps.Keys(s.byName))
	s.mu.Unlock()
	for _, name := range names {
		s.send(name)
	}
}
