package identity

import (
	"dobosh/internal/act"
	"dobosh/internal/kit/jmbg"
)

// Person is the actor that somebody is who was recognised by the number on the
// identity card and has no session: a resident, with a name in every sector that
// this node knows.
func (s *Sectors) Person(number jmbg.Number) (act.Actor, error) {
	person := act.Actor{Grants: []act.Grant{{Role: Resident}}, Persons: map[string]string{}}
	for sector := range s.blocks {
		pseudonym, err := s.Pseudonym(sector, number)
		if err != nil {
			return act.Actor{}, err
		}
		person.Persons[sector] = pseudonym
	}
	return person, nil
}
