package credential

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/registry"
)

// The lives of certificates. A node's ends within a week, and is renewed when
// two thirds are over: 56 hours are left then, more than the 24 for which a node
// goes on without the registry, so an authority that is away never stops a node by
// its certificate first.
const (
	DefaultLife = 7 * 24 * time.Hour
	MinLife     = time.Minute
	MaxLife     = 90 * 24 * time.Hour
	issuerYears = 10
)

// Issuer signs the certificates of nodes. It is safe for concurrent use.
type Issuer struct {
	key  crypto.Signer
	root *x509.Certificate
	life time.Duration
	now  clock.Now
}

// MakeRoot makes the certificate of a new issuer around its key (Ed25519 or
// P-256), in DER, valid for ten years.
func MakeRoot(key crypto.Signer, name string, now time.Time) ([]byte, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-early),
		NotAfter:              now.AddDate(issuerYears, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign,
		ExtKeyUsage:           bothSides(),
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the certificate of the issuer: %w", err)
	}
	return der, nil
}

// NewIssuer signs with key, whose certificate is root. Certificates live for
// life; zero is [DefaultLife].
func NewIssuer(key crypto.Signer, root []byte, life time.Duration, now clock.Now) (*Issuer, error) {
	own, err := Around(key, root)
	if err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	if !own.Leaf.IsCA {
		return nil, errors.New("issuer: its certificate may not sign others")
	}
	if life == 0 {
		life = DefaultLife
	}
	if life < MinLife || life > MaxLife {
		return nil, fmt.Errorf("issuer: certificates live %s to %s, not %s", MinLife, MaxLife, life)
	}
	return &Issuer{key: key, root: own.Leaf, life: life, now: now}, nil
}

// Root is the issuer's own certificate, in DER. The caller does not change it.
func (i *Issuer) Root() []byte { return i.root.Raw }

// Issue signs a certificate for the key of a node, in DER. The caller knows that
// the key is the node's.
func (i *Issuer) Issue(public crypto.PublicKey, member registry.ID, name string) ([]byte, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	now := i.now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{member.String()}, CommonName: name},
		NotBefore:    now.Add(-min(early, i.life/3)),
		NotAfter:     earlier(now.Add(i.life), i.root.NotAfter),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  bothSides(),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, i.root, public, i.key)
	if err != nil {
		return nil, fmt.Errorf("issue a certificate for %s of %s: %w", name, member, err)
	}
	return der, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Fingerprint names an issuer by its key: it is the same after its certificate
// was made anew.
func Fingerprint(root []byte) ([sha256.Size]byte, error) {
	cert, err := x509.ParseCertificate(root)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("read the certificate of the issuer: %w", err)
	}
	return sha256.Sum256(cert.RawSubjectPublicKeyInfo), nil
}

// With puts a certificate in front of those that the registry names already, so
// that what the former ones signed stands until it ends. Those of the same key
// and those that ended are left out, and at most two former ones stay.
func With(root, named []byte, now time.Time) ([]byte, error) {
	newest, err := x509.ParseCertificate(root)
	if err != nil {
		return nil, err
	}
	former, err := x509.ParseCertificates(named)
	if err != nil {
		return nil, err
	}
	all, kept := append([]byte(nil), root...), 0
	for _, cert := range former {
		if Pin(cert) != Pin(newest) && now.Before(cert.NotAfter) && kept < 2 {
			all, kept = append(all, cert.Raw...), kept+1
		}
	}
	return all, nil
}

// RootOf finds the certificate of an issuer's key among those that the registry
// names in the first place; nil when it is not there, or ends within a year.
func RootOf(key crypto.Signer, named []byte, now time.Time) []byte {
	roots, err := x509.ParseCertificates(named)
	if err != nil || len(roots) == 0 {
		return nil
	}
	if pin, err := PinOf(key.Public()); err != nil || Pin(roots[0]) != pin || roots[0].NotAfter.Before(now.AddDate(1, 0, 0)) {
		return nil
	}
	return roots[0].Raw
}
