package registry

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"

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
	byTLS     map[string]Node       // by each pin of the node
	groups    map[ID]Group
	inGroups  map[ID][]ID // groups by subsystem, oldest first
	enacted   map[string]Instrument
	classes   map[string]Class
	issuer    *Issuer
	nodeAt    map[nodeName]int64 // place in the log of the statement that stands
	pactAt    map[string]int64   // the same of contracts
}

// pair is who asks, a subsystem or a group, and who is asked.
type pair struct {
	asker, provider ID
	group           bool
}

type nodeName struct {
	member ID
	name   string
}

func emptyState() *State {
	return &State{members: map[ID]Member{}, nodes: map[ID]map[string]Node{}, services: map[ID]Service{}, contracts: map[string]Contract{},
		byPair: map[pair][]string{}, sides: map[string]pair{}, texts: map[[32]byte]struct{}{}, byTLS: map[string]Node{},
		groups: map[ID]Group{}, inGroups: map[ID][]ID{}, enacted: map[string]Instrument{}, classes: map[string]Class{}, nodeAt: map[nodeName]int64{}, pactAt: map[string]int64{}}
}

// clone copies the maps, so that a snapshot in use is never written.
func (s *State) clone() *State {
	return &State{Size: s.Size, members: maps.Clone(s.members), nodes: maps.Clone(s.nodes), services: maps.Clone(s.services), contracts: maps.Clone(s.contracts),
		byPair: maps.Clone(s.byPair), sides: maps.Clone(s.sides), texts: maps.Clone(s.texts), byTLS: maps.Clone(s.byTLS),
		groups: maps.Clone(s.groups), inGroups: maps.Clone(s.inGroups), enacted: maps.Clone(s.enacted), classes: maps.Clone(s.classes), issuer: s.issuer,
		nodeAt: maps.Clone(s.nodeAt), pactAt: maps.Clone(s.pactAt)}
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
	case st.Group != nil:
		return s.applyGroup(*st.Group)
	case st.Instrument != nil:
		s.enacted[st.Instrument.Ref] = *st.Instrument
		return st.Instrument.check()
	case st.Issuer != nil:
		s.issuer = st.Issuer
		return st.Issuer.check()
	case st.Class != nil:
		s.classes[st.Class.Code] = *st.Class
		return st.Class.check()
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
	if err := sv.check(); err != nil {
		return err
	}
	if !s.HasSubsystem(sv.ID) {
		return fmt.Errorf("%w: service %s of an unknown subsystem", ErrStatement, sv.ID)
	}
	s.services[sv.ID] = sv
	return nil
}

// applyGroup replaces a group. Contracts made with one that was taken out stay
// and let nobody ask.
func (s *State) applyGroup(g Group) error {
	if _, known := s.members[g.ID.Owner()]; !known {
		return fmt.Errorf("%w: group %s of an unknown member", ErrStatement, g.ID)
	}
	if err := g.check(s.HasSubsystem); err != nil {
		return err
	}
	for _, m := range s.groups[g.ID].Members {
		s.inGroups[m] = slices.DeleteFunc(slices.Clone(s.inGroups[m]), func(id ID) bool { return id == g.ID })
	}
	delete(s.groups, g.ID)
	if len(g.Members) > 0 {
		s.groups[g.ID] = g
	}
	for _, m := range g.Members {
		s.inGroups[m] = append(slices.Clone(s.inGroups[m]), g.ID)
	}
	return nil
}

func (s *State) applyNode(n Node) error {
	if _, known := s.members[n.Member]; !known || checkName(n.Name) != nil {
		return fmt.Errorf("%w: node of an unknown member %s, or without a name", ErrStatement, n.Member)
	}
	nodes := maps.Clone(s.nodes[n.Member])
	if nodes == nil {
		nodes = map[string]Node{}
	}
	if old, replaced := nodes[n.Name]; replaced {
		for _, pin := range old.pins() {
			delete(s.byTLS, pin)
		}
	}
	delete(nodes, n.Name)
	delete(s.nodeAt, nodeName{n.Member, n.Name})
	if n.Address != "" {
		if err := n.check(); err != nil {
			return err
		}
		for _, pin := range n.pins() {
			if _, taken := s.byTLS[pin]; taken {
				return fmt.Errorf("%w: node %s of %s: another node has this TLS key", ErrStatement, n.Name, n.Member)
			}
			s.byTLS[pin] = n
		}
		nodes[n.Name] = n
		s.nodeAt[nodeName{n.Member, n.Name}] = s.Size - 1
	}
	s.nodes[n.Member] = nodes
	return nil
}

func (s *State) applyContract(signed string) error {
	c, err := openContract(signed, s.keys)
	if err != nil {
		return err
	}
	between, digest := c.between(), c.digest()
	if _, before := s.texts[digest]; before {
		return fmt.Errorf("%w %s: was said before", ErrContract, c.ID)
	}
	if sides, taken := s.sides[c.ID]; taken && sides != between {
		return fmt.Errorf("%w %s: the id belongs to a contract of others", ErrContract, c.ID)
	}
	if err := s.checkSides(c); err != nil {
		return err
	}
	if _, amended := s.contracts[c.ID]; !amended {
		s.byPair[between] = append(slices.Clone(s.byPair[between]), c.ID)
	}
	s.contracts[c.ID], s.sides[c.ID], s.texts[digest] = c, between, struct{}{}
	s.pactAt[c.ID] = s.Size - 1
	return nil
}

func (c Contract) between() pair { return pair{c.asker(), c.Provider, c.Group != ID{}} }

// checkSides refuses a contract of those who are not there.
func (s *State) checkSides(c Contract) error {
	_, group := s.groups[c.Group]
	known := group || c.Group == ID{} && s.HasSubsystem(c.Consumer)
	for _, id := range append([]ID{c.Provider}, c.Delegates...) {
		known = known && s.HasSubsystem(id)
	}
	if !known {
		return fmt.Errorf("%w %s: of an unknown subsystem or group", ErrContract, c.ID)
	}
	return nil
}

func (s *State) applyEnd(e End) {
	delete(s.services, e.Service)
	if c, ok := s.contracts[e.Contract]; ok {
		p := c.between()
		s.byPair[p] = slices.DeleteFunc(slices.Clone(s.byPair[p]), func(id string) bool { return id == e.Contract })
		delete(s.contracts, e.Contract)
		delete(s.pactAt, e.Contract)
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

// Between lists the contracts under which client may ask provider for itself:
// those between the two, then those with groups that hold the client, oldest
// first. A delegate asks under the contracts between whom it acts for and the
// provider, see [State.Lets].
func (s *State) Between(client, provider ID) []Contract {
	client, provider = client.System(), provider.System()
	ids := slices.Clone(s.byPair[pair{client, provider, false}])
	for _, g := range s.inGroups[client] {
		ids = append(ids, s.byPair[pair{g, provider, true}]...)
	}
	found := make([]Contract, 0, len(ids))
	for _, id := range ids {
		found = append(found, s.contracts[id])
	}
	return found
}

// Lets reports whether a contract lets client ask, for itself or, where behalf
// is not empty, on behalf of another subsystem.
func (s *State) Lets(c Contract, client, behalf ID) bool {
	asks := client.System()
	if behalf != (ID{}) {
		if !slices.Contains(c.Delegates, asks) || !s.HasSubsystem(asks) {
			return false
		}
		asks = behalf.System()
	}
	if !s.HasSubsystem(asks) {
		return false
	}
	return asks == c.Consumer || c.Group != ID{} && s.groups[c.Group].Holds(asks)
}

// Contracts lists all contracts in the order of their ids.
func (s *State) Contracts() []Contract {
	return slices.SortedFunc(maps.Values(s.contracts), func(a, b Contract) int {
		return cmp.Compare(a.ID, b.ID)
	})
}

// NodeAt is the place in the log of the statement by which a node is as it is.
func (s *State) NodeAt(member ID, name string) (index int64, ok bool) {
	index, ok = s.nodeAt[nodeName{member.Owner(), name}]
	return index, ok
}

// ContractAt is the place in the log of the terms of a contract in force.
func (s *State) ContractAt(id string) (index int64, ok bool) {
	index, ok = s.pactAt[id]
	return index, ok
}

// Group finds a group.
func (s *State) Group(id ID) (Group, bool) {
	g, ok := s.groups[id]
	return g, ok
}

// Groups lists all groups in the order of their ids.
func (s *State) Groups() []Group {
	return slices.SortedFunc(maps.Values(s.groups), func(a, b Group) int { return compare(a.ID, b.ID) })
}

// Instrument finds an enacted instrument by its reference.
func (s *State) Instrument(ref string) (Instrument, bool) {
	i, ok := s.enacted[ref]
	return i, ok
}

// Instruments lists the enacted instruments in the order of their references.
func (s *State) Instruments() []Instrument {
	return slices.SortedFunc(maps.Values(s.enacted), func(a, b Instrument) int { return cmp.Compare(a.Ref, b.Ref) })
}

// Provision returns nil unless the registry knows the instrument of a provision
// and it is not in force at an instant; then a problem "provision-not-in-force"
// that names it. Whether the provision itself is in force the pack says.
func (s *State) Provision(ref law.Ref, at time.Time) error {
	i, known := s.enacted[ref.Instrument()]
	if !known {
		return nil
	}
	return i.inForce(ref, civil.Of(at))
}

// Issuer says whose certificates and time-stamps count, if the registry does.
func (s *State) Issuer() (Issuer, bool) {
	if s.issuer == nil {
		return Issuer{}, false
	}
	return *s.issuer, true
}

// Classes lists the classes of members in the order of their codes.
func (s *State) Classes() []Class {
	return slices.SortedFunc(maps.Values(s.classes), func(a, b Class) int { return cmp.Compare(a.Code, b.Code) })
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
