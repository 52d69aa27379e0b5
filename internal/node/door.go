package node

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/admission"
	"dobosh/internal/exchange"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/journal/witness"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/node/operator"
	"dobosh/internal/registry"
)

// byOperator names, in the journal, who came through the operator's door.
const byOperator = "operator"

// doorName tells the door from the surfaces that have an address.
const doorName = "operator"

// door is what the operator does with a running node, and how the node answers.
type door struct {
	base
	centre
	gate
	journal   *journal.Log
	witnesses witnesses
	gateway   *exchange.Gateway
	rotation  *admission.Rotation

	publishing *witness.Cosigner // of the registry; nil elsewhere, and without witnesses
	words      *lang.Catalogue
	acts       map[string]act.Act // that can be done by a command, by name
	since      time.Time          // the node was opened
	begun      time.Time          // the same by the clock of the machine, which measures how long ago that is
}

// handler takes the commands of the operator, who comes through a socket in the
// node's folder.
func (d *door) routes() *routes {
	r := newRoutes()
	operator.On(r, operator.Token(), d.log, d.makeToken)
	operator.On(r, operator.Revoke(), d.log, d.revoke)
	operator.On(r, operator.Enact(), d.log, d.enact)
	operator.On(r, operator.Maintain(), d.log, d.maintain)
	operator.On(r, operator.Rotate(), d.log, d.rotate)
	operator.On(r, operator.Do(), d.log, d.do)
	operator.On(r, operator.Status(), d.log, func(context.Context, operator.Done) (operator.Report, error) { return d.report(), nil })
	return r
}

// actors are the rooms whose acts can be done by a command.
type actors interface{ Acts() ([]act.Act, error) }

func actsOf(rooms ...actors) (map[string]act.Act, error) {
	byName := map[string]act.Act{}
	for _, room := range rooms {
		acts, err := room.Acts()
		if err != nil {
			return nil, err
		}
		for _, a := range acts {
			byName[a.Name] = a
		}
	}
	return byName, nil
}

// do does an act of a room, as whoever operates the node: they could read the keys of
// the member as well.
func (d *door) do(ctx context.Context, in operator.Doing) (operator.Outcome, error) {
	a, known := d.acts[in.Act]
	if !known {
		return operator.Outcome{}, problem.New(problem.NotFound, "question-unknown")
	}
	values, inPath := url.Values{}, map[string]string{}
	for name, given := range in.Values {
		values[name] = given
	}
	for name, content := range in.Files {
		values[name] = []string{string(content)}
	}
	for _, f := range a.Fields {
		if f.InPath {
			inPath[f.Name] = values.Get(f.Name)
			values.Del(f.Name)
		}
	}
	out, err := a.Do(ctx, act.As(byOperator, identity.Operator, identity.Contracts, identity.Auditor), act.FromValues(values).With(inPath))
	if err != nil {
		return operator.Outcome{}, err
	}
	raw, err := json.Marshal(out)
	return operator.Outcome{Value: raw}, err
}

// listenOperator lets the operator in. It comes after the journal, whose lock
// makes sure that no other process runs the node.
func (n *Node) listenOperator(ctx context.Context, d *door) error {
	listener, err := operator.Listen(ctx, n.Dir)
	if err != nil {
		return err
	}
	answers := d.routes()
	n.servers = append(n.servers, &server{name: doorName, rows: answers.rows, listener: listener, serving: &http.Server{
		Handler: n.operated(answers), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 60 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug),
	}})
	return nil
}

// rotate replaces keys while the node serves, and goes on when the operator has
// gone.
func (d *door) rotate(ctx context.Context, r operator.Rotation) (out operator.Rotated, err error) {
	if err := d.mayTell(); err != nil {
		return out, err
	}
	done := make(chan struct{})
	d.rotation.Beside(func(ctx context.Context) {
		defer close(done)
		var keys admission.Keys
		keys, err = d.rotation.Turn(ctx, r.TLS, r.Log, r.Wait)
		out = operator.Rotated{TLS: keys.TLS, Log: keys.Log}
	})
	select {
	case <-done:
		if err == nil {
			_, _, err = d.told(ctx)
		}
		return out, err
	case <-ctx.Done():
		return operator.Rotated{}, ctx.Err()
	}
}

// atOffice is the problem of a node that does not keep the registry.
func (d *door) atOffice() (*admission.Office, error) {
	if d.office == nil {
		return nil, problem.New(problem.Forbidden, "authority-only")
	}
	return d.office, nil
}

func (d *door) makeToken(ctx context.Context, g operator.Grant) (operator.Made, error) {
	office, err := d.atOffice()
	if err != nil {
		return operator.Made{}, err
	}
	grant := admission.Grant{Member: g.Member, Title: g.Title, Subsystems: g.Subsystems, Node: g.Node, Addresses: g.Addresses}
	text, made, err := office.Offer(ctx, grant, byOperator, g.Life)
	return operator.Made{Text: text, Until: made.Until}, err
}

func (d *door) revoke(ctx context.Context, r operator.Revocation) (operator.Told, error) {
	office, err := d.atOffice()
	if err != nil {
		return operator.Told{}, err
	}
	if err := office.Revoke(ctx, r.Member, r.Node, r.Why, byOperator); err != nil {
		return operator.Told{}, err
	}
	size := d.State().Size
	heard, nodes, err := d.told(ctx)
	return operator.Told{Heard: heard, Nodes: nodes, Uncosigned: !d.cosigned(size)}, err
}

// cosigned reports whether the quorum of witnesses, where there is one, has
// cosigned so many statements of the registry.
func (d *door) cosigned(size int64) bool {
	return len(d.base.Registry.Witnesses) == 0 || d.publishing == nil || d.publishing.Covers(size)
}

// enact states the instruments that the registry does not have as they are. Those
// of one command stand together or not at all.
func (d *door) enact(ctx context.Context, e operator.Enactment) (operator.Enacted, error) {
	if d.authority == nil {
		return operator.Enacted{}, problem.New(problem.Forbidden, "authority-only")
	}
	var news []registry.Statement
	for _, i := range e.Instruments {
		have, known := d.State().Instrument(i.Ref)
		if known && have.Digest != "" && have.Digest == i.Digest {
			i.From = have.From // the same text holds since then
		}
		if st := (registry.Statement{Instrument: &i}); !d.Says(st) {
			news = append(news, st)
		}
	}
	if len(news) > 0 {
		if err := d.office.Enacts(ctx, byOperator, news); err != nil {
			return operator.Enacted{}, err
		}
	}
	heard, nodes, err := d.told(ctx)
	return operator.Enacted{New: len(news), Size: d.State().Size, Heard: heard, Nodes: nodes}, err
}

// report says how the node is.
func (d *door) report() operator.Report {
	r := operator.Report{Node: d.Name, Member: d.Member, Version: Version, At: d.now(), Since: d.since, Until: d.pauseEnds()}
	r.State = d.standing()
	r.Registry = d.registryState()
	r.Journal = operator.JournalState{Key: fmt.Sprint(d.journal.Key()), Entries: d.journal.Size()}
	if err := d.journal.Err(); err != nil {
		r.Journal.Fault = err.Error()
	}
	r.Witnesses = d.witnessStates()
	c := d.certificate()
	r.Certificate = operator.Certificate{Pin: c.Pin, Issuer: c.Issuer, From: c.NotBefore, Until: c.NotAfter, RenewAt: c.RenewAt, Fault: c.LastError}
	r.Peers, r.MorePeers = d.others()
	r.Connections.Asking, r.Connections.Answering, r.Connections.Streams = d.gateway.Connections()
	return r
}

// standing is how the node stands in the registry, in a word.
func (d *door) standing() string {
	own, known := d.State().Node(d.Member, d.Name)
	if !known {
		return "unregistered"
	}
	return cmp.Or(own.State, "serving")
}

func (d *door) registryState() operator.RegistryState {
	s := operator.RegistryState{Authority: d.authority != nil, Statements: d.State().Size, Confirmed: d.contact(d.now())}
	_, s.Forked = d.Forked()
	s.Uncosigned = d.Uncosigned()
	if d.authority == nil {
		s.StopsAt = s.Confirmed.Add(cmp.Or(d.base.Registry.Stale, exchange.DefaultStale))
	}
	return s
}

func (d *door) witnessStates() []operator.Witness {
	list := []operator.Witness{}
	if d.witnesses.Cosigner == nil {
		return list
	}
	for _, w := range d.witnesses.Status() {
		list = append(list, operator.Witness{Name: w.Name, Size: w.Size, At: w.At, Fault: w.Error})
	}
	return list
}

// others lists the other nodes of the registry, as many as a report holds.
func (d *door) others() (list []operator.Peer, more int) {
	list = []operator.Peer{}
	state := d.State()
	for _, m := range state.Members() {
		for _, peer := range state.Nodes(m.ID) {
			switch {
			case peer.Member == d.Member && peer.Name == d.Name:
			case len(list) == operator.MaxPeers:
				more++
			default:
				list = append(list, operator.Peer{Member: peer.Member, Node: peer.Name, Address: peer.Address, State: cmp.Or(peer.State, "serving")})
			}
		}
	}
	return list, more
}
