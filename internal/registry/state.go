package registry

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/ordered"
	"dobosh/internal/law"
)

// State is what the statements up to Size amount to. It never changes and is
// safe for concurrent use: the next state shares with it what did not change.
type State struct {
	Size      int64
	members   ordered.Map[ID, *member]
	pins      ordered.Map[string, *Node] // by each TLS key of a node
	services  ordered.Map[ID, *Service]
	groups    ordered.Map[ID, *Group]
	inGroups  ordered.Map[ID, []ID] // groups by subsystem, oldest first
	contracts ordered.Map[string, *contractHistory]
	between   ordered.Map[pair, []*Contract] // contracts in force, oldest first
	enacted   ordered.Map[string, Instrument]
	classes   ordered.Map[string, Class]
	issuer    *Issuer
	recovery  *Recovery
	continued []continued // oldest first
}

func emptyState() *State {
	return &State{
		members: ordered.New[ID, *member](compare), pins: ordered.New[string, *Node](cmp.Compare[string]),
		services: ordered.New[ID, *Service](compare), groups: ordered.New[ID, *Group](compare), inGroups: ordered.New[ID, []ID](compare),
		contracts: ordered.New[string, *contractHistory](cmp.Compare[string]), between: ordered.New[pair, []*Contract](comparePairs),
		enacted: ordered.New[string, Instrument](cmp.Compare[string]), classes: ordered.New[string, Class](cmp.Compare[string]),
	}
}

// clone is a state to apply statements to, so that a snapshot in use is never
// written.
func (s *State) clone() *State {
	next := *s
	return &next
}

// take applies statements as they stand in the log, the first of which has the
// number from.
func (s *State) take(from int64, leaves []string, proofs *proofs) error {
	readings, err := readLeaves(from, leaves)
	if err != nil {
		return err
	}
	for i, st := range readings {
		if err := s.apply(st, proofs); err != nil {
			return fmt.Errorf("statement %d: %w", from+int64(i), err)
		}
	}
	return nil
}

// apply adds one statement. It is called on a state that nobody else sees yet,
// and after an error that state is not used.
func (s *State) apply(st reading, proofs *proofs) error {
	if st.By != "" {
		if err := s.admit(st, proofs); err != nil {
			return err
		}
	}
	at := s.Size
	s.Size++
	switch {
	case st.Member != nil:
		return s.applyMember(*st.Member)
	case st.Node != nil:
		return s.applyNode(*st.Node, at)
	case st.Service != nil:
		return s.applyService(*st.Service)
	case st.Group != nil:
		return s.applyGroup(*st.Group)
	case st.Contract != "":
		return s.applyContract(st, at, proofs)
	case st.End != nil:
		s.applyEnd(*st.End)
		return nil
	case st.Continuation != "":
		return s.applyContinuation(st.Continuation, at, proofs.anchor, proofs.roots[at])
	}
	return s.applyEnacted(st.Statement)
}

// applyEnacted adds what only the authority says.
func (s *State) applyEnacted(st Statement) error {
	switch {
	case st.Instrument != nil:
		s.enacted = s.enacted.With(st.Instrument.Ref, *st.Instrument)
		return st.Instrument.check()
	case st.Issuer != nil:
		s.issuer = st.Issuer
		return st.Issuer.check()
	case st.Class != nil:
		s.classes = s.classes.With(st.Class.Code, *st.Class)
		return st.Class.check()
	case st.Recovery != nil:
		return s.applyRecovery(*st.Recovery)
	}
	return fmt.Errorf("%w: says nothing", ErrStatement)
}

func (s *State) applyService(sv Service) error {
	if err := sv.check(); err != nil {
		return err
	}
	if !s.HasSubsystem(sv.ID) {
		return fmt.Errorf("%w: service %s of an unknown subsystem", ErrStatement, sv.ID)
	}
	s.services = s.services.With(sv.ID, &sv)
	return nil
}

// applyGroup replaces a group. Contracts made with one that was taken out stay
// and let nobody ask.
func (s *State) applyGroup(g Group) error {
	if _, known := s.Member(g.ID); !known {
		return fmt.Errorf("%w: group %s of an unknown member", ErrStatement, g.ID)
	}
	if err := g.check(s.HasSubsystem); err != nil {
		return err
	}
	if old, ok := s.groups.Get(g.ID); ok {
		for _, m := range old.Members {
			of, _ := s.inGroups.Get(m)
			s.inGroups = s.inGroups.With(m, slices.DeleteFunc(slices.Clone(of), func(id ID) bool { return id == g.ID }))
		}
	}
	if len(g.Members) == 0 {
		s.groups = s.groups.Without(g.ID)
		return nil
	}
	s.groups = s.groups.With(g.ID, &g)
	for _, m := range g.Members {
		of, _ := s.inGroups.Get(m)
		s.inGroups = s.inGroups.With(m, append(slices.Clone(of), g.ID))
	}
	return nil
}

func (s *State) applyEnd(e End) {
	s.services = s.services.Without(e.Service)
	if e.Contract != "" {
		s.endContract(e.Contract)
	}
}

// Service finds a data service.
func (s *State) Service(id ID) (Service, bool) { return value(s.services.Get(id)) }

// Group finds a group.
func (s *State) Group(id ID) (Group, bool) { return value(s.groups.Get(id)) }

// Instrument finds an enacted instrument by its reference.
func (s *State) Instrument(ref string) (Instrument, bool) { return s.enacted.Get(ref) }

// Provision returns nil unless the registry knows the instrument of a provision
// and it is not in force at an instant; then a problem "provision-not-in-force"
// that names it. Whether the provision itself is in force the pack says.
func (s *State) Provision(ref law.Ref, at time.Time) error {
	i, known := s.enacted.Get(ref.Instrument())
	if !known {
		return nil
	}
	return i.inForce(ref, civil.Of(at))
}

// Issuer says whose certificates and time-stamps count, if the registry does.
func (s *State) Issuer() (Issuer, bool) { return value(s.issuer, s.issuer != nil) }

// Title is what a data service, or the member that an identifier belongs to,
// is called; its id where it is unknown.
func (s *State) Title(id ID) lang.Text {
	if service, ok := s.services.Get(id); ok {
		return service.Title
	}
	if m, ok := s.Member(id); ok {
		return m.Title
	}
	return lang.Text{"sr": id.Owner().String(), "en": id.Owner().String()}
}

// value copies what a pointer leads to, if it leads anywhere.
func value[T any](p *T, ok bool) (v T, found bool) {
	if !ok {
		return v, false
	}
	return *p, true
}
