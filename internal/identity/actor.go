package identity

import (
	"slices"

	"dobosh/internal/act"
)

// The roles. Everybody who has a national number is a resident; the others are
// given by the configuration of the node.
const (
	Resident  act.Role = "resident"
	Registrar act.Role = "registrar" // records births
	Officer   act.Role = "officer"   // decides, releases payments
	Operator  act.Role = "operator"  // runs the node
	Auditor   act.Role = "auditor"   // reads, changes nothing
	Contracts act.Role = "contracts" // signs contracts for the member
)

func valid(r act.Role) bool {
	return slices.Contains([]act.Role{Resident, Registrar, Officer, Operator, Auditor, Contracts}, r)
}
