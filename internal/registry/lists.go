package registry

import (
	"iter"

	"dobosh/internal/kit/ordered"
)

// Members lists all members in the order of their ids.
func (s *State) Members() []Member { return collect(s.MembersAfter(ID{}), s.members.Len()) }

// MembersAfter lists the members whose id comes after one, which need not be
// there: a page begins where the one before ended.
func (s *State) MembersAfter(id ID) iter.Seq[Member] {
	return values(s.members.After(id), func(m *member) Member { return m.Member })
}

// Services lists all data services in the order of their ids.
func (s *State) Services() []Service { return collect(s.ServicesAfter(ID{}), s.services.Len()) }

// ServicesAfter lists the data services whose id comes after one.
func (s *State) ServicesAfter(id ID) iter.Seq[Service] {
	return values(s.services.After(id), func(sv *Service) Service { return *sv })
}

// Groups lists all groups in the order of their ids.
func (s *State) Groups() []Group { return collect(s.GroupsAfter(ID{}), s.groups.Len()) }

// GroupsAfter lists the groups whose id comes after one.
func (s *State) GroupsAfter(id ID) iter.Seq[Group] {
	return values(s.groups.After(id), func(g *Group) Group { return *g })
}

// Contracts lists all contracts in force in the order of their ids.
func (s *State) Contracts() []Contract { return collect(s.ContractsAfter(""), 0) }

// ContractsAfter lists the contracts in force whose id comes after one.
func (s *State) ContractsAfter(id string) iter.Seq[Contract] {
	return func(yield func(Contract) bool) {
		for _, p := range s.contracts.After(id) {
			if p.terms != nil && !yield(*p.terms) {
				return
			}
		}
	}
}

// Instruments lists the enacted instruments in the order of their references.
func (s *State) Instruments() []Instrument { return inOrder(s.enacted) }

// Classes lists the classes of members in the order of their codes.
func (s *State) Classes() []Class { return inOrder(s.classes) }

func inOrder[K, V any](m ordered.Map[K, V]) []V {
	return collect(values(m.All(), func(v V) V { return v }), m.Len())
}

func values[K, V, T any](seq iter.Seq2[K, V], of func(V) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, v := range seq {
			if !yield(of(v)) {
				return
			}
		}
	}
}

func collect[T any](seq iter.Seq[T], size int) []T {
	all := make([]T, 0, size)
	for v := range seq {
		all = append(all, v)
	}
	return all
}
