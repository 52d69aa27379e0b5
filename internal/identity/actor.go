package identity

import "dobosh/internal/act"

// The roles. Everybody who has a national number is a resident, and so is whoever was
// reached at a contact, with that level of assurance; the others are given by an
// administrator.
const (
	Resident  act.Role = "resident"
	Registrar act.Role = "registrar" // records births
	Officer   act.Role = "officer"   // decides, releases payments
	Leader    act.Role = "leader"    // stands above officers: sees how much there is and what is late
	Operator  act.Role = "operator"  // runs the node
	Auditor   act.Role = "auditor"   // reads, changes nothing
	Contracts act.Role = "contracts" // signs contracts for the member

	Administrator act.Role = "administrator" // gives and takes roles
)

// Given are the roles that can be given.
func Given() []act.Role {
	return []act.Role{Registrar, Officer, Leader, Operator, Auditor, Contracts, Administrator}
}
