package node

import (
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// openCredential reads the TLS key and the certificate that was issued to it
// last; without one the node signs its own. What the registry says is asked
// later, when it is open.
func (n *Node) openCredential() error {
	key, err := ReadKey(n.cfg.Keys.TLS)
	if err != nil {
		return err
	}
	own, saved := n.savedCertificate(key)
	if !saved {
		if own, err = credential.SelfSigned(key, n.cfg.Name, n.now()); err != nil {
			return err
		}
	}
	n.credential = credential.NewHolder(own, func() *registry.State { return n.registry.State() }, n.now)
	return nil
}
