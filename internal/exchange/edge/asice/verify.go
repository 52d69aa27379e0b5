package asice

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"dobosh/internal/journal/timestamp"
	"dobosh/internal/registry"
)

// Trust is who is believed.
type Trust struct {
	Identities []ed25519.PublicKey // keys of journals, see [Identities]
	Stamps     []timestamp.Trust   // whose time-stamps count; none to not look at them
}

// Identities are the keys of the journals of nodes, those that they had before
// too.
func Identities(nodes ...registry.Node) []ed25519.PublicKey {
	var all []ed25519.PublicKey
	for _, n := range nodes {
		for _, text := range append([]string{n.Log}, n.Former...) {
			parts := strings.SplitN(text, "+", 3)
			if raw, err := base64.StdEncoding.DecodeString(parts[len(parts)-1]); err == nil && len(raw) == 1+ed25519.PublicKeySize {
				all = append(all, raw[1:])
			}
		}
	}
	return all
}

// Report is what a container proves.
type Report struct {
	Certificate *x509.Certificate    // of the key that signed
	Issuer      *x509.Certificate    // around the key of the node's journal
	Signed      time.Time            // as the signer says, UTC
	Stamp       *timestamp.TimeStamp // since when the signature has existed; nil without one that counts
}

// Verify checks the signature and who made it. The error is [ErrContainer].
func (c Container) Verify(t Trust) (Report, error) {
	p, err := parse(c.signature)
	if err != nil {
		return Report{}, broken("its signature: %w", err)
	}
	if err := p.over(c.manifest); err != nil {
		return Report{}, broken("its signature: %w", err)
	}
	r := Report{Certificate: p.chain[0], Issuer: p.chain[1], Signed: p.at.UTC()}
	if p.token != nil && len(t.Stamps) > 0 {
		if r.Stamp, err = t.stamp(p); err != nil {
			return Report{}, broken("%w", err)
		}
	}
	if err := t.believes(r); err != nil {
		return Report{}, broken("%w", err)
	}
	return r, nil
}

// stamp verifies the time-stamp by the first of those who count that made it.
func (t Trust) stamp(p parsed) (*timestamp.TimeStamp, error) {
	raw, err := response(p.token)
	if err != nil {
		return nil, err
	}
	for _, trust := range t.Stamps {
		var stamp timestamp.TimeStamp
		if stamp, err = trust.Verify(raw, p.signer.Signature); err == nil {
			return &stamp, nil
		}
	}
	return nil, err
}

// believes checks that the key was certified by one of the identities, at the
// time of the signature: that of the time-stamp, or else that which it says.
func (t Trust) believes(r Report) error {
	identity, is := r.Issuer.PublicKey.(ed25519.PublicKey)
	if !is || !slices.ContainsFunc(t.Identities, func(known ed25519.PublicKey) bool { return known.Equal(identity) }) {
		return errors.New("it was signed by nobody who is believed")
	}
	if err := r.Issuer.CheckSignatureFrom(r.Issuer); err != nil {
		return err
	}
	at := r.Signed
	if r.Stamp != nil {
		at = r.Stamp.At
	}
	roots := x509.NewCertPool()
	roots.AddCert(r.Issuer)
	_, err := r.Certificate.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}
