package node

import (
	"dobosh/internal/exchange/evidence"
	"dobosh/internal/journal"
	"dobosh/internal/services"
)

// papers check what people hold: the decisions of this institution, and evidence
// from anywhere in the instance.
type papers struct {
	*services.Room
	node *Node
}

// Believed implements web.Verifier: the registry that the node follows, and the
// witnesses that its configuration names.
func (p papers) Believed() evidence.Trust {
	trust := evidence.Trust{Registry: p.node.registry.Key()}
	for _, witnesses := range [][]Witness{p.node.cfg.Witnesses, p.node.cfg.Registry.Witnesses} {
		for _, w := range witnesses {
			if key, err := journal.ParseKey(w.Key); err == nil {
				trust.Witnesses = append(trust.Witnesses, key)
			}
		}
	}
	return trust
}
