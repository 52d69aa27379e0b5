package identity

import (
	"slices"
	"time"
)

// Role is what an account may be trusted with.
type Role string

// The roles. Everybody who has a national number is a resident; the others are
// given by the configuration of the node.
const (
	Resident  Role = "resident"
	Registrar Role = "registrar" // records births
	Officer   Role = "officer"   // decides, releases payments
	Operator  Role = "operator"  // runs the node
	Auditor   Role = "auditor"   // reads, changes nothing
	Contracts Role = "contracts" // signs contracts for the member
)

func (r Role) valid() bool {
	return slices.Contains([]Role{Resident, Registrar, Officer, Operator, Auditor, Contracts}, r)
}

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
