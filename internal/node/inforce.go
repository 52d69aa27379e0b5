package node

import (
	"dobosh/internal/kit/civil"
	"dobosh/internal/law"
	"dobosh/internal/registry"
)

// inForce is the law as this node applies it to contracts: a provision is in
// force when the pack says so, and the registry does not say that its instrument
// has ended. It implements exchange.Law.
type inForce struct {
	pack  *law.Pack
	state func() *registry.State
}

// InForce returns nil, or a problem that names the provision.
func (l inForce) InForce(ref law.Ref, day civil.Day) error {
	if err := l.pack.InForce(ref, day); err != nil {
		return err
	}
	return l.state().Provision(ref, day.Start())
}
