package registry

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

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
	byPair    map[pair][]string     // ids of the contracts in force by consumer and provider subsystem, oldest first
	sides     map[string]pair       // of every contract that ever was, so that no other two take its id
	texts     map[[32]byte]struct{} // SHA-256 of every contract that ever was: one that was ended or amended is not said again
	byTLS     map[string]Node
}

type pair struct{ consumer, provider ID }

func emptyState() *State {
	return &State{members: map[ID]Member{}, nodes: map[ID]map[string]Node{}, services: map[ID]Service{}, contracts: map[string]Contract{},
		byPair: map[pair][]string{}, sides: map[string]pair{}, texts: map[[32]byte]struct{}{}, byTLS: map[string]Node{}}
}

// clone copies the maps, so that a snapshot in use is never written.
func (s *State) clone() *State {
	return &State{Size: s.Size, members: maps.Clone(s.members), nodes: maps.Clone(s.nodes), services: maps.Clone(s.services), contracts: maps.Clone(s.contracts),
		byPair: maps.Clone(s.byPair), sides: maps.Clone(s.sides), texts: maps.Clone(s.texts), byTLS: maps.Clone(s.byTLS)}
}

// apply adds one statement. It is called on a state that nobody else sees yet.
func (s *State) apply(st Statement) error {
	s.Size++
	switch {
	case st.Member != nil:
		return s.applyMember(*st.Member)
	case st.Node != nil:
		return s.applyNode(*st.Node)
	case st.Service != nil:
		return s.applyService(*st.Service)
	case st.Contract != "":
		return s.applyContract(st.Contract)
	case st.End != nil:
		s.applyEnd(*st.End)
		return nil
	}
	return fmt.Errorf("%w: says nothing", ErrStatement)
}

func (s *State) applyMember(m Member) error {
	if m.ID.Member == "" || m.ID != m.ID.Owner() {
		return fmt.Errorf("%w: %s is not a member", ErrStatement, m.ID)
	}
	for i, subsystem := range m.Subsystems {
		if err := checkName(subsystem); err != nil || slices.Contains(m.Subsystems[:i], subsystem) {
			return fmt.Errorf("%w: subsystem %.60q of %s has no name or the name of another", ErrStatement, subsystem, m.ID)
		}
	}
	s.members[m.ID] = m
	return nil
}

func (s *State) applyService(sv Service) error {
	if !s.HasSubsystem(sv.ID.System()) || sv.ID.Service == "" {
		return fmt.Errorf("%w: service %s of an unknown subsystem", ErrStatement, sv.ID)
	}
	s.services[sv.ID] = sv
	return nil
}

func (s *State) applyNode(n Node) error {
	if _, known := s.members[n.Member]; !known || n.Name == "" {
		return fmt.Errorf("%w: node of an unknown member %s, or without a name", ErrStatement, n.Member)
	}
	nodes := maps.Clone(s.nodes[n.Member])
	if nodes == nil {
		nodes = map[string]Node{}
	}
	delete(s.byTLS, nodes[n.Name].TLS)
	delete(nodes, n.Name)
	if n.Address != "" {
		if err := s.checkNode(n); err != nil {
			return err
		}
		nodes[n.Name] = n
		s.byTLS[n.TLS] = n
	}
	s.nodes[n.Member] = nodes
	return nil
}

// checkNode refuses keys that are none, and the TLS key of another node: who
// holds it could speak for both.
func (s *State) checkNode(n Node) error {
	wrong := func(what string) error {
		return fmt.Errorf("%w: node %s of %s: %s", ErrStatement, n.Name, n.Member, what)
	}
	if _, port, err := net.SplitHostPort(n.Address); err != nil || port == "" {
		return wrong("the address is not host:port")
	}
	if pin, err := hex.DecodeString(n.TLS); err != nil || len(pin) != sha256.Size || strings.ToLower(n.TLS) != n.TLS {
		return wrong("the TLS key is not the SHA-256 of a key in hex")
	}
	if _, taken := s.byTLS[n.TLS]; taken {
		return wrong("another node has this TLS key")
	}
	if _, err := note.NewVerifier(n.Log); err != nil {
		return wrong("the key of its journal cannot be read")
	}
	return nil
}

func (s *State) applyContract(signed string) error {
	c, err := openContract(signed, s.keys)
	if err != nil {
		return err
	}
	between, digest := pair{c.Consumer, c.Provider}, c.digest()
	if _, before := s.texts[digest]; before {
		return fmt.Errorf("%w %s: was said before", ErrContract, c.ID)
	}
	if sides, taken := s.sides[c.ID]; taken && sides != between {
		return fmt.Errorf("%w %s: the id belongs to a contract of others", ErrContract, c.ID)
	}
	if !s.HasSubsystem(c.Consumer) || !s.HasSubsystem(c.Provider) {
		return fmt.Errorf("%w %s: of an unknown subsystem", ErrContract, c.ID)
	}
	if _, amended := s.contracts[c.ID]; !amended {
		s.byPair[between] = append(slices.Clone(s.byPair[between]), c.ID)
	}
	s.contracts[c.ID], s.sides[c.ID], s.texts[digest] = c, between, struct{}{}
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
		return cmp.Compare(a.Name, b.Name)
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
		return cmp.Compare(a.ID, b.ID)
	})
}

// Title is what a data service, or the member that an identifier belongs to,
// is called; its id where it is unknown.
func (s *State) Title(id ID) lang.Text {
	if service, ok := s.services[id]; ok {
		return service.Title
	}
	if m, ok := s.members[id.Owner()]; ok {
		return m.Title
	}
	return lang.Text{"sr": id.Owner().String(), "en": id.Owner().String()}
}

func compare(a, b ID) int { return cmp.Compare(a.String(), b.String()) }
