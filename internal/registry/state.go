package registry

import (
	"fmt"
	"maps"
	"slices"

	"dobosh/internal/kit/lang"

	"golang.org/x/mod/sumdb/note"
)

// State is what the statements up to Size amount to. It never changes and is
// safe for concurrent use.
type State struct {
	Size      int64
	members   map[ID]Member
	nodes     map[ID]map[string]Node // by member and name
	services  map[ID]Service
	contracts map[string]Contract
	byPair    map[pair][]string // contract ids by consumer and provider subsystem
	byTLS     map[string]Node
}

type pair struct{ consumer, provider ID }

func emptyState() *State {
	return &State{members: map[ID]Member{}, nodes: map[ID]map[string]Node{}, services: map[ID]Service{}, contracts: map[string]Contract{}, byPair: map[pair][]string{}, byTLS: map[string]Node{}}
}

// clone copies the maps, so that a snapshot in use is never written.
func (s *State) clone() *State {
	c := &State{Size: s.Size, members: maps.Clone(s.members), nodes: maps.Clone(s.nodes), services: maps.Clone(s.services), contracts: maps.Clone(s.contracts), byPair: maps.Clone(s.byPair), byTLS: maps.Clone(s.byTLS)}
	return c
}

// apply adds one statement. It is called on a state that nobody else sees yet.
func (s *State) apply(st Statement) error {
	s.Size++
	switch {
	case st.Member != nil:
		s.members[st.Member.ID.Owner()] = *st.Member
	case st.Node != nil:
		return s.applyNode(*st.Node)
	case st.Service != nil:
		if !s.HasSubsystem(st.Service.ID.System()) {
			return fmt.Errorf("%w: service %s of an unknown subsystem", ErrStatement, st.Service.ID)
		}
		s.services[st.Service.ID] = *st.Service
	case st.Contract != "":
		return s.applyContract(st.Contract)
	case st.End != nil:
		s.applyEnd(*st.End)
	default:
		return fmt.Errorf("%w: says nothing", ErrStatement)
	}
	return nil
}

func (s *State) applyNode(n Node) error {
	if _, known := s.members[n.Member]; !known {
		return fmt.Errorf("%w: node of an unknown member %s", ErrStatement, n.Member)
	}
	nodes := maps.Clone(s.nodes[n.Member])
	if nodes == nil {
		nodes = map[string]Node{}
	}
	delete(s.byTLS, nodes[n.Name].TLS)
	delete(nodes, n.Name)
	if n.Address != "" {
		if _, err := note.NewVerifier(n.Log); err != nil {
			return fmt.Errorf("%w: key of node %s: %w", ErrStatement, n.Name, err)
		}
		nodes[n.Name] = n
		s.byTLS[n.TLS] = n
	}
	s.nodes[n.Member] = nodes
	return nil
}

func (s *State) applyContract(signed string) error {
	c, err := openContract(signed, s.keys)
	if err != nil {
		return err
	}
	if _, again := s.contracts[c.ID]; !again {
		p := pair{c.Consumer, c.Provider}
		s.byPair[p] = append(slices.Clone(s.byPair[p]), c.ID)
	}
	s.contracts[c.ID] = c
	return nil
}

func (s *State) applyEnd(e End) {
	delete(s.services, e.Service)
	if c, ok := s.contracts[e.Contract]; ok {
		p := pair{c.Consumer, c.Provider}
		s.byPair[p] = slices.DeleteFunc(slices.Clone(s.byPair[p]), func(id string) bool { return id == e.Contract })
		delete(s.contracts, e.Contract)
	}
}

// keys are the verifier keys with which a member signs.
func (s *State) keys(member ID) note.Verifiers {
	var known []note.Verifier
	for _, n := range s.nodes[member] {
		if v, err := note.NewVerifier(n.Log); err == nil {
			known = append(known, v)
		}
	}
	return note.VerifierList(known...)
}

// Member finds a member.
func (s *State) Member(id ID) (Member, bool) {
	m, ok := s.members[id.Owner()]
	return m, ok
}

// Members lists all members in the order of their ids.
func (s *State) Members() []Member {
	return slices.SortedFunc(maps.Values(s.members), func(a, b Member) int { return compare(a.ID, b.ID) })
}

// HasSubsystem reports whether the subsystem is registered.
func (s *State) HasSubsystem(id ID) bool {
	m, ok := s.members[id.Owner()]
	return ok && slices.Contains(m.Subsystems, id.Subsystem)
}

// Nodes lists the nodes of a member in the order of their names.
func (s *State) Nodes(member ID) []Node {
	return slices.SortedFunc(maps.Values(s.nodes[member.Owner()]), func(a, b Node) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
}

// NodeByTLS finds the node that holds a TLS key.
func (s *State) NodeByTLS(pin string) (Node, bool) {
	n, ok := s.byTLS[pin]
	return n, ok
}

// Service finds a data service.
func (s *State) Service(id ID) (Service, bool) {
	sv, ok := s.services[id]
	return sv, ok
}

// Services lists all data services in the order of their ids.
func (s *State) Services() []Service {
	return slices.SortedFunc(maps.Values(s.services), func(a, b Service) int { return compare(a.ID, b.ID) })
}

// Contract finds a contract by its id.
func (s *State) Contract(id string) (Contract, bool) {
	c, ok := s.contracts[id]
	return c, ok
}

// Between lists the contracts between two subsystems, oldest first.
func (s *State) Between(consumer, provider ID) []Contract {
	ids := s.byPair[pair{consumer.System(), provider.System()}]
	found := make([]Contract, 0, len(ids))
	for _, id := range ids {
		found = append(found, s.contracts[id])
	}
	return found
}

// Contracts lists all contracts in the order of their ids.
func (s *State) Contracts() []Contract {
	return slices.SortedFunc(maps.Values(s.contracts), func(a, b Contract) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
}

// Title is what a member is called; its id where it is unknown.
func (s *State) Title(id ID) lang.Text {
	if m, ok := s.members[id.Owner()]; ok {
		return m.Title
	}
	return lang.Text{"sr": id.Owner().String(), "en": id.Owner().String()}
}

func compare(a, b ID) int {
	x, y := a.String(), b.String()
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}
