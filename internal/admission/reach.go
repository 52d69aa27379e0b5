package admission

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
)

// reachTime bounds the connection back to a node.
const connectTimeout = 5 * time.Second

func (o *Office) serveReachable(r *http.Request) (any, error) {
	node, err := o.known(r)
	if err != nil {
		return nil, err
	}
	in, err := read[reaching](r)
	if err != nil {
		return nil, err
	}
	if err := o.limited(r); err != nil { // each makes the authority connect somewhere
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), connectTimeout)
	defer cancel()
	out := reachedOf(node.Address, o.dial(ctx, node))
	if !out.Reachable && !o.tokens.usedBy(ctx, in.Secret, node.TLS) {
		out.Why = "at-all" // what answers where is told to nobody who only has a place in the registry
	}
	return out, nil
}

// connectBack makes a mutual TLS connection to the address that the registry has
// for a node, and to no other.
func (o *Office) connectBack(ctx context.Context, n registry.Node) error {
	d := tls.Dialer{Config: o.Holder.Client(n.TLS)}
	conn, err := d.DialContext(ctx, "tcp", n.Address)
	if err != nil {
		return err
	}
	return conn.Close()
}

func reachedOf(address string, err error) reached {
	out := reached{Address: address, Reachable: err == nil}
	var network *net.OpError
	switch {
	case err == nil:
	case errors.Is(err, credential.ErrPeer):
		out.Why = "other-key"
	case errors.Is(err, credential.ErrCertificate):
		out.Why = "certificate"
	case errors.As(err, &network), errors.Is(err, context.DeadlineExceeded):
		out.Why = "away"
	default:
		out.Why = "no-tls"
	}
	return out
}
