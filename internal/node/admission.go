package node

import (
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"

	"dobosh/internal/admission"
	"dobosh/internal/exchange/link"
	"dobosh/internal/journal"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// admitting is what a node has to do with the admission of nodes.
type admitting struct {
	office  *admission.Office  // at the authority
	asking  *admission.Client  // elsewhere: asks the office of the authority
	renewer *admission.Renewer // nil where no certificates are issued
}

// openAdmission makes the authority ready to admit others and every node ready
// to renew its certificate.
func (n *Node) openAdmission(ctx context.Context) error {
	if n.authority == nil {
		n.asking = n.askAuthority()
		n.renewer = admission.NewRenewer(n.credential, func(ctx context.Context, key crypto.Signer) ([]byte, error) {
			return n.asking.Renew(ctx, key, n.cfg.Name)
		}, n.saveCertificate, n.now, n.log)
		return nil
	}
	issuer, err := n.openIssuer(ctx)
	if err != nil {
		return err
	}
	if err := n.openOffice(issuer); err != nil || issuer == nil {
		return err
	}
	n.renewer = admission.NewRenewer(n.credential, func(_ context.Context, key crypto.Signer) ([]byte, error) {
		return issuer.Issue(key.Public(), n.cfg.Member, n.cfg.Name)
	}, n.saveCertificate, n.now, n.log)
	n.renewer.Step(ctx)
	return nil
}

// askAuthority reaches the authority's office by its key alone, since the own
// certificate may have ended.
func (n *Node) askAuthority() *admission.Client {
	return admission.NewClient(n.cfg.Registry.Address, func(pin string) bool { return pin == n.cfg.Registry.Pin }, n.credential.Own)
}

// openIssuer opens what signs the certificates of nodes; nil where nothing does.
func (n *Node) openIssuer(ctx context.Context) (*credential.Issuer, error) {
	if n.cfg.Certificates.Issuer == "" {
		return nil, nil
	}
	key, err := credential.ReadKey(n.cfg.Certificates.Issuer)
	if err != nil {
		return nil, err
	}
	return admission.OpenIssuer(ctx, n.authority, key, n.cfg.Member, n.cfg.Certificates.Life, n.now)
}

func (n *Node) openOffice(issuer *credential.Issuer) error {
	key, err := credential.ReadKey(n.cfg.Keys.Registry)
	if err != nil {
		return err
	}
	verifier, err := journal.NewKey(RegistryOrigin(n.cfg.Member.Instance), credential.PublicOf(key))
	if err != nil {
		return err
	}
	witnesses, err := n.ownWitness()
	if err != nil {
		return err
	}
	n.office = admission.NewOffice(admission.OfficeConfig{
		DB: n.db, Registry: n.authority, Issuer: issuer, Holder: n.credential, Address: n.joinAddress(), Key: fmt.Sprint(verifier),
		Witnesses: witnesses, Journal: n.journal, Now: n.now, Log: n.log,
	})
	return nil
}

// joinAddress is where joining nodes reach this authority.
func (n *Node) joinAddress() string {
	if n.cfg.Certificates.Address != "" {
		return n.cfg.Certificates.Address
	}
	if own, known := n.registry.State().NodeByTLS(n.credential.Pin()); known {
		return own.Address
	}
	return n.cfg.Listen.Exchange
}

// ownWitness tells new nodes to have their journals cosigned here, where this
// node is a witness.
func (n *Node) ownWitness() ([]admission.Witness, error) {
	if n.cfg.WitnessName == "" {
		return nil, nil
	}
	key, err := credential.ReadKey(n.cfg.Keys.Witness)
	if err != nil {
		return nil, err
	}
	verifier, err := journal.NewCosignerKey(n.cfg.WitnessName, credential.PublicOf(key))
	if err != nil {
		return nil, err
	}
	return []admission.Witness{{Address: n.joinAddress(), Pin: n.credential.Pin(), Key: fmt.Sprint(verifier)}}, nil
}

// startAdmission keeps the certificate fresh. The registry is followed after the
// first attempt to renew it: where the registry names an issuer, a node without a
// certificate is let in nowhere else.
func (n *Node) startAdmission(ctx context.Context) {
	if n.renewer == nil {
		return // the authority without an issuer follows nobody
	}
	n.done.Go(func() {
		n.renewer.Step(ctx)
		if n.follower != nil {
			n.done.Go(func() { n.follower.Run(ctx) })
		}
		n.renewer.Run(ctx)
	})
}

// secure is the TLS of the exchange listener. Joiners come over a protocol of
// their own.
func (n *Node) secure(protocols ...string) *tls.Config {
	if n.office == nil {
		return n.credential.Server(protocols...)
	}
	return n.credential.Admitting(admission.Protocol, protocols...)
}

// Certificate describes the certificate of this node and its renewal.
func (n *Node) Certificate() credential.Report {
	if n.renewer == nil {
		return n.credential.Report()
	}
	return n.renewer.Report()
}

// Certify issues a certificate to the key of another node; the caller answers for
// that it is. It fails where this node is no issuer.
func (n *Node) Certify(key crypto.PublicKey, member registry.ID, name string) ([]byte, error) {
	if n.office == nil || n.office.Issuer == nil {
		return nil, errors.New("this node issues no certificates")
	}
	return n.office.Issuer.Issue(key, member, name)
}

func (n *Node) saveCertificate(der []byte) error { return credential.Save(n.cfg.Dir, der) }

// nextProtocols are the protocols of a surface besides HTTP/1.1, by their ALPN
// names.
func (n *Node) nextProtocols(surface string) map[string]func(*http.Server, *tls.Conn, http.Handler) {
	next := map[string]func(*http.Server, *tls.Conn, http.Handler){} // not nil: HTTP/2 is not spoken
	if surface != "exchange" {
		return next
	}
	next[link.Protocol] = n.gateway.ServeConn
	if n.office != nil {
		next[admission.Protocol] = n.office.ServeConn
	}
	return next
}
