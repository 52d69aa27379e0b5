package registry

import (
	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
)

// Law is the law as a node applies it to contracts: a provision is in force when
// the pack says so, and the registry does not say that its instrument has ended.
type Law struct {
	Pack  *law.Pack
	State func() *State
}

// InForce returns nil, or a problem that names the provision.
func (l Law) InForce(ref law.Ref, day civil.Day) error {
	if err := l.Pack.InForce(ref, day); err != nil {
		return err
	}
	return l.State().Provision(ref, day.Start())
}
