package node

import (
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// openCredential reads the TLS key. What the registry says is asked later, when
// it is open.
func (n *Node) openCredential() error {
	key, err := ReadKey(n.cfg.Keys.TLS)
	if err != nil {
		return err
	}
	own, err := credential.SelfSigned(key, n.cfg.Name, n.now())
	if err != nil {
		return err
	}
	n.credential = credential.NewHolder(own, func() *registry.State { return n.registry.State() }, n.now)
	return nil
}
