package admission

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/registry/credential"
)

// Joiner is a node that wants to come in, with the keys that it made for itself.
type Joiner struct {
	Token   Token
	TLS     crypto.Signer
	Log     string    // verifier key of its journal
	Address string    // where the other nodes will reach it, host:port
	Now     time.Time // today, by the joiner's clock
}

// Join brings the token to the authority and believes the answer only as far as
// it follows from the token: the authority is the one whose key the token names,
// the certificate is of this key and of the issuer that the token names, and the
// registry has the node as it asked.
func (j Joiner) Join(ctx context.Context) (Admitted, error) {
	own, err := credential.SelfSigned(j.TLS, j.Token.Node, j.Now)
	if err != nil {
		return Admitted{}, err
	}
	request, err := credential.Request(j.TLS, j.Token.Node)
	if err != nil {
		return Admitted{}, err
	}
	client := NewClient(j.Token.Address, func(pin string) bool { return pin == j.Token.Pin }, func() *tls.Certificate { return &own })
	out, err := ask[Admitted](ctx, client, joinPath, joining{Secret: j.Token.Secret, Address: j.Address, Log: j.Log, Request: request, At: j.Now})
	if err != nil {
		return Admitted{}, err
	}
	if err := j.check(out, credential.Pin(own.Leaf)); err != nil {
		return Admitted{}, broken(err)
	}
	return out, nil
}

func (j Joiner) check(a Admitted, pin string) error {
	n := a.Node
	if a.Member.ID != j.Token.Member || n.Member != j.Token.Member || n.Name != j.Token.Node {
		return fmt.Errorf("the node was admitted as %s of %s", n.Name, n.Member)
	}
	if n.TLS != pin || n.Log != j.Log || n.Address != j.Address {
		return errors.New("the node was admitted with other keys, or at another address")
	}
	if j.Token.Issuer == "" {
		return nil // the pin is all that counts there
	}
	return j.checkCertificate(a)
}

func (j Joiner) checkCertificate(a Admitted) error {
	print, err := credential.Fingerprint(a.Issuer)
	if err != nil {
		return err
	}
	if hex.EncodeToString(print[:]) != j.Token.Issuer {
		return errors.New("the issuer is not the one that the token names")
	}
	root, err := x509.ParseCertificate(a.Issuer)
	if err != nil {
		return err
	}
	own, err := credential.Around(j.TLS, a.Certificate)
	if err != nil {
		return err
	}
	if err := own.Leaf.CheckSignatureFrom(root); err != nil {
		return fmt.Errorf("the certificate: %w", err)
	}
	if j.Now.Before(own.Leaf.NotBefore) || !j.Now.Before(own.Leaf.NotAfter) {
		return fmt.Errorf("the certificate is for the time from %s to %s, and by this clock it is %s", own.Leaf.NotBefore.Format(time.RFC3339), own.Leaf.NotAfter.Format(time.RFC3339), j.Now.Format(time.RFC3339))
	}
	return nil
}
