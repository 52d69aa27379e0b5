package edge

import (
	"crypto/sha256"
	"crypto/tls"
	"fmt"

	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"

	"github.com/valyala/fasthttp"
)

// Connection is how a client must come to be taken for a subsystem.
type Connection int

// The kinds of connection, as X-Road has them.
const (
	HTTP        Connection = iota // any: who reaches the address may ask for the subsystem
	HTTPS                         // over TLS
	HTTPSPinned                   // over TLS, with a certificate that was agreed
)

// ParseConnection reads "http", "https" or "https-pinned"; nothing is http.
func ParseConnection(s string) (Connection, error) {
	switch s {
	case "", "http":
		return HTTP, nil
	case "https":
		return HTTPS, nil
	case "https-pinned":
		return HTTPSPinned, nil
	}
	return 0, fmt.Errorf("%q is none of http, https and https-pinned", s)
}

// Client says how the clients of one subsystem come.
type Client struct {
	Connection   Connection
	Certificates map[Fingerprint]bool // with [HTTPSPinned]: those that count
}

// Fingerprint is the SHA-256 of a certificate (DER).
type Fingerprint [sha256.Size]byte

// TLS is the configuration of a listener for clients with TLS. It asks for a
// certificate and takes any, and none, as X-Road does: which one is right
// depends on the subsystem, which only the request names.
func TLS(own tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert, NextProtos: []string{"http/1.1"}}
}

// admit refuses a request for a subsystem of this member over a connection that
// was not agreed for it. Who was not registered hears that, and nothing about
// connections.
func (e *Edge) admit(ctx *fasthttp.RequestCtx, id registry.ID) error {
	if id.Owner() != e.Member || !e.State().HasSubsystem(id) {
		return problem.New(problem.Forbidden, "client-unknown", "client", id.String())
	}
	c := e.Clients[id.Subsystem]
	if c.Connection == HTTP {
		return nil
	}
	if c.Connection == HTTPS {
		if !ctx.IsTLS() {
			return problem.New(problem.Unauthenticated, "client-plaintext", "client", id.String())
		}
		return nil
	}
	switch state := ctx.TLSConnectionState(); {
	case state == nil || len(state.PeerCertificates) == 0:
		return problem.New(problem.Unauthenticated, "client-certificate-missing", "client", id.String())
	case len(c.Certificates) == 0:
		return problem.New(problem.Unauthenticated, "client-certificates-none", "client", id.String())
	case !c.Certificates[sha256.Sum256(state.PeerCertificates[0].Raw)]:
		return problem.New(problem.Unauthenticated, "client-certificate-unknown", "client", id.String())
	}
	return nil
}
