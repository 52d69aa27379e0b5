package node

import (
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"dobosh/internal/admission"
	"dobosh/internal/exchange"
	"dobosh/internal/exchange/link"
	"dobosh/internal/journal"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/storage"
)

// gate is how the node is let in by others and lets others in.
type gate struct {
	holder  *credential.Holder
	office  *admission.Office  // at the authority
	renewer *admission.Renewer // nil where no certificates are issued
}

// openGate makes the authority ready to admit others and every node ready to
// renew its certificate. The registry is followed after the first attempt to
// renew it: where the registry names an issuer, a node without a certificate is
// let in nowhere else.
func openGate(ctx context.Context, b base, db *storage.DB, c centre, holder *credential.Holder, log watched) (gate, Brings, error) {
	g := gate{holder: holder}
	if c.authority == nil {
		g.renewer = b.renewer(c.State, holder)
		return g, Brings{Work: []func(context.Context){func(ctx context.Context) {
			g.renewer.Step(ctx)
			var following sync.WaitGroup
			defer following.Wait()
			following.Go(func() { c.follower.Run(ctx) })
			g.renewer.Run(ctx)
		}}}, nil
	}
	var issuer *credential.Issuer
	if b.Certificates.Issuer != "" {
		key, err := credential.ReadKey(b.Certificates.Issuer)
		if err != nil {
			return g, Brings{}, err
		}
		if issuer, err = admission.OpenIssuer(ctx, c.authority, key, b.Member, b.Certificates.Life, b.now); err != nil {
			return g, Brings{}, err
		}
	}
	witnesses, err := b.ownWitness(b.joinAddress(c, holder), holder.Pin())
	if err != nil {
		return g, Brings{}, err
	}
	g.office = admission.NewOffice(admission.OfficeConfig{
		DB: db, Registry: c.authority, Issuer: issuer, Holder: holder, Address: b.joinAddress(c, holder), Key: fmt.Sprint(c.Key()),
		Witnesses: witnesses, Journal: log, Watch: log.watch, Now: b.now, Log: b.log,
	})
	c.authority.Reaching(g.office.ConnectBack)
	if issuer == nil {
		return g, Brings{}, nil // the authority follows nobody
	}
	g.renewer = admission.NewRenewer(holder, func(_ context.Context, key crypto.Signer) ([]byte, error) {
		return issuer.Issue(key.Public(), b.Member, b.Name)
	}, b.saveCertificate, b.now, b.log)
	g.renewer.Step(ctx)
	return g, Brings{Work: []func(context.Context){g.renewer.Run}}, nil
}

func (b base) saveCertificate(der []byte) error { return credential.Save(b.Dir, der) }

// renewer renews the certificate of a node that follows. The authority's office is
// reached by its key alone, since the own certificate may have ended.
func (b base) renewer(state func() *registry.State, holder *credential.Holder) *admission.Renewer {
	return admission.NewRenewer(holder, func(ctx context.Context, key crypto.Signer) ([]byte, error) {
		return firstOf(b.authorities(state()), func(p Peer) ([]byte, error) {
			return admission.NewClient(p.Address, func(pin string) bool { return pin == p.Pin }, holder.Own).Renew(ctx, key, b.Name)
		})
	}, b.saveCertificate, b.now, b.log)
}

// certify asks once for a certificate where the node that follows has none: it ended while
// the node stood still, or is of an older copy. Who is asked what is known of the journal
// answers nobody without one. The renewer goes on where this did not succeed.
func (b base) certify(ctx context.Context, state func() *registry.State, holder *credential.Holder) {
	if b.Registry.Authority || holder.Report().Issued() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, hearMoment)
	defer cancel()
	b.renewer(state, holder).Step(ctx)
}

// joinAddress is where joining nodes reach this authority.
func (c Config) joinAddress(at centre, holder *credential.Holder) string {
	if c.Certificates.Address != "" {
		return c.Certificates.Address
	}
	if own, known := at.State().NodeByTLS(holder.Pin()); known {
		return own.Address
	}
	return c.Listen.Exchange
}

// ownWitness tells new nodes to have their journals cosigned here, where this
// node is a witness.
func (c Config) ownWitness(address, pin string) ([]admission.Witness, error) {
	if c.WitnessName == "" {
		return nil, nil
	}
	key, err := credential.ReadKey(c.Keys.Witness)
	if err != nil {
		return nil, err
	}
	verifier, err := journal.NewCosignerKey(c.WitnessName, credential.PublicOf(key))
	if err != nil {
		return nil, err
	}
	return []admission.Witness{{Address: address, Pin: pin, Key: fmt.Sprint(verifier)}}, nil
}

// secure is the TLS of the exchange listener. Joiners come over a protocol of
// their own.
func (g gate) secure(protocols ...string) *tls.Config {
	if g.office == nil {
		return g.holder.Server(protocols...)
	}
	return g.holder.Admitting(admission.Protocol, protocols...)
}

// protocols are those of the exchange listener besides HTTP/1.1, by their ALPN
// names.
func (g gate) protocols(gateway *exchange.Gateway) map[string]func(*http.Server, *tls.Conn, http.Handler) {
	next := map[string]func(*http.Server, *tls.Conn, http.Handler){link.Protocol: gateway.ServeConn}
	if g.office != nil {
		next[admission.Protocol] = g.office.ServeConn
	}
	return next
}

// certificate describes the certificate of this node and its renewal.
func (g gate) certificate() credential.Report {
	if g.renewer == nil {
		return g.holder.Report()
	}
	return g.renewer.Report()
}

// client reaches one node. Letters and questions about the registry are rare: no
// connection is kept.
func (g gate) client(to registry.Node) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: g.holder.Client(to.TLS), DisableKeepAlives: true}}
}

// member is who comes over the exchange listener.
func (g gate) member(r *http.Request) (registry.ID, error) {
	peer, err := g.holder.Peer(r.TLS)
	return peer.Member, err
}

// Certify issues a certificate to the key of another node; the caller answers for
// that it is. It fails where this node is no issuer.
func (n *Node) Certify(key crypto.PublicKey, member registry.ID, name string) ([]byte, error) {
	office := n.rooms.gate.office
	if office == nil || office.Issuer == nil {
		return nil, errors.New("this node issues no certificates")
	}
	return office.Issuer.Issue(key, member, name)
}
