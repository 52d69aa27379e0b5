package node

import (
	"context"
	"net/http"

	"dobosh/internal/registry"
	"dobosh/internal/registry/desk"
)

// openDesk opens the desk at which this member makes contracts.
func (n *Node) openDesk(context.Context) error {
	n.desk = desk.New(desk.Config{
		Member: n.cfg.Member, DB: n.db, State: n.registry.State, Registry: n.submitter, Courier: desk.HTTP{Client: n.letterClient},
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
	mux.Handle("POST "+desk.Path, n.desk.Handler(func(r *http.Request) (registry.ID, error) {
		peer, err := n.credential.Peer(r.TLS)
		return peer.Member, err
	}))
}
