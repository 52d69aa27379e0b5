package services

import "sync"

// keyed is a lock for each key; keys that nobody holds take no room.
type keyed struct {
	mu   sync.Mutex
	held map[string]*holder
}

type holder struct {
	sync.Mutex
	waiting int
}

// lock takes the lock of key and returns what lets it go.
func (k *keyed) lock(key string) (unlock func()) {
	k.mu.Lock()
	h := k.held[key]
	if h == nil {
		h = &holder{}
		if k.held == nil {
			k.held = map[string]*holder{}
		}
		k.held[key] = h
	}
	h.waiting++
	k.mu.Unlock()
	h.Lock()
	return func() {
		h.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		if h.waiting--; h.waiting == 0 {
			delete(k.held, key)
		}
	}
}
