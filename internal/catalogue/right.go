package catalogue

import (
	"dobosh/internal/act"
	"dobosh/internal/identity"
)

// RightToDescribe is that of the engineers of a member: who operates its node
// describes its services.
func RightToDescribe() act.Right { return act.Only(identity.Operator) }

// RightToAsk is that of whoever works under the member's contracts, and of its
// engineers.
func RightToAsk() act.Right {
	return act.Only(identity.Operator, identity.Contracts, identity.Auditor)
}

func (r *Room) mayDescribe(by act.Actor) error { return RightToDescribe().Check(by, r.matter()) }

func (r *Room) mayAsk(by act.Actor) error { return RightToAsk().Check(by, r.matter()) }

// matter is that of the room: the services and contracts of this member.
func (r *Room) matter() act.Scope { return act.Scope{Body: r.Member.String()} }
