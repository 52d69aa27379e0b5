package signin

import (
	"sync"
	"time"

	"dobosh/internal/kit/clock"
)

// shelf keeps things for a short time under a name. It holds at most a set
// number: when it is full the oldest goes. Safe for concurrent use.
type shelf[T any] struct {
	size int
	keep time.Duration
	now  clock.Now

	mu     sync.Mutex
	byName map[string]placed[T] // guarded by mu
	order  []string             // oldest first; may name things that were taken; guarded by mu
}

type placed[T any] struct {
	thing T
	until time.Time
}

func newShelf[T any](size int, keep time.Duration, now clock.Now) *shelf[T] {
	return &shelf[T]{size: size, keep: keep, now: now, byName: map[string]placed[T]{}}
}

// put places a thing under a name that was not used before, and says until when
// it stays.
func (s *shelf[T]) put(name string, thing T) (until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.order) > 0 && (len(s.order) >= s.size || !s.there(s.order[0])) {
		delete(s.byName, s.order[0])
		s.order = s.order[1:]
	}
	until = s.now().Add(s.keep)
	s.byName[name] = placed[T]{thing, until}
	s.order = append(s.order, name)
	return until
}

// there needs mu.
func (s *shelf[T]) there(name string) bool {
	found, ok := s.byName[name]
	return ok && s.now().Before(found.until)
}

// get finds a thing and leaves it there.
func (s *shelf[T]) get(name string) (thing T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.there(name) {
		return thing, false
	}
	return s.byName[name].thing, true
}

// take finds a thing and removes it: of two that take, one gets it.
func (s *shelf[T]) take(name string) (thing T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.there(name) {
		return thing, false
	}
	thing = s.byName[name].thing
	delete(s.byName, name)
	return thing, true
}
