package exchange

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"time"

	"dobosh/internal/registry"
)

// errPeer means that the other side of a connection is not who it should be.
var errPeer = errors.New("the other node is not known by this key")

// Pin is the SHA-256 of a public key (SubjectPublicKeyInfo) in hex, by which
// the registry knows a node's TLS key.
func Pin(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// Certificate makes a self-signed certificate around a node's TLS key. It
// lasts for the run of a process at most: what makes it valid is not its
// signature but that the registry knows the key.
func Certificate(key crypto.Signer, name string, now time.Time) (tls.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// ServerTLS accepts exactly the nodes of the registry.
func ServerTLS(cert tls.Certificate, state func() *registry.State) *tls.Config {
	return pinned(cert, func(pin string) bool {
		_, known := state().NodeByTLS(pin)
		return known
	})
}

// ClientTLS accepts exactly the node with the given pin.
func ClientTLS(cert tls.Certificate, pin string) *tls.Config {
	return pinned(cert, func(have string) bool { return have == pin })
}

// pinned replaces the check of a certificate chain by the check of the key.
// VerifyConnection also runs for resumed sessions, so that a key taken out of
// the registry is refused at the next connection.
func pinned(cert tls.Certificate, known func(pin string) bool) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		Certificates:       []tls.Certificate{cert},
		ClientAuth:         tls.RequireAnyClientCert,
		InsecureSkipVerify: true, // the chain says nothing here; VerifyConnection checks the key itself
		VerifyConnection: func(c tls.ConnectionState) error {
			if len(c.PeerCertificates) == 0 || !known(Pin(c.PeerCertificates[0])) {
				return errPeer
			}
			return nil
		},
	}
}

// peer finds the node at the other side of a request.
func peer(c *tls.ConnectionState, state *registry.State) (registry.Node, error) {
	if c == nil || len(c.PeerCertificates) == 0 {
		return registry.Node{}, errPeer
	}
	node, ok := state.NodeByTLS(Pin(c.PeerCertificates[0]))
	if !ok {
		return registry.Node{}, errPeer
	}
	return node, nil
}
