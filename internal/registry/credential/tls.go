package credential

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"

	"dobosh/internal/registry"
)

// Server accepts exactly the nodes of the registry. protocols are those of ALPN
// besides plain HTTP/1.1.
func (h *Holder) Server(protocols ...string) *tls.Config {
	cfg := h.mutual(func(c tls.ConnectionState) error {
		_, err := h.Peer(&c)
		return err
	})
	if len(protocols) > 0 {
		cfg.NextProtos = append(protocols, "http/1.1")
	}
	return cfg
}

// Client accepts exactly the node that the registry knows by pin, by either of
// its keys while it changes them; before the registry is known, exactly the key
// with this pin.
func (h *Holder) Client(pin string, protocols ...string) *tls.Config {
	cfg := h.mutual(func(c tls.ConnectionState) error {
		leaf, err := leafOf(&c)
		if err != nil {
			return err
		}
		if have := Pin(leaf); have != pin && !h.sameNode(pin, have) {
			return ErrPeer
		}
		return h.stands(leaf)
	})
	cfg.NextProtos = protocols
	return cfg
}

// Calling is the client of a node that does not know the registry yet: it proves
// its own key, and takes the other side for what it is by the pin of its key, or
// takes anybody where that is empty. What is asked there must prove itself.
func Calling(own *tls.Certificate, pin string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{*own}, InsecureSkipVerify: true, // VerifyConnection checks the key
		VerifyConnection: func(c tls.ConnectionState) error {
			leaf, err := leafOf(&c)
			if err == nil && pin != "" && Pin(leaf) != pin {
				return ErrPeer
			}
			return err
		},
	}
}

// sameNode reports whether two pins are of one node.
func (h *Holder) sameNode(pin, have string) bool {
	state := h.state()
	node, known := state.NodeByTLS(pin)
	other, also := state.NodeByTLS(have)
	return known && also && node.Member == other.Member && node.Name == other.Name
}

// mutual asks the other side for a certificate and leaves the judgement to
// verify, which also runs for resumed sessions: a key that was taken out of the
// registry is refused at the next connection.
func (h *Holder) mutual(verify func(tls.ConnectionState) error) *tls.Config {
	return &tls.Config{
		MinVersion:           tls.VersionTLS13,
		GetCertificate:       func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return h.Own(), nil },
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return h.Own(), nil },
		ClientAuth:           tls.RequireAnyClientCert,
		InsecureSkipVerify:   true, // names and roots of the system say nothing here; VerifyConnection checks key and issuer
		VerifyConnection:     verify,
	}
}

// The alerts of RFC 8446, section 6.2, by which a server says that it does not
// take the certificate of who calls.
const (
	alertBadCertificate     tls.AlertError = 42
	alertCertificateUnknown tls.AlertError = 46
	alertAccessDenied       tls.AlertError = 49
)

// Refused reports whether a connection failed because the other side does not
// take what this one shows: its registry does not have this node, or the
// certificate does not stand. With TLS 1.3 the one that dials hears of it only when
// it first reads.
func Refused(err error) bool {
	remote, is := errors.AsType[*net.OpError](err)
	if !is || remote.Op != "remote error" {
		return false
	}
	said := remote.Err.Error() // crypto/tls gives a type of its own here that it does not export
	return slices.ContainsFunc([]tls.AlertError{alertBadCertificate, alertCertificateUnknown, alertAccessDenied}, func(a tls.AlertError) bool { return said == a.Error() })
}

// Peer finds the node at the other side of a connection. It is asked again for
// every request, so that a key that was taken out of the registry, or a
// certificate that ended, is refused on connections that are open.
func (h *Holder) Peer(c *tls.ConnectionState) (registry.Node, error) {
	leaf, err := leafOf(c)
	if err != nil {
		return registry.Node{}, err
	}
	node, known := h.state().NodeByTLS(Pin(leaf))
	if !known {
		return registry.Node{}, ErrPeer
	}
	return node, h.stands(leaf)
}

func leafOf(c *tls.ConnectionState) (*x509.Certificate, error) {
	if c == nil || len(c.PeerCertificates) == 0 {
		return nil, fmt.Errorf("%w: it shows none", ErrPeer)
	}
	return c.PeerCertificates[0], nil
}

// Admitting is a server that also lets in, over the protocol open alone, whoever
// has any key at all: what is served there decides for itself.
func (h *Holder) Admitting(open string, protocols ...string) *tls.Config {
	cfg := h.Server(append(protocols, open)...)
	judge := cfg.VerifyConnection
	cfg.VerifyConnection = func(c tls.ConnectionState) error {
		if c.NegotiatedProtocol == open {
			return nil
		}
		return judge(c)
	}
	return cfg
}
