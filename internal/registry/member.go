package registry

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"dobosh/internal/kit/lang"

	"golang.org/x/mod/sumdb/note"
)

// Member is an institution with its subsystems.
type Member struct {
	ID         ID        `json:"id"`
	Title      lang.Text `json:"title"`
	Subsystems []string  `json:"subsystems"`
}

func (m Member) check() error {
	if m.ID.Member == "" || m.ID != m.ID.Owner() {
		return fmt.Errorf("%w: %s is not a member", ErrStatement, m.ID)
	}
	if !validText(m.Title, maxTitle) {
		return fmt.Errorf("%w: the title of %s is too long", ErrStatement, m.ID)
	}
	for i, subsystem := range m.Subsystems {
		if err := checkName(subsystem); err != nil || slices.Contains(m.Subsystems[:i], subsystem) {
			return fmt.Errorf("%w: subsystem %.60q of %s has no name or the name of another", ErrStatement, subsystem, m.ID)
		}
	}
	return nil
}

// member is what the state knows about one. It is replaced, never changed.
type member struct {
	Member
	nodes []standing[*Node] // in the order of their names
	keys  []note.Verifier   // of the nodes, for signatures of now
	spoke time.Time         // of its newest signed statement
}

// standing is what a statement said, and its place in the log.
type standing[T any] struct {
	is T
	at int64
}

// at finds the place of a node in the list, or where it would stand.
func (m *member) at(name string) (i int, there bool) {
	return slices.BinarySearchFunc(m.nodes, name, func(n standing[*Node], name string) int { return cmp.Compare(n.is.Name, name) })
}

func (s *State) applyMember(m Member) error {
	if err := m.check(); err != nil {
		return err
	}
	next := &member{Member: m}
	if old, ok := s.members.Get(m.ID); ok {
		next.nodes, next.keys, next.spoke = old.nodes, old.keys, old.spoke
	}
	s.members = s.members.With(m.ID, next)
	return nil
}

func (s *State) applyNode(n Node, at int64) error {
	old, known := s.members.Get(n.Member)
	if !known || checkName(n.Name) != nil {
		return fmt.Errorf("%w: node of an unknown member %s, or without a name", ErrStatement, n.Member)
	}
	next := *old
	next.nodes = slices.Clone(old.nodes)
	i, there := old.at(n.Name)
	if there {
		for _, pin := range old.nodes[i].is.pins() {
			s.pins = s.pins.Without(pin)
		}
		next.nodes = slices.Delete(next.nodes, i, i+1)
	}
	if n.Address != "" {
		if err := s.claim(&n); err != nil {
			return err
		}
		next.nodes = slices.Insert(next.nodes, i, standing[*Node]{&n, at})
	}
	next.keys = signing(next.nodes)
	s.members = s.members.With(n.Member, &next)
	return nil
}

// claim gives a node its TLS keys, and refuses those of another: who holds them
// could speak for both.
func (s *State) claim(n *Node) error {
	if err := n.check(); err != nil {
		return err
	}
	for _, pin := range n.pins() {
		if _, taken := s.pins.Get(pin); taken {
			return fmt.Errorf("%w: node %s of %s: another node has this TLS key", ErrStatement, n.Name, n.Member)
		}
		s.pins = s.pins.With(pin, n)
	}
	return nil
}

// Member finds a member.
func (s *State) Member(id ID) (Member, bool) {
	m, ok := s.members.Get(id.Owner())
	if !ok {
		return Member{}, false
	}
	return m.Member, true
}

// HasSubsystem reports whether the subsystem is registered.
func (s *State) HasSubsystem(id ID) bool {
	m, ok := s.members.Get(id.Owner())
	return ok && slices.Contains(m.Subsystems, id.Subsystem)
}

// Nodes lists the nodes of a member in the order of their names.
func (s *State) Nodes(id ID) []Node {
	m, ok := s.members.Get(id.Owner())
	if !ok {
		return nil
	}
	nodes := make([]Node, len(m.nodes))
	for i, n := range m.nodes {
		nodes[i] = *n.is
	}
	return nodes
}

// node finds a node with its place in the log.
func (s *State) node(id ID, name string) (n standing[*Node], ok bool) {
	m, ok := s.members.Get(id.Owner())
	if !ok {
		return n, false
	}
	i, there := m.at(name)
	if !there {
		return n, false
	}
	return m.nodes[i], true
}

// Node finds a node of a member by its name.
func (s *State) Node(member ID, name string) (Node, bool) {
	n, ok := s.node(member, name)
	return value(n.is, ok)
}

// NodeAtAddress finds the node that is reached at an address.
func (s *State) NodeAtAddress(address string) (Node, bool) {
	for _, m := range s.members.All() {
		for _, n := range m.nodes {
			if n.is.Address == address {
				return *n.is, true
			}
		}
	}
	return Node{}, false
}

// NodeAt is the place in the log of the statement by which a node is as it is.
func (s *State) NodeAt(member ID, name string) (index int64, ok bool) {
	n, ok := s.node(member, name)
	return n.at, ok
}

// NodeByTLS finds the node that holds a TLS key, or is about to.
func (s *State) NodeByTLS(pin string) (Node, bool) { return value(s.pins.Get(pin)) }

// Keys are the verifiers of the keys with which a member's nodes sign at
// present. What was signed earlier is verified by [Node.Keys].
func (s *State) Keys(id ID) []note.Verifier {
	m, ok := s.members.Get(id.Owner())
	if !ok {
		return nil
	}
	return slices.Clone(m.keys)
}

// signing gives the keys with which nodes sign at present.
func signing(nodes []standing[*Node]) []note.Verifier {
	known := make([]note.Verifier, 0, len(nodes))
	for _, n := range nodes {
		if v, err := note.NewVerifier(n.is.Log); err == nil {
			known = append(known, v)
		}
	}
	return known
}
