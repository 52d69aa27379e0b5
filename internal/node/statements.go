package node

import (
	"net/http"

	"dobosh/internal/registry"
)

// openSubmitter makes what brings the member's own statements into the
// registry, signed by the node's journal key.
func (n *Node) openSubmitter() error {
	if n.authority != nil {
		n.submitter = n.authority.Submitter(n.cfg.Member, n.signer)
		return nil
	}
	n.submitter = n.follower.Submitter("https://"+n.cfg.Registry.Address+registry.StatementsPath, n.cfg.Member, n.signer)
	return nil
}

// takeStatements lets members submit to the authority.
func (n *Node) takeStatements(mux *http.ServeMux) {
	if n.authority == nil {
		return
	}
	member := func(r *http.Request) (registry.ID, bool) {
		peer, err := n.credential.Peer(r.TLS)
		return peer.Member, err == nil
	}
	mux.Handle("POST "+registry.StatementsPath, n.authority.Statements(member, n.log))
}
