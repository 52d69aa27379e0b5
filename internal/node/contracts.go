package node

import (
	"context"
	"net/http"

	"dobosh/internal/contracts"
	"dobosh/internal/registry"
)

// openDesk opens the desk at which this member makes contracts.
func (n *Node) openDesk(context.Context) error {
	n.desk = contracts.New(contracts.Config{
		Member: n.cfg.Member, DB: n.db, Work: n.jobs, State: n.registry.State, Registry: n.submitter, Courier: contracts.HTTP{Client: n.letterClient},
		Law: n.pack, Signer: n.signer, Journal: n.journal, Descriptions: described{n.described}, Now: n.now, Log: n.log,
	})
	return nil
}

// letterClient reaches one node. Letters are rare: no connection is kept.
func (n *Node) letterClient(to registry.Node) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: n.credential.Client(to.TLS), DisableKeepAlives: true}}
}

// takeLetters lets other members propose contracts and answer.
func (n *Node) takeLetters(mux *http.ServeMux) {
	mux.Handle("POST "+contracts.Path, n.desk.Handler(func(r *http.Request) (registry.ID, error) {
		peer, err := n.credential.Peer(r.TLS)
		return peer.Member, err
	}))
}
