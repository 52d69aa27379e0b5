package node

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"dobosh/internal/admission"
	"dobosh/internal/exchange"
	"dobosh/internal/kit/problem"
	"dobosh/internal/node/operator"
)

// byOperator names, in the journal, who came through the operator's door.
const byOperator = "operator"

// doorName tells the door from the surfaces that have an address.
const doorName = "operator"

// openDoor lets the operator in: a socket in the node's folder. It comes after
// the journal, whose lock makes sure that no other process runs the node.
func (n *Node) openDoor(ctx context.Context) error {
	listener, err := operator.Listen(ctx, n.cfg.Dir)
	if err != nil {
		return err
	}
	n.since = n.now()
	mux := http.NewServeMux()
	operator.On(mux, operator.Token(), n.log, n.makeToken)
	operator.On(mux, operator.Revoke(), n.log, n.revoke)
	operator.On(mux, operator.Maintain(), n.log, n.maintain)
	operator.On(mux, operator.Rotate(), n.log, n.rotate)
	operator.On(mux, operator.Status(), n.log, func(context.Context, operator.Done) (operator.Report, error) { return n.report(), nil })
	n.servers = append(n.servers, &server{name: doorName, listener: listener, serving: &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 60 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug),
	}})
	return nil
}

// atOffice is the problem of a node that does not keep the registry.
func (n *Node) atOffice() (*admission.Office, error) {
	if n.office == nil {
		return nil, problem.New(problem.Forbidden, "authority-only")
	}
	return n.office, nil
}

func (n *Node) makeToken(ctx context.Context, g operator.Grant) (operator.Made, error) {
	office, err := n.atOffice()
	if err != nil {
		return operator.Made{}, err
	}
	grant := admission.Grant{Member: g.Member, Title: g.Title, Subsystems: g.Subsystems, Node: g.Node, Addresses: g.Addresses}
	text, made, err := office.Offer(ctx, grant, byOperator, g.Life)
	return operator.Made{Text: text, Until: made.Until}, err
}

func (n *Node) revoke(ctx context.Context, r operator.Revocation) (operator.Done, error) {
	office, err := n.atOffice()
	if err != nil {
		return operator.Done{}, err
	}
	return operator.Done{}, office.Revoke(ctx, r.Member, r.Node, r.Why, byOperator)
}

// report says how the node is.
func (n *Node) report() operator.Report {
	r := operator.Report{Node: n.cfg.Name, Member: n.cfg.Member, Version: Version, At: n.now(), Since: n.since, Until: n.pauseEnds()}
	r.State = n.standing()
	r.Registry = n.registryState()
	r.Journal = operator.JournalState{Key: fmt.Sprint(n.journal.Key()), Entries: n.journal.Size()}
	if err := n.journal.Err(); err != nil {
		r.Journal.Fault = err.Error()
	}
	r.Witnesses = n.witnessStates()
	c := n.Certificate()
	r.Certificate = operator.Certificate{Pin: c.Pin, Issuer: c.Issuer, From: c.NotBefore, Until: c.NotAfter, RenewAt: c.RenewAt, Fault: c.LastError}
	r.Peers, r.MorePeers = n.others()
	r.Connections.Asking, r.Connections.Answering, r.Connections.Streams = n.gateway.Connections()
	return r
}

// standing is how the node stands in the registry, in a word.
func (n *Node) standing() string {
	own, known := n.registry.State().Node(n.cfg.Member, n.cfg.Name)
	if !known {
		return "unregistered"
	}
	return cmp.Or(own.State, "serving")
}

func (n *Node) registryState() operator.RegistryState {
	s := operator.RegistryState{Authority: n.authority != nil, Statements: n.registry.State().Size, Confirmed: n.contact()}
	_, s.Forked = n.registry.Forked()
	if n.authority == nil {
		s.StopsAt = s.Confirmed.Add(cmp.Or(n.cfg.Registry.Stale, exchange.DefaultStale))
	}
	return s
}

func (n *Node) witnessStates() []operator.Witness {
	list := []operator.Witness{}
	if n.cosigner == nil {
		return list
	}
	for _, w := range n.cosigner.Status() {
		list = append(list, operator.Witness{Name: w.Name, Size: w.Size, At: w.At, Fault: w.Error})
	}
	return list
}

// others lists the other nodes of the registry, as many as a report holds.
func (n *Node) others() (list []operator.Peer, more int) {
	list = []operator.Peer{}
	state := n.registry.State()
	for _, m := range state.Members() {
		for _, peer := range state.Nodes(m.ID) {
			switch {
			case peer.Member == n.cfg.Member && peer.Name == n.cfg.Name:
			case len(list) == operator.MaxPeers:
				more++
			default:
				list = append(list, operator.Peer{Member: peer.Member, Node: peer.Name, Address: peer.Address, State: cmp.Or(peer.State, "serving")})
			}
		}
	}
	return list, more
}
