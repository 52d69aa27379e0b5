package node

import (
	"context"
	"net/http"

	"dobosh/internal/catalogue"
	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/contracts"
	"dobosh/internal/registry"
)

// openDesk opens the desk at which this member makes contracts.
func (n *Node) openDesk(context.Context) error {
	n.desk = contracts.New(contracts.Config{
		Member: n.cfg.Member, DB: n.db, Work: n.jobs, State: n.registry.State, Registry: n.submitter, Courier: contracts.HTTP{Client: n.letterClient},
		Law: n.pack, Signer: n.signer, Journal: n.journal, Descriptions: offered{n.described}, Now: n.now, Log: n.log,
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

// describer gives the description of a service; the catalogue is one.
type describer interface {
	Description(ctx context.Context, service registry.ID) (*openapi.Document, error)
}

// offered tells the desk what services offer, by their descriptions.
type offered struct{ describer }

// Operations implements contracts.Descriptions. A description that cannot be
// read now is as good as none: the terms are then typed.
func (o offered) Operations(ctx context.Context, service registry.ID) ([]contracts.Operation, bool) {
	doc, err := o.Description(ctx, service)
	if err != nil {
		return nil, false
	}
	operations := make([]contracts.Operation, len(doc.Operations))
	for i, op := range doc.Operations {
		operations[i] = contracts.Operation{Method: op.Method, Path: op.Path, Says: op.Title}
		for _, f := range catalogue.Fields(op) {
			operations[i].Fields = append(operations[i].Fields, contracts.Pointer(f))
		}
	}
	return operations, true
}
