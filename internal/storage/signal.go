package storage

import "sync"

// signals wakes those who wait for writes of a certain kind.
type signals struct {
	mu     sync.Mutex
	byName map[string]map[chan struct{}]struct{} // guarded by mu
}

// Signal wakes all who listen for name once the transaction is durable.
func (tx *Tx) Signal(name string) {
	tx.AfterCommit(func() { tx.db.signals.send(name) })
}

// Listen returns a channel that receives after a transaction with Signal(name)
// committed through this DB; several commits may come as one. Call stop at the end.
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
