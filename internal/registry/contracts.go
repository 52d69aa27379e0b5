package registry

import (
	"fmt"
	"slices"
)

// contractHistory is a contract through all its terms, also after its end: its id belongs
// to the same two for ever, and no text of it is said twice. It is replaced,
// never changed.
type contractHistory struct {
	sides pair
	texts [][32]byte // SHA-256 of every text of it that ever was
	terms *Contract  // nil after its end
	at    int64      // place of the terms in the log
}

// pair is who asks, a subsystem or a group, and who is asked.
type pair struct {
	asker, provider ID
	group           bool
}

func comparePairs(a, b pair) int {
	if c := compare(a.asker, b.asker); c != 0 {
		return c
	}
	if c := compare(a.provider, b.provider); c != 0 || a.group == b.group {
		return c
	}
	if b.group {
		return -1
	}
	return 1
}

func (c Contract) sides() pair { return pair{c.asker(), c.Provider, c.Group != ID{}} }

func (s *State) applyContract(st reading, at int64, proofs *proofs) error {
	c := st.terms
	for _, member := range c.Signers() {
		if err := proofs.open(st.Contract, s.Keys(member)); err != nil {
			return fmt.Errorf("%w %s: signature of %s: %w", ErrContract, c.ID, member, err)
		}
	}
	next := contractHistory{sides: c.sides(), terms: c, at: at}
	if old, there := s.contracts.Get(c.ID); there {
		switch {
		case old.sides != next.sides:
			return fmt.Errorf("%w %s: the id belongs to a contract of others", ErrContract, c.ID)
		case slices.Contains(old.texts, st.digest):
			return fmt.Errorf("%w %s: was said before", ErrContract, c.ID)
		}
		next.texts = slices.Clip(old.texts)
	}
	if err := s.checkSides(*c); err != nil {
		return err
	}
	next.texts = append(next.texts, st.digest)
	s.put(c)
	s.contracts = s.contracts.With(c.ID, &next)
	return nil
}

// checkSides refuses a contract of those who are not there.
func (s *State) checkSides(c Contract) error {
	known := s.HasSubsystem(c.Provider)
	if c.Group != (ID{}) {
		_, group := s.groups.Get(c.Group)
		known = known && group
	} else {
		known = known && s.HasSubsystem(c.Consumer)
	}
	for _, id := range c.Delegates {
		known = known && s.HasSubsystem(id)
	}
	if !known {
		return fmt.Errorf("%w %s: of an unknown subsystem or group", ErrContract, c.ID)
	}
	return nil
}

// put lists a contract between its sides, in the place of its earlier terms.
func (s *State) put(c *Contract) {
	list, _ := s.between.Get(c.sides())
	list = slices.Clone(list)
	if i := slices.IndexFunc(list, func(old *Contract) bool { return old.ID == c.ID }); i >= 0 {
		list[i] = c
	} else {
		list = append(list, c)
	}
	s.between = s.between.With(c.sides(), list)
}

// endContract takes a contract out of force; one that is not in force stays so.
func (s *State) endContract(id string) {
	old, ok := s.contracts.Get(id)
	if !ok || old.terms == nil {
		return
	}
	list, _ := s.between.Get(old.sides)
	list = slices.DeleteFunc(slices.Clone(list), func(c *Contract) bool { return c.ID == id })
	if len(list) == 0 {
		s.between = s.between.Without(old.sides)
	} else {
		s.between = s.between.With(old.sides, list)
	}
	s.contracts = s.contracts.With(id, &contractHistory{sides: old.sides, texts: old.texts, at: old.at})
}

// Contract finds a contract in force by its id.
func (s *State) Contract(id string) (Contract, bool) {
	p, ok := s.contracts.Get(id)
	if !ok || p.terms == nil {
		return Contract{}, false
	}
	return *p.terms, true
}

// Terms are those of a contract in force and their place in the log. They are shared: nobody changes them.
func (s *State) Terms(id string) (c *Contract, index int64, ok bool) {
	p, ok := s.contracts.Get(id)
	if !ok || p.terms == nil {
		return nil, 0, false
	}
	return p.terms, p.at, true
}

// ContractAt is the place in the log of the terms of a contract in force.
func (s *State) ContractAt(id string) (index int64, ok bool) {
	p, ok := s.contracts.Get(id)
	if !ok || p.terms == nil {
		return 0, false
	}
	return p.at, true
}

// Between lists the contracts under which client may ask provider for itself:
// those between the two, then those with groups that hold the client, oldest
// first. A delegate asks under the contracts between whom it acts for and the
// provider, see [State.Lets]. What it gives is shared: nobody changes it.
func (s *State) Between(client, provider ID) []*Contract {
	client, provider = client.System(), provider.System()
	own, _ := s.between.Get(pair{asker: client, provider: provider})
	groups, _ := s.inGroups.Get(client)
	if len(groups) == 0 {
		return own
	}
	found := slices.Clone(own)
	for _, g := range groups {
		shared, _ := s.between.Get(pair{g, provider, true})
		found = append(found, shared...)
	}
	return found
}

// Lets reports whether a contract lets client ask, for itself or, where behalf
// is not empty, on behalf of another subsystem.
func (s *State) Lets(c *Contract, client, behalf ID) bool {
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
	if c.Group == (ID{}) {
		return asks == c.Consumer
	}
	g, ok := s.groups.Get(c.Group)
	return ok && g.Holds(asks)
}
