package act

import (
	"slices"
	"time"
)

// Role is what an actor may be trusted with. Package identity names the roles.
type Role string

// Actor is who does something. The zero Actor is nobody and may nothing.
type Actor struct {
	Account  string            // the subject at the identity provider
	Name     string            // for greetings and the record of a decision
	Roles    []Role            // in no order
	Persons  map[string]string // sector → pseudonym; empty for an account that is no person
	AuthTime time.Time         // when the identity provider saw the person
}

// Has says whether the actor has a role.
func (a Actor) Has(role Role) bool { return slices.Contains(a.Roles, role) }

// Is returns who the actor is in a sector, or "" when nobody there.
func (a Actor) Is(sector string) string { return a.Persons[sector] }
